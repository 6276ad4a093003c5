"""What the registry's use cases need of their store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from services.registry.domain import ItemFile, PublishedItem
from shared.contracts.change import Change, Stored
from shared.contracts.registry import Department

Position = Mapping[str, Any]
"""Where a page starts; only the store knows what is in it."""


class Registry(Protocol):
    """Departments, items, and the published list."""

    def department(self, department_id: str) -> Stored[Department] | None:
        """A department as it stands now, or None."""

    def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
        """Those of the departments that exist, as they stand now."""

    def save_department(self, change: Change[Department]) -> None:
        """Write a registration or an edit."""

    def list_departments(self, limit: int, position: Position | None) -> tuple[Sequence[Department], Position | None]:
        """One page of all departments."""

    def item(self, item_id: str) -> Stored[ItemFile] | None:
        """An item as it stands now, or None."""

    def item_of_code(self, code: str) -> str | None:
        """The id of the item that holds a code, or None."""

    def save_item(self, change: Change[ItemFile], before: ItemFile | None) -> None:
        """Write a draft. Raises Taken when its code belongs to another item."""

    def publish_item(
        self, change: Change[ItemFile], before: ItemFile, departments: Collection[Stored[Department]]
    ) -> None:
        """Write a publication, provided the departments are as they were read; Outdated otherwise."""

    def published(self, code: str) -> PublishedItem | None:
        """The version of an item that was published last, or None."""

    def published_version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was published, or None."""

    def list_published(
        self, department: str | None, limit: int, position: Position | None
    ) -> tuple[Sequence[PublishedItem], Position | None]:
        """One page of the published list, whole or of one department."""
