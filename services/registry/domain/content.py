"""What an item must hold to be a linkage item, and what about it is odd (R-REG-1, R-REG-2, R-ORG-3).

A fault refuses; a warning is answered beside the result and refuses nothing. Any supervision department may supervise
any item, whatever its level, its division and its approval mode: that of a superior, of the parent city of a
development zone, of what was devolved, entrusted or is only filed (R-ORG-3).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from services.registry.domain.codes import code_warnings
from services.registry.domain.departments import has_active_liaison
from services.registry.domain.faults import fault
from services.registry.domain.jurisdiction import NATIONAL, DutyDocuments, Jurisdiction
from shared.contracts.departments import Department, DepartmentState
from shared.contracts.items import DutyDocument, Item, ItemContent
from shared.contracts.vocabulary import DepartmentKind, SupervisorPart, TimeLimit
from shared.kernel.errors import Fault, Refused, refuse_fields

Departments = Mapping[str, Department]
"""Every department an item names, by id."""

_APPROVAL = "/approval_department"


def departments_of(item: ItemContent) -> dict[str, str]:
    """Every department an item names, by the JSON Pointer that names it."""
    supervisors = {
        f"/supervisors/{number}/department": supervisor.department for number, supervisor in enumerate(item.supervisors)
    }
    return {_APPROVAL: item.approval_department} | supervisors


def check_known(named: Mapping[str, str], known: Collection[str]) -> None:
    """Raises Refused("department_unknown") naming every pointer whose department is not registered."""
    unknown = {pointer: department for pointer, department in named.items() if department not in known}
    if unknown:
        faults = [
            fault(pointer, "department_unknown", department=department) for pointer, department in unknown.items()
        ]
        raise Refused("department_unknown", faults, department=_listed(unknown.values()))


def check_documents(asked: Sequence[str], stored: Collection[str]) -> None:
    """Raises Refused("invalid_fields") naming each duty document that was not uploaded, or is named twice (R-REG-3)."""
    unknown = [
        fault(f"/documents/{number}", "document_unknown", document=document)
        for number, document in enumerate(asked)
        if document not in stored
    ]
    refuse_fields([*unknown, *_repeated(asked, "document_twice", "/documents", "")])


def check_item(item: ItemContent, departments: Departments, jurisdiction: Jurisdiction = NATIONAL) -> None:
    """Raises Refused("invalid_fields") naming everything that makes the item no linkage item (R-REG-1, R-REG-2)."""
    refuse_fields(item_faults(item, departments, jurisdiction))


def item_faults(
    item: ItemContent, departments: Departments, jurisdiction: Jurisdiction = NATIONAL
) -> tuple[Fault, ...]:
    """Everything that makes the item no linkage item."""
    return (
        *_kind_faults(item, departments),
        *_part_faults(item),
        *_type_faults(item, jurisdiction),
        *_twice_faults(item),
        *_limit_faults(item),
    )


def check_able(item: ItemContent, departments: Departments) -> None:
    """Raises Refused: "department_inactive", "liaison_missing", naming every department that cannot do its part.

    The departments must be active (R-ORG-1), and each supervisor must have somebody to be reached at (R-ORG-2).
    """
    inactive = dict(_inactive(item, departments))
    if inactive:
        faults = [fault(pointer, "department_inactive", department=found) for pointer, found in inactive.items()]
        raise Refused("department_inactive", faults, department=_listed(inactive.values()))
    missing = {
        pointer: department
        for pointer, department in departments_of(item).items()
        if pointer != _APPROVAL and not has_active_liaison(departments[department])
    }
    if missing:
        faults = [fault(pointer, "liaison_missing", department=department) for pointer, department in missing.items()]
        raise Refused("liaison_missing", faults, department=_listed(missing.values()))


def check_duty_documents(item: Item, departments: Departments, jurisdiction: Jurisdiction) -> None:
    """Raises Refused("invalid_fields") where a duty document is a must here and there is none (R-REG-3)."""
    if jurisdiction.duty_documents is DutyDocuments.REQUIRE:
        refuse_fields(tuple(_duty_warnings(item, item.documents, departments)))


def warnings_of(
    item: ItemContent, departments: Departments, documents: Collection[DutyDocument] = ()
) -> tuple[Fault, ...]:
    """Everything about an item that is odd and yet no reason to refuse it (R-REG-2, R-REG-3)."""
    return (
        *code_warnings(item.code),
        *(fault(pointer, "department_inactive", department=each) for pointer, each in _inactive(item, departments)),
        *_people_warnings(item, departments),
        *_duty_warnings(item, documents, departments),
    )


# --- Faults ----------------------------------------------------------------------------------------


def _kind_faults(item: ItemContent, departments: Departments) -> Iterable[Fault]:
    for pointer, identifier in departments_of(item).items():
        kind = DepartmentKind.APPROVAL if pointer == _APPROVAL else DepartmentKind.SUPERVISION
        if departments[identifier].kind is not kind:
            yield fault(pointer, "department_kind", department=identifier, kind=kind.value)


def _part_faults(item: ItemContent) -> Iterable[Fault]:
    if sum(supervisor.part is SupervisorPart.LEAD for supervisor in item.supervisors) != 1:
        yield fault("/supervisors", "lead_required")


def _type_faults(item: ItemContent, jurisdiction: Jurisdiction) -> Iterable[Fault]:
    if item.item_type not in jurisdiction.item_types:
        known = ", ".join(sorted(jurisdiction.item_types))
        yield fault("/item_type", "item_type_unknown", given=item.item_type, known=known)


_UNIQUE: Mapping[str, tuple[Callable[[ItemContent], Iterable[str]], str, str]] = {
    "stage_twice": (lambda item: item.push_stages, "/push_stages", ""),
    "procedure_twice": (lambda item: item.procedures, "/procedures", ""),
    "feedback_kind_twice": (lambda item: (each.kind for each in item.feedback_limits), "/feedback_limits", "/kind"),
    "supervisor_twice": (lambda item: (each.department for each in item.supervisors), "/supervisors", "/department"),
}
"""What is listed once: by fault, the values, the list's pointer, and the field inside each entry."""


