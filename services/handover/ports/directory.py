"""What handover keeps of the registry, as a protocol; store/directory.py is the real thing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from services.handover.domain.waits import Seen
from shared.contracts.change import Context
from shared.contracts.departments import Department
from shared.contracts.items import Item


class Directory(Protocol):
    """Items and departments as the registry told of them."""

    def item_in_force(self, code: str, at: datetime) -> Item | None:
        """The version of an item in force at an instant, or None (R-REG-4)."""

    def item_seen(self, code: str, at: datetime) -> tuple[Item | None, Seen]:
        """The same, with the item as it was read: whoever judged by it may ask for it to be unchanged (R-HND-15)."""

    def departments(self, identifiers: Iterable[str]) -> Sequence[Department]:
        """What is known of these departments; those never heard of are left out."""

    def merged_into(self, department: str) -> Sequence[str]:
        """The departments that were merged into this one, as is known now, strongly consistent (R-ORG-1)."""

    def keep_item(self, item: Item, context: Context) -> None:
        """Keep a published version, once per event; when it is in force, whoever waits for the item is woken."""

    def keep_department(self, department: Department, context: Context) -> None:
        """Keep a department unless a newer version is known, once per event; whoever waits for it is woken."""
