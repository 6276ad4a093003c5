"""What the imports' use cases need of their store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from services.registry.domain.imports import Import
from services.registry.domain.items import ItemFile
from services.registry.ports.departments import Position
from shared.contracts.change import Change, Stored


class Imports(Protocol):
    """Imports, and the items they are about, many at once."""

    def import_(self, import_id: str) -> Stored[Import] | None:
        """An import as it stands now, or None."""

    def of_bureau(
        self, bureau: str, limit: int, position: Position | None
    ) -> tuple[Sequence[Stored[Import]], Position | None]:
        """One page of a bureau's imports, newest first."""

    def save_import(self, change: Change[Import]) -> None:
        """Write an import."""

    def begin_applying(self, change: Change[Import]) -> None:
        """Write an import that holds its bureau's list from now on. Raises Refused("import_running")."""

    def end_applying(self, change: Change[Import]) -> None:
        """Write an import that lets go of its bureau's list."""

    def holders(self, codes: Collection[str]) -> Mapping[str, str]:
        """The ids of the items that hold some codes, by code."""

    def files(self, item_ids: Collection[str]) -> Mapping[str, Stored[ItemFile]]:
        """Those of the items that exist, as they stand now."""

    def reserve(self, codes: Mapping[str, str]) -> Collection[str]:
        """Make codes belong to items yet to be written, all or none; those that are others' already."""

    def release(self, codes: Mapping[str, str]) -> None:
        """Take back what was reserved for these items, and nothing else."""

    def write_draft(self, change: Change[ItemFile], before: ItemFile | None, import_id: str) -> None:
        """Write a draft while the import holds the list, under a code reserved for it. Raises Outdated."""

    def was_done(self, key: str) -> bool:
        """Whether an act of this key was done."""
