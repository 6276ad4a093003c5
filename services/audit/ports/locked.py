"""The copy of the log that nobody can change, as a protocol; store/locked.py is the real thing."""

from collections.abc import Iterable
from typing import Protocol


class Locked(Protocol):
    """Objects that are written once and kept until their retention ends, and longer while somebody holds them."""

    def read(self, path: str) -> bytes:
        """An object's content. Raises Missing."""

    def put(self, path: str, content: bytes) -> None:
        """Write an object; to find it there already is fine. Raises LogDamagedError when it has other content."""

    def after(self, prefix: str, path: str = "") -> Iterable[str]:
        """The paths that begin with `prefix` and come after `path`, in order."""

    def hold(self, path: str, *, on: bool) -> None:
        """Keep an object beyond its retention until it is let go, or let it go."""
