"""What reading the published list needs of its store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed
from services.registry.ports.departments import Position


class PublicList(Protocol):
    """The published list: items by code, by version, by instant, and page by page."""

    def listed(self, code: str) -> Listed | None:
        """What the list shows of an item, or None."""

    def version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was made, or None."""

    def in_force(self, code: str, at: datetime) -> PublishedItem | None:
        """The version in force at an instant, by one strongly consistent read, or None."""

    def page(
        self, listing: str, *, sharded: bool, limit: int, position: Position | None
    ) -> tuple[Sequence[Listed], Position | None]:
        """One page of a list, in a stable order."""
