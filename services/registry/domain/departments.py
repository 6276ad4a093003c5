"""Departments: what a registration must hold, what may be done with one, who answers for a merged one (R-ORG)."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from services.registry.domain.faults import fault
from shared.contracts.departments import Department, DepartmentAct, DepartmentState, FormerName
from shared.contracts.vocabulary import DepartmentKind
from shared.kernel.codes import check_uscc
from shared.kernel.errors import Fault, Refused
from shared.kernel.permissions import Principal


class DepartmentMove(StrEnum):
    """What may be done with a department."""

    EDIT = "edit"
    HAND_OVER = "hand_over"
    SUSPEND = "suspend"  # 停用
    RESUME = "resume"  # 恢复
    MERGE = "merge"  # 并入


MOVES: Mapping[DepartmentState, Sequence[DepartmentMove]] = {
    DepartmentState.ACTIVE: (
        DepartmentMove.EDIT,
        DepartmentMove.HAND_OVER,
        DepartmentMove.SUSPEND,
        DepartmentMove.MERGE,
    ),
    DepartmentState.SUSPENDED: (
        DepartmentMove.EDIT,
        DepartmentMove.HAND_OVER,
        DepartmentMove.RESUME,
        DepartmentMove.MERGE,
    ),
    DepartmentState.MERGED: (),
}
"""What may be done, by where the department stands. What was merged stays so: its successor answers for it."""

OUTCOMES: Mapping[DepartmentMove, tuple[DepartmentAct, DepartmentState]] = {
    DepartmentMove.SUSPEND: (DepartmentAct.SUSPENDED, DepartmentState.SUSPENDED),
    DepartmentMove.RESUME: (DepartmentAct.RESUMED, DepartmentState.ACTIVE),
    DepartmentMove.MERGE: (DepartmentAct.MERGED, DepartmentState.MERGED),
}
"""What the acts on a department as a whole are called, and where they leave it."""

HOLDS_ITS_NAME = frozenset({DepartmentState.ACTIVE, DepartmentState.SUSPENDED})
"""A suspended department comes back under its name, so it keeps it. A merged one never does, and its successor may well
go on under that name: it is free. References are ids, so that no name that passes on misleads them."""


MOST_MERGERS = 8
"""How often a department may have been merged into another that was merged in turn."""


def check_move(department: Department, move: DepartmentMove) -> None:
    """Raises Refused("wrong_state") naming what is legal instead."""
    legal = MOVES[department.state]
    if move not in legal:
        raise Refused("wrong_state", state=department.state, move=move, legal=", ".join(legal) or "—")


def check_editor(principal: Principal, department_id: str) -> None:
    """Raises Refused("not_your_department"): a registrar edits the own department, the city's own edits any."""
    if principal.department not in {None, department_id}:
        raise Refused("not_your_department")


def check_city(principal: Principal) -> None:
    """Raises Refused("city_registrar_only"): no department takes itself, or another, out of service."""
    if principal.department is not None:
        raise Refused("city_registrar_only")


def content_faults(department: Department) -> list[Fault]:
    """What is wrong with a department by itself (R-ORG-1, R-ORG-2).

    A credit identifier with a wrong check character passes, since some issued ones have it (R-CRD-1).
    """
    faults: list[Fault] = []
    if department.kind is DepartmentKind.SUPERVISION and not department.liaisons:
        faults.append(fault("/liaisons", "liaison_required"))
    if department.superior == department.department_id:
        faults.append(fault("/superior", "superior_is_itself"))
    if department.credit_code is not None:
        checked = check_uscc(department.credit_code, "warn")
        faults += [Fault("/credit_code", each.code, each.zh, each.en) for each in checked.faults if not each.warning]
    return faults


def normal_code(code: str | None) -> str | None:
    """A credit identifier in normal form."""
    return check_uscc(code, "warn").value if code else None


def successor_faults(department: Department, successor: Department) -> list[Fault]:
    """What is wrong with the department that another is to be merged into."""
    if successor.department_id == department.department_id:
        return [fault("/successor", "successor_is_itself")]
    faults = list(inactive_faults({"/successor": successor.department_id}, {successor.department_id: successor}))
    if successor.kind is not department.kind:
        words = {"department": successor.department_id, "kind": department.kind.value}
        faults.append(fault("/successor", "department_kind", **words))
    return faults


def answering_for(department_id: str, read: Callable[[str], Department | None]) -> str:
    """Who answers for a department now: itself, unless it was merged."""
    for _ in range(MOST_MERGERS):
        department = read(department_id)
        if department is None or department.successor is None:
            break
        department_id = department.successor
    return department_id


def has_active_liaison(department: Department) -> bool:
    """Whether somebody there can be reached (R-ORG-2)."""
    return any(liaison.active for liaison in department.liaisons)


def inactive_faults(named: Mapping[str, str], departments: Mapping[str, Department]) -> list[Fault]:
    """A fault for each pointer whose department takes no work."""
    return [
        fault(pointer, "department_inactive", department=each)
        for pointer, each in named.items()
        if departments[each].state is not DepartmentState.ACTIVE
    ]


def former_names(before: Department, name: str, at: datetime) -> tuple[FormerName, ...]:
    """What the department was called before, once it is called by a name."""
    if before.name == name:
        return before.former_names
    return (*before.former_names, FormerName(name=before.name, until=at))


def normal_name(name: str) -> str:
    """A name as it is compared: one however it was typed, as full-width letters (全角) and spaces are no difference."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
