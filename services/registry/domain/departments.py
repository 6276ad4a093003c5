"""Departments: what a registration must hold (R-ORG-1, R-ORG-2)."""

from services.registry.domain.faults import fault, refuse_fields
from shared.contracts.departments import Department
from shared.contracts.vocabulary import DepartmentKind
from shared.kernel.codes import check_uscc
from shared.kernel.errors import Fault


def check_department(department: Department) -> Department:
    """The department with its codes in normal form (R-ORG-1, R-ORG-2).

    Raises Refused("invalid_fields") naming everything wrong. A credit identifier with a wrong check character passes,
    since some issued ones have it (R-CRD-1).
    """
    faults: list[Fault] = []
    if department.kind is DepartmentKind.SUPERVISION and not department.liaisons:
        faults.append(fault("/liaisons", "liaison_required"))
    if department.superior == department.department_id:
        faults.append(fault("/superior", "superior_is_itself"))
    if department.credit_code is None:
        refuse_fields(faults)
        return department
    checked = check_uscc(department.credit_code, "warn")
    faults += [Fault("/credit_code", each.code, each.zh, each.en) for each in checked.faults if not each.warning]
    refuse_fields(faults)
    return department.model_copy(update={"credit_code": checked.value})


def has_active_liaison(department: Department) -> bool:
    """Whether somebody there can be reached (R-ORG-2)."""
    return any(liaison.active for liaison in department.liaisons)
