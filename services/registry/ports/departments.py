"""What the departments' use cases need of their store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.registry.domain.liaisons import LiaisonTerm
from shared.contracts.change import Change, Stored
from shared.contracts.departments import Department
from shared.contracts.event import Event
from shared.contracts.vocabulary import DepartmentKind

Position = Mapping[str, Any]
"""Where a page starts; only the store knows what is in it."""


class Departments(Protocol):
    """Departments as they stand and as they were, their liaisons' terms, and their lists."""

    def department(self, department_id: str) -> Stored[Department] | None:
        """A department as it stands now, or None."""

    def save_department(
        self,
        change: Change[Department],
        before: Department | None,
        terms: Sequence[LiaisonTerm] = (),
        judged_by: Collection[Stored[Department]] = (),
    ) -> None:
        """Write a change with the terms it ends and begins.

        Raises Taken when another department has the name, Outdated when one it was judged by changed.
        """

    def department_of_name(self, name: str) -> str | None:
        """The id of the department that holds a name, or None."""

    def running_terms(self, department_id: str) -> Sequence[LiaisonTerm]:
        """The terms of the liaisons on duty now."""

    def terms_begun(self, department_id: str, before: datetime) -> Sequence[LiaisonTerm]:
        """The terms that began before an instant, earliest first."""

    def list_terms(
        self, department_id: str, limit: int, position: Position | None
    ) -> tuple[Sequence[LiaisonTerm], Position | None]:
        """One page of all terms, latest first."""

    def told(self, department_id: str, version: int) -> Event | None:
        """The event that told of a version (one read), or None. Raises Refused("payload_erased")."""

    def history(
        self, department_id: str, limit: int, position: Position | None
    ) -> tuple[Sequence[Event], Position | None]:
        """One page of what was told of a department, latest first, without what was erased."""

    def list_departments(self, limit: int, position: Position | None) -> tuple[Sequence[Department], Position | None]:
        """One page of all departments."""

    def list_of_kind(
        self, kind: DepartmentKind, limit: int, position: Position | None
    ) -> tuple[Sequence[Department], Position | None]:
        """One page of the departments of a kind."""

    def list_below(
        self, superior: str, limit: int, position: Position | None
    ) -> tuple[Sequence[Department], Position | None]:
        """One page of the departments directly below another, as they stand now."""
