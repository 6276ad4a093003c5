"""What reading the published list needs of its store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed


class Pointer(NamedTuple):
    """Where a list names an item: its code, and the place after which the list goes on."""

    code: str
    place: str


class PublicList(Protocol):
    """The published list: items by code, by version, by instant, and list by list."""

    def listed(self, code: str) -> Listed | None:
        """What the list shows of an item (strongly consistent), or None."""

    def items(self, codes: Collection[str]) -> Mapping[str, Listed]:
        """What the list shows of each of these items, by code; those there are not are left out."""

    def pointers(self, listing: str, *, sharded: bool, limit: int, after: str | None) -> Sequence[Pointer]:
        """The next entries of a list after a place, in a stable order; fewer than `limit` only at its end."""

    def version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was made, or None."""

    def versions(self, code: str, limit: int, before: int | None) -> Sequence[PublishedItem]:
        """An item's versions below a number, newest first; fewer than `limit` only at the end."""

    def in_force(self, code: str, at: datetime) -> PublishedItem | None:
        """The version in force at an instant, by one strongly consistent read, or None."""
