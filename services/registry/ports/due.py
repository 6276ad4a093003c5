"""What the clock's work needs of its store."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol


class Owed(NamedTuple):
    """Something whose time has come: which kind of thing, and the id of what it belongs to."""

    kind: str
    subject: str


class Deadlines(Protocol):
    """Everything with a deadline ahead, of whatever kind."""

    def due(self, now: datetime) -> Iterable[Owed]:
        """What is due, as an index shows it: it may be a moment old. Cost follows what is due, not what is stored."""
