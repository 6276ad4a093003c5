"""Registering departments and what becomes of them (R-ORG-1, R-ORG-2)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from services.registry.domain import SOURCE
from services.registry.domain.content import check_known
from services.registry.domain.departments import (
    OUTCOMES,
    DepartmentMove,
    check_city,
    check_editor,
    check_move,
    content_faults,
    former_names,
    inactive_faults,
    normal_code,
    successor_faults,
)
from services.registry.domain.faults import fault
from services.registry.domain.items import check_revision
from services.registry.domain.liaisons import LiaisonTerm, belong_together, terms_after
from services.registry.domain.lines import LONGEST_LINE, below_faults, line_faults
from services.registry.domain.people import staff_of
from services.registry.ports.departments import Departments, Position
from services.registry.schemas.departments import (
    DepartmentChange,
    DepartmentQuery,
    DepartmentRequest,
    DepartmentVersion,
    LineDepartment,
    PublicDepartment,
    SuperiorLine,
)
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Outdated, Stored, Taken, change
from shared.contracts.departments import Department, DepartmentAct, DepartmentChanged
from shared.contracts.event import Event, body_of
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.ids import new_id, number_in

_PAGE = 200


def register_department(departments: Departments, context: Context, asked: DepartmentRequest) -> Department:
    """Register a department (R-ORG-1, R-ORG-2).

    Raises Refused: "invalid_fields", "department_unknown", "name_taken".
    """
    return _write_department(departments, context, None, new_id("dept"), asked)


def edit_department(
    departments: Departments, context: Context, department_id: str, version: int, asked: DepartmentRequest
) -> Department:
    """Replace what is known of a department; the old state stays in its events (R-ORG-2).

    A registrar edits the own department; one without a department, the city's own, edits any.

    Raises Refused: "not_your_department", "not_found", "version_stale", "wrong_state", and as register_department.
    """
    stored = stored_department(departments, department_id)
    check_editor(context.principal, department_id)
    check_revision(stored.state.version, version)
    check_move(stored.state, DepartmentMove.EDIT)
    return _write_department(departments, context, stored, department_id, asked)


def move_department(
    departments: Departments,
    context: Context,
    department_id: str,
    version: int,
    move: DepartmentMove,
    reason: str,
    successor: str | None = None,
) -> Department:
    """Suspend a department, let it take up work again, or merge it into its successor.

    Raises Refused: "city_registrar_only", "not_found", "version_stale", "wrong_state", "department_unknown",
    "invalid_fields".
    """
    check_city(context.principal)
    stored = stored_department(departments, department_id)
    check_revision(stored.state.version, version)
    check_move(stored.state, move)
    judged_by = _successor(departments, stored.state, successor)
    act, state = OUTCOMES[move]
    moved = {"version": stored.head.sequence + 1, "state": state, "successor": successor}
    department = stored.state.model_copy(update=moved)
    body = DepartmentChanged(department=department, act=act, reason=reason)
    written = change(SOURCE, department_id, stored.head, department, [body], context, department)
    _save(departments, written, stored.state, (), judged_by)
    return department


def show_department(departments: Departments, department_id: str) -> Department:
    """A department as it stands now. Raises Refused("not_found")."""
    return stored_department(departments, department_id).state


def show_version(departments: Departments, department_id: str, version: str) -> DepartmentVersion:
    """A department as it was (one read). Raises Refused("not_found")."""
    number = number_in(version, len("9999999999"))
    found = departments.told(department_id, number) if number is not None else None
    if found is None:
        raise Refused("not_found", id=f"{department_id}/{version}")
    department = body_of(found, DepartmentChanged).department
    return DepartmentVersion(department=department, **dict(_change_of(found)))


def show_history(
    departments: Departments, department_id: str, limit: int, position: Position | None
) -> tuple[Sequence[DepartmentChange], Position | None]:
    """One page of a department's changes, latest first. Raises Refused("not_found")."""
    stored_department(departments, department_id)
    found, following = departments.history(department_id, limit, position)
    return [_change_of(each) for each in found], following


def show_line(departments: Departments, department_id: str) -> SuperiorLine:
    """The superior line of a department, nearest first (R-ORG-1). Raises Refused("not_found")."""
    department = stored_department(departments, department_id).state
    shown = set(LineDepartment.model_fields)
    line = (LineDepartment(**each.state.model_dump(include=shown)) for each in _above(departments, department.superior))
    return SuperiorLine(department_id=department_id, line=tuple(line))


def list_departments(
    departments: Departments, asked: DepartmentQuery, position: Position | None
) -> tuple[Sequence[Department], Position | None]:
    """One page of all departments, of a kind, or directly below another, in a stable order."""
    if asked.superior is not None and asked.kind is not None:
        refuse_fields([fault("query:kind", "one_filter_at_a_time")])
    if asked.superior is not None:
        return departments.list_below(asked.superior, asked.limit, position)
    if asked.kind is not None:
        return departments.list_of_kind(asked.kind, asked.limit, position)
    return departments.list_departments(asked.limit, position)


