"""A locked copy in memory, and what can be done to it behind everybody's back."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar, cast

from services.audit.domain.log import LogDamagedError
from services.audit.ports.locked import PutAway
from tests.support.audit_builders import Wire


@dataclass
class MemoryLocked:
    """Objects that are written once; those held by their paths. What was `over`-written is kept beneath."""

    held: dict[str, bytes] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    over: dict[str, list[bytes]] = field(default_factory=dict)
    put_away: set[str] = field(default_factory=set)
    reads: list[str] = field(default_factory=list)

    def versions(self, path: str) -> Iterator[bytes]:
        for content in (*self.over.get(path, ()), *([self.held[path]] if path in self.held else ())):
            self.reads.append(path)
            if path in self.put_away:
                raise PutAway(path)
            yield content

    def read(self, path: str) -> bytes:
        return next(self.versions(path))

    def overwrite(self, path: str, content: bytes) -> None:
        """As S3 does for whoever may put: what was there is still there, beneath."""
        self.over.setdefault(path, []).append(self.held[path])
        self.held[path] = content

    def put(self, path: str, content: bytes) -> None:
        if self.held.setdefault(path, content) != content:
            raise LogDamagedError(path)

    def after(self, prefix: str, path: str = "") -> Iterable[str]:
        return sorted(each for each in self.held if each.startswith(prefix) and each > path)

    def hold(self, path: str, *, on: bool) -> None:
        (self.holds.add if on else self.holds.discard)(path)


P = TypeVar("P")


def tripped_at(target: P, wire: Wire) -> P:
    """The same thing, through a wire: a moment before and one after each effect."""
    return cast(P, _Tripped(target, wire))


@dataclass
class _Tripped:
    target: object
    wire: Wire

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self.target, name)

        def call(*given: object, **named: object) -> object:
            self.wire.moment()
            result: object = method(*given, **named)
            self.wire.moment()
            return result

        return call
