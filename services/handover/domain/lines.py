"""Which department a push may be passed on to: one that can take it, and for a relay one of the same line (R-HND-9)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from services.handover.domain.routes import Unreached
from shared.contracts.departments import Department, DepartmentState
from shared.contracts.vocabulary import DepartmentKind
from shared.kernel.errors import Fault

LONGEST_LINE = 8
"""How many steps of a line (条线) are followed, up or down."""


class Unfit(StrEnum):
    """Why a push cannot be passed on to a department; why it cannot be reached at all: see `routes.Unreached`."""

    UNKNOWN = "department_unknown"
    NO_SUPERVISOR = "department_does_not_supervise"
    MERGED = "department_merged"
    HAS_IT = "department_has_it"
    HAD_IT = "department_had_it"
    OTHER_LINE = "department_of_another_line"


WORDS: Mapping[str, tuple[str, str]] = {
    Unfit.UNKNOWN: ("没有这个部门,请核对编号", "There is no such department; check the id"),
    Unfit.NO_SUPERVISOR: ("该部门不是监管部门", "This department does not supervise"),
    Unfit.MERGED: (
        "该部门已并入其他部门,请改填承继部门",
        "This department was merged; name the one that answers for it",
    ),
    Unreached.SUSPENDED: ("该部门已停用,请改填其他部门", "This department is suspended; name another"),
    Unreached.NO_LIAISON: (
        "该部门没有在任联络员,请先由其登记联络员",
        "This department has no liaison now; let it register one first",
    ),
    Unfit.HAS_IT: ("该推送现在就在此部门", "This department has the push now"),
    Unfit.HAD_IT: (
        "该推送曾由此部门办理,不能转送回去;不属本部门职责的,请退回",
        "This department had the push before: nothing is relayed back; return it if it is not your duty",
    ),
    Unfit.OTHER_LINE: (
        "只能在同一条线内向上级或下级转办,该部门不在此条线",
        "It is passed on up or down the same line only, and this department is not in it",
    ),
}
"""What to do about each, in Chinese and English."""


def target_faults(department: Department | None) -> list[Fault]:
    """Why a department can take no push now; nothing where it can."""
    reason = _unfit(department)
    return [target_fault(reason)] if reason else []


def target_fault(reason: Unfit | Unreached) -> Fault:
    """One of the reasons, as a fault of the field that names the department."""
    return Fault("/department", reason.value, *WORDS[reason])


def above(department: Department) -> tuple[str, ...]:
    """The next step up the line: the superior; of a merged department also the one that answers for it (R-ORG-1)."""
    merged = department.state is DepartmentState.MERGED
    steps = (department.superior, department.successor if merged else None)
    return tuple(step for step in steps if step is not None)


def line_above(department: str, known: Mapping[str, Department]) -> frozenset[str]:
    """Everybody above a department in its line, as far as is known and no further than `LONGEST_LINE` steps."""
    reached: set[str] = set()
    step: Iterable[str] = [department]
    for _ in range(LONGEST_LINE):
        found = {upper for each in step if each in known for upper in above(known[each])}
        step = found - reached
        reached |= found
    return frozenset(reached - {department})


def in_line(one: str, other: str, known: Mapping[str, Department]) -> bool:
    """Whether one department is above or below the other in the same line (R-HND-9)."""
    return one in line_above(other, known) or other in line_above(one, known)


_STATES: Mapping[DepartmentState, Unfit | Unreached] = {
    DepartmentState.SUSPENDED: Unreached.SUSPENDED,
    DepartmentState.MERGED: Unfit.MERGED,
}


def _unfit(department: Department | None) -> Unfit | Unreached | None:
    if department is None:
        return Unfit.UNKNOWN
    if department.state is not DepartmentState.ACTIVE:
        return _STATES[department.state]
    if department.kind is not DepartmentKind.SUPERVISION:
        return Unfit.NO_SUPERVISOR
    return None if any(each.active for each in department.liaisons) else Unreached.NO_LIAISON
