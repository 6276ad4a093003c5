"""What reading the change log needs of its store."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from services.registry.domain.changes import ChangeEntry


class Logged(NamedTuple):
    """An entry, and the place after which the log goes on."""

    entry: ChangeEntry
    place: str


class ChangeLog(Protocol):
    """What was done to items, month by month."""

    def entries(self, month: str, begin: datetime, end: datetime, limit: int, after: str | None) -> Sequence[Logged]:
        """A month's (2026-03) next entries from `begin` to `end`, both included, oldest first.

        Fewer than `limit` only at the end.
        """
