"""What making and finding exports of the public list needs of its store."""

from datetime import datetime
from typing import Protocol

from services.registry.domain.exports import Export, Owed


class Exports(Protocol):
    """The export made last, and whether another is owed."""

    def mark(self, now: datetime, due_at: datetime) -> None:
        """Note that the list changed: an export is due then, or when it was due already."""

    def owed(self) -> Owed | None:
        """The export that is owed (strongly consistent), or None."""

    def take(self, owed: Owed, until: datetime) -> Owed | None:
        """Keep others from making it until then; None where another took it before."""

    def publish(self, export: Export) -> None:
        """Make an export the one that is found, unless a later one is."""

    def done(self, owed: Owed, now: datetime, due_at: datetime) -> None:
        """What was owed is made; where the list changed meanwhile, another is due then."""

    def plan(self, at: datetime | None) -> None:
        """Note when the list changes next by itself, or that it does not."""

    def planned(self) -> datetime | None:
        """When the list changes next by itself, or None."""

    def current(self) -> Export | None:
        """The export made last, or None."""
