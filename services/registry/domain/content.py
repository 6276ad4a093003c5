"""What an item must hold to be a linkage item, whoever drafted it (R-REG-1, R-REG-2, R-ORG-2)."""

from collections.abc import Collection, Iterable, Mapping

from services.registry.domain.departments import has_active_liaison
from services.registry.domain.faults import fault, refuse_fields
from shared.contracts.departments import Department
from shared.contracts.items import Item
from shared.contracts.vocabulary import DepartmentKind, SupervisorPart
from shared.kernel.errors import Fault, Refused


def departments_of(item: Item) -> dict[str, str]:
    """Every department an item names, by the JSON Pointer that names it."""
    supervisors = {
        f"/supervisors/{number}/department": supervisor.department for number, supervisor in enumerate(item.supervisors)
    }
    return {"/approval_department": item.approval_department} | supervisors


def check_known(named: Mapping[str, str], known: Collection[str]) -> None:
    """Raises Refused("department_unknown") naming every pointer whose department is not registered."""
    unknown = {pointer: department for pointer, department in named.items() if department not in known}
    if unknown:
        faults = [
            fault(pointer, "department_unknown", department=department) for pointer, department in unknown.items()
        ]
        raise Refused("department_unknown", faults, department=_listed(unknown.values()))


def check_item(item: Item, departments: Mapping[str, Department]) -> None:
    """Raises Refused("invalid_fields") naming everything that makes the item no linkage item (R-REG-1, R-REG-2)."""
    faults = [*_kind_faults(item, departments), *_part_faults(item)]
    if len(set(item.push_stages)) < len(item.push_stages):
        faults.append(fault("/push_stages", "stage_twice"))
    statutory, committed = item.statutory_limit, item.committed_limit
    if statutory.unit == committed.unit and committed.amount > statutory.amount:
        faults.append(fault("/committed_limit", "limit_over_statutory"))
    refuse_fields(faults)


def check_liaisons(item: Item, departments: Mapping[str, Department]) -> None:
    """Raises Refused("liaison_missing") naming every supervisor nobody can be reached at (R-ORG-2)."""
    named = departments_of(item)
    named.pop("/approval_department")
    missing = {
        pointer: department for pointer, department in named.items() if not has_active_liaison(departments[department])
    }
    if missing:
        faults = [fault(pointer, "liaison_missing", department=department) for pointer, department in missing.items()]
        raise Refused("liaison_missing", faults, department=_listed(missing.values()))


def _kind_faults(item: Item, departments: Mapping[str, Department]) -> Iterable[Fault]:
    for pointer, identifier in departments_of(item).items():
        kind = DepartmentKind.APPROVAL if pointer == "/approval_department" else DepartmentKind.SUPERVISION
        if departments[identifier].kind is not kind:
            yield fault(pointer, "department_kind", department=identifier, kind=kind.value)


def _part_faults(item: Item) -> Iterable[Fault]:
    if sum(supervisor.part is SupervisorPart.LEAD for supervisor in item.supervisors) != 1:
        yield fault("/supervisors", "lead_required")
    seen: set[str] = set()
    for number, supervisor in enumerate(item.supervisors):
        if supervisor.department in seen:
            yield fault(f"/supervisors/{number}/department", "supervisor_twice")
        seen.add(supervisor.department)


def _listed(departments: Iterable[str]) -> str:
    return ", ".join(sorted(set(departments)))
