"""Registering departments (R-ORG)."""

from collections.abc import Sequence

from services.registry.domain import SOURCE
from services.registry.domain.content import check_known
from services.registry.domain.departments import check_department
from services.registry.domain.items import check_revision
from services.registry.ports.departments import Departments, Position
from services.registry.schemas.departments import DepartmentRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.departments import Department, DepartmentChanged
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id


def register_department(departments: Departments, context: Context, asked: DepartmentRequest) -> Department:
    """Register a department (R-ORG-1, R-ORG-2). Raises Refused("invalid_fields"), Refused("department_unknown")."""
    return _write_department(departments, context, ChainHead(), new_id("dept"), asked)


def edit_department(
    departments: Departments, context: Context, department_id: str, version: int, asked: DepartmentRequest
) -> Department:
    """Replace what is known of a department; the old state stays in its events (R-ORG-2).

    A registrar edits the own department; one without a department, the city's own, edits any.

    Raises Refused: "not_your_department", "not_found", "version_stale", and as register_department.
    """
    stored = _stored_department(departments, department_id)
    if context.principal.department not in {None, department_id}:
        raise Refused("not_your_department")
    check_revision(stored.state.version, version)
    return _write_department(departments, context, stored.head, department_id, asked)


def show_department(departments: Departments, department_id: str) -> Department:
    """A department as it stands now. Raises Refused("not_found")."""
    return _stored_department(departments, department_id).state


def list_departments(
    departments: Departments, limit: int, position: Position | None
) -> tuple[Sequence[Department], Position | None]:
    """One page of all departments, in a stable order."""
    return departments.list_departments(limit, position)


def _write_department(
    departments: Departments, context: Context, before: ChainHead, department_id: str, asked: DepartmentRequest
) -> Department:
    given = dict(asked)
    department = check_department(Department(department_id=department_id, version=before.sequence + 1, **given))
    if department.superior is not None:
        check_known({"/superior": department.superior}, departments.departments([department.superior]))
    body = DepartmentChanged(department=department)
    departments.save_department(change(SOURCE, department_id, before, department, [body], context, department))
    return department


def _stored_department(departments: Departments, department_id: str) -> Stored[Department]:
    found = departments.department(department_id)
    if found is None:
        raise Refused("not_found", id=department_id)
    return found
