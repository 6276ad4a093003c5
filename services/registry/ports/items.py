"""What the items' use cases need of their store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from services.registry.domain.changes import ChangeEntry
from services.registry.domain.items import ItemFile, PublishedItem
from services.registry.ports.departments import Position
from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department


class Items(Protocol):
    """Items with their drafts and versions, and the departments they name."""

    def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
        """Those of the departments that exist, as they stand now."""

    def item(self, item_id: str) -> Stored[ItemFile] | None:
        """An item as it stands now, or None."""

    def item_of_code(self, code: str) -> str | None:
        """The id of the item that holds a code, or None."""

    def of_department(
        self, department: str, *, approving: bool, limit: int, position: Position | None
    ) -> tuple[Sequence[ItemFile], Position | None]:
        """One page of the items a department approves, or of those that name it, in a stable order."""

    def asking(
        self, department: str, limit: int, position: Position | None
    ) -> tuple[Sequence[ItemFile], Position | None]:
        """One page of the items whose drafts await a department's answer, the longest waiting first."""

    def versions(
        self, code: str, limit: int, position: Position | None
    ) -> tuple[Sequence[PublishedItem], Position | None]:
        """One page of an item's versions, newest first."""

    def version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was made, or None."""

    def save_item(self, change: Change[ItemFile], before: ItemFile | None) -> None:
        """Write whatever makes no version. Raises Taken when its code belongs to another item."""

    def publish_item(
        self,
        change: Change[ItemFile],
        before: ItemFile | None,
        departments: Collection[Stored[Department]],
        entry: ChangeEntry,
    ) -> None:
        """Write a version with its entry in the change log, provided the departments are as they were read.

        `before` None: drafted and published in one act. Raises Outdated, or Taken when its code is another item's.
        """
