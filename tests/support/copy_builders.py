"""A locked copy in memory, and what can be done to it behind everybody's back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from services.audit.domain.log import LogDamagedError
from services.audit.ports.log import Missing
from tests.support.audit_builders import Wire


@dataclass
class MemoryLocked:
    """Objects that are written once; those held by their paths."""

    held: dict[str, bytes] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)

    def read(self, path: str) -> bytes:
        try:
            return self.held[path]
        except KeyError:
            raise Missing(path) from None

    def put(self, path: str, content: bytes) -> None:
        if self.held.setdefault(path, content) != content:
            raise LogDamagedError(path)

    def after(self, prefix: str, path: str = "") -> Iterable[str]:
        return sorted(each for each in self.held if each.startswith(prefix) and each > path)

    def hold(self, path: str, *, on: bool) -> None:
        assert path in self.held
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
