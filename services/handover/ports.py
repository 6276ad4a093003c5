"""What handover's logic needs of the outside, as protocols; store.py is the real thing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.handover.domain.cases import CaseFile, Unrouted
from shared.contracts.change import Change, Context, Stored
from shared.contracts.departments import Department
from shared.contracts.event import Event
from shared.contracts.handover import Push
from shared.contracts.items import Item

Position = Mapping[str, Any]
"""Where a page starts, in the store's own words; callers only see it signed."""


class Cases(Protocol):
    """Cases with their pushes and chains, and what we keep of the registry."""

    def case(self, case_id: str) -> Stored[CaseFile] | None:
        """A case as it stands now, strongly consistent."""

    def case_by_number(self, bureau: str, case_number: str) -> Stored[CaseFile] | None:
        """The case a bureau knows by its own number, strongly consistent."""

    def events(self, case_id: str) -> Sequence[Event]:
        """The case's chain, strongly consistent."""

    def save(self, change: Change[CaseFile], before: CaseFile | None) -> None:
        """Write a change and every index row it touches in one transaction."""

    def item_in_force(self, code: str, at: datetime) -> Item | None:
        """The version of an item in force at an instant, or None (R-REG-4)."""

    def departments(self, identifiers: Iterable[str]) -> Sequence[Department]:
        """What is known of these departments; those never heard of are left out."""

    def keep_item(self, item: Item, context: Context) -> None:
        """Keep a published version, once per event."""

    def keep_department(self, department: Department, context: Context) -> None:
        """Keep a department unless a newer version is known, once per event."""

    def inbox(
        self, department: str, *, claimed: bool, limit: int, position: Position | None
    ) -> tuple[Sequence[Push], Position | None]:
        """One page of a department's pushes, newest first, and where the next page starts."""

    def unrouted(
        self, bureau: str, *, limit: int, position: Position | None
    ) -> tuple[Sequence[Unrouted], Position | None]:
        """One page of what waits for a bureau's coordinator, oldest first."""

    def due(self, now: datetime) -> Iterable[str]:
        """The ids of pushes whose claim limit has passed and which were unclaimed when last written."""
