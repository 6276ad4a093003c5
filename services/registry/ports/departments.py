"""What the departments' use cases need of their store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department

Position = Mapping[str, Any]
"""Where a page starts; only the store knows what is in it."""


class Departments(Protocol):
    """Departments as they stand, and their list."""

    def department(self, department_id: str) -> Stored[Department] | None:
        """A department as it stands now, or None."""

    def departments(self, department_ids: Collection[str]) -> Mapping[str, Stored[Department]]:
        """Those of the departments that exist, as they stand now."""

    def save_department(self, change: Change[Department]) -> None:
        """Write a registration or an edit."""

    def list_departments(self, limit: int, position: Position | None) -> tuple[Sequence[Department], Position | None]:
        """One page of all departments."""