def _twice_faults(item: ItemContent) -> Iterable[Fault]:
    for code, (values, pointer, inner) in _UNIQUE.items():
        yield from _repeated(values(item), code, pointer, inner)


def _repeated(values: Iterable[str], code: str, pointer: str, inner: str) -> Iterable[Fault]:
    seen: set[str] = set()
    for number, value in enumerate(values):
        if value in seen:
            yield fault(f"{pointer}/{number}{inner}", code)
        seen.add(value)


_SHORTEST = {"working_day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}


def _limit_faults(item: ItemContent) -> Iterable[Fault]:
    if _is_longer(item.committed_limit, item.statutory_limit):
        yield fault("/committed_limit", "limit_over_statutory")


def _is_longer(one: TimeLimit, other: TimeLimit) -> bool:
    """Whether a limit is longer than another, whatever days off there are.

    A working day is 24 hours or more, since days off between are not counted; so a limit in working days can be longer
    than one in hours for sure, but not the other way round.
    """
    if one.unit == other.unit:
        return one.amount > other.amount
    if other.unit == "working_day":
        return False
    return one.amount * _SHORTEST[one.unit] > other.amount * _SHORTEST[other.unit]


# --- Warnings --------------------------------------------------------------------------------------


def _inactive(item: ItemContent, departments: Departments) -> Iterable[tuple[str, str]]:
    for pointer, identifier in departments_of(item).items():
        if departments[identifier].state is not DepartmentState.ACTIVE:
            yield pointer, identifier


def _people_warnings(item: ItemContent, departments: Departments) -> Iterable[Fault]:
    approval = (item.approval_department, item.approval_section, item.approval_person)
    parties = {"/approval_": approval} | {
        f"/supervisors/{number}/": (each.department, each.section, each.person)
        for number, each in enumerate(item.supervisors)
    }
    for pointer, (identifier, section, person) in parties.items():
        department = departments[identifier]
        sections = {each.name for each in department.sections} | {department.coordinating_section}
        people = {each.name for each in department.people} | {each.name for each in department.liaisons}
        if department.sections and section not in sections:
            yield fault(f"{pointer}section", "section_unregistered", section=section, department=department.name)
        if department.people and person not in people:
            yield fault(f"{pointer}person", "person_unregistered", person=person, department=department.name)


def _duty_warnings(item: ItemContent, documents: Collection[DutyDocument], departments: Departments) -> Iterable[Fault]:
    bureau = departments[item.approval_department]
    apart = any(
        each.department != bureau.department_id or departments[each.department].level is not bureau.level
        for each in item.supervisors
    )
    if apart and not documents:
        yield fault("/documents", "duty_document_missing")


def _listed(departments: Iterable[str]) -> str:
    return ", ".join(sorted(set(departments)))