def list_public(
    departments: Departments, limit: int, position: Position | None
) -> tuple[Sequence[PublicDepartment], Position | None]:
    """One page of what anybody may know of the departments (R-REG-5)."""
    found, following = departments.list_departments(limit, position)
    shown = set(PublicDepartment.model_fields)
    return [PublicDepartment(**each.model_dump(include=shown)) for each in found], following


def every(page: Callable[[int, Position | None], tuple[Sequence[Department], Position | None]]) -> Iterator[Department]:
    """All that a list of departments holds, page after page."""
    position: Position | None = None
    while True:
        found, position = page(_PAGE, position)
        yield from found
        if position is None:
            return


def stored_department(departments: Departments, department_id: str) -> Stored[Department]:
    """A department and where its chain stands. Raises Refused("not_found")."""
    found = departments.department(department_id)
    if found is None:
        raise Refused("not_found", id=department_id)
    return found


def _write_department(
    departments: Departments,
    context: Context,
    stored: Stored[Department] | None,
    department_id: str,
    asked: DepartmentRequest,
) -> Department:
    head = stored.head if stored else ChainHead()
    before = stored.state if stored else None
    at = head.not_before(context.now)
    staff = staff_of(before, asked.sections, asked.people, asked.liaisons)
    given = {name: getattr(asked, name) for name in type(asked).model_fields if name != "reason"} | {
        "sections": staff.sections,
        "people": staff.people,
        "liaisons": staff.liaisons,
    }
    department = Department(department_id=department_id, version=head.sequence + 1, **given)
    if before is not None:
        kept = {"state": before.state, "former_names": former_names(before, asked.name, at)}
        department = department.model_copy(update=kept)
    faults = [*staff.faults, *content_faults(department)]
    judged_by = _judge_line(departments, before, department, faults)
    department = department.model_copy(update={"credit_code": normal_code(department.credit_code)})
    running = running_terms(departments, before) if before else ()
    terms = terms_after(running, department.liaisons, at, asked.reason)
    act = DepartmentAct.EDITED if before else DepartmentAct.REGISTERED
    body = DepartmentChanged(department=department, act=act, reason=asked.reason)
    written = change(SOURCE, department_id, head, department, [body], context, department)
    _save(departments, written, before, terms, judged_by)
    return department


def running_terms(departments: Departments, department: Department) -> Sequence[LiaisonTerm]:
    """The terms of a department's liaisons on duty, as of the version that was read.

    Raises Outdated while that version is on its way: the rows of a transaction need not be seen at once, and a term
    that ended with it would be ended again, at another instant.
    """
    running = departments.running_terms(department.department_id)
    if not belong_together(running, department.liaisons):
        raise Outdated
    return running


def _save(
    departments: Departments,
    written: Change[Department],
    before: Department | None,
    terms: Sequence[LiaisonTerm],
    judged_by: Sequence[Stored[Department]],
) -> None:
    try:
        departments.save_department(written, before, terms, judged_by)
    except Taken:
        name = written.state.name
        raise Refused("name_taken", name=name, id=departments.department_of_name(name) or "?") from None


def _judge_line(
    departments: Departments, before: Department | None, department: Department, faults: list[Fault]
) -> Sequence[Stored[Department]]:
    """Refuses whatever is wrong, the superior line included; the departments it was judged by.

    They are conditions of the transaction: of two edits that would close a circle together, one is decided again.
    """
    superior, itself = department.superior, department.department_id
    moved = before is None or (before.superior, before.level) != (superior, department.level)
    above = _above(departments, superior) if moved and superior != itself else ()
    states = [each.state for each in above]
    if moved and superior not in {None, itself} and not above:
        faults = [*faults, fault("/superior", "department_unknown", department=superior or "")]
    if above and (before is None or before.superior != superior):
        faults = [
            *faults,
            *inactive_faults({"/superior": states[0].department_id}, {states[0].department_id: states[0]}),
        ]
    faults = [*faults, *line_faults(department, states)]
    if before is not None and before.level is not department.level:
        faults += below_faults(department, every(partial(departments.list_below, itself)))
    if [each.code for each in faults] == ["department_unknown"]:
        check_known({"/superior": superior or ""}, ())
    refuse_fields(faults)
    return above


def _above(departments: Departments, superior: str | None) -> Sequence[Stored[Department]]:
    """The line from a superior upwards; no further than a line may be long."""
    line: list[Stored[Department]] = []
    while superior is not None and len(line) < LONGEST_LINE:
        found = departments.department(superior)
        if found is None:
            break
        line.append(found)
        superior = found.state.superior
    return line


def _successor(departments: Departments, department: Department, successor: str | None) -> Sequence[Stored[Department]]:
    """The department another is merged into, if any. Raises Refused: "department_unknown", "invalid_fields"."""
    if successor is None:
        return ()
    found = departments.department(successor)
    if found is None:
        check_known({"/successor": successor}, ())
        return ()
    refuse_fields(successor_faults(department, found.state))
    return (found,)


def _change_of(event: Event) -> DepartmentChange:
    body = body_of(event, DepartmentChanged)
    return DepartmentChange(
        version=body.department.version,
        act=body.act,
        reason=body.reason,
        handover=body.handover,
        at=event.time,
        by=event.data.actor,
    )
