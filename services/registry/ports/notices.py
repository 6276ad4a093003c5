"""What the use cases of notices need of their store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed
from services.registry.domain.notices import NoticeSide
from services.registry.ports.departments import Position
from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department
from shared.contracts.notices import Notice, NoticeState, RevisedItem


class Notices(Protocol):
    """Notices, the items they flag, and the departments between which they go."""

    def department(self, department_id: str) -> Department | None:
        """A department as it stands now, or None."""

    def listed(self, codes: Collection[str]) -> Mapping[str, Listed]:
        """What was published of the items that have these codes, by code; an unknown one is left out."""

    def versions(self, named: Collection[RevisedItem]) -> Mapping[RevisedItem, PublishedItem]:
        """Those of the versions that were made."""

    def notice(self, notice_id: str) -> Stored[Notice] | None:
        """A notice as it stands now, or None."""

    def save_notice(self, change: Change[Notice], before: Notice | None) -> None:
        """Write a notice, what it owes by when, its places in the lists, and the flags on its items."""

    def page(
        self, department: str, side: NoticeSide, state: NoticeState | None, limit: int, position: Position | None
    ) -> tuple[Sequence[Notice], Position | None]:
        """One page of a department's notices, newest first."""
