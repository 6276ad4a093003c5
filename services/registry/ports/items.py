"""What the items' use cases need of their store."""

from collections.abc import Collection, Mapping
from typing import Protocol

from services.registry.domain.items import ItemFile
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

    def save_item(self, change: Change[ItemFile], before: ItemFile | None) -> None:
        """Write a draft. Raises Taken when its code belongs to another item."""

    def publish_item(
        self, change: Change[ItemFile], before: ItemFile, departments: Collection[Stored[Department]]
    ) -> None:
        """Write a version, provided the departments are as they were read; Outdated otherwise."""
