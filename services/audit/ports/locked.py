"""The copy of the log that nobody can change, as a protocol; store/locked.py is the real thing."""

from collections.abc import Iterable, Iterator
from typing import Protocol


class PutAway(Exception):
    """The object is there, in a storage class that is not read at once."""


class Locked(Protocol):
    """Objects that are written once and kept until their retention ends, and longer while somebody holds them.

    Whoever may write there can put something over or beside them, and hide them, but not remove them: so every version
    counts, the oldest first, and whoever reads proves what he reads.
    """

    def versions(self, path: str) -> Iterator[bytes]:
        """Everything that was ever written under a path, the oldest first. Raises PutAway."""

    def put(self, path: str, content: bytes) -> None:
        """Write an object; to find it there already is fine. Raises LogDamagedError when it has other content."""

    def after(self, prefix: str, path: str = "") -> Iterable[str]:
        """The paths that begin with `prefix` and come after `path`, in order; hidden ones too."""

    def hold(self, path: str, *, on: bool) -> None:
        """Keep an object beyond its retention, or let it go. One that is not there is passed over."""
