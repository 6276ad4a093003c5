"""How far those have come who follow the log."""

from typing import NamedTuple, Protocol


class Position(NamedTuple):
    """Entries below `size` are done; `state` is what the follower remembers of them, as JSON."""

    size: int = 0
    state: str = "{}"


class Positions(Protocol):
    """One position per follower, moved by compare-and-swap."""

    def read(self, follower: str) -> Position:
        """Where a follower is; at the beginning when it never moved."""

    def move(self, follower: str, before: Position, after: Position) -> None:
        """Raises Outdated when another moved it, Unavailable when nobody knows."""
