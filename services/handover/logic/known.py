"""What is known of the registry at an instant, read so that nothing can change unseen while a case is judged by it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from services.handover.domain.cases import CaseFile
from services.handover.domain.routes import LONGEST_CHAIN, successors, way_to
from services.handover.domain.routing import Known
from services.handover.domain.slots import concerned
from services.handover.ports.directory import Directory
from shared.contracts.departments import Department
from shared.contracts.items import Item


def what_is_known(
    directory: Directory, item_code: str, at: datetime, file: CaseFile | None = None, *, meant: str | None = None
) -> Known:
    """The item's version in force, the departments it leads to, and both as they were read (R-HND-15).

    Of a case that is known, also the departments that hold its slots, or did; `meant`: another one that is asked for.
    """
    item, seen = directory.item_seen(item_code, at)
    others = {*(concerned(file) if file else ()), *((meant,) if meant else ())}
    return Known(item, known_departments(directory, item, others), seen)


def known_departments(directory: Directory, item: Item | None, others: Iterable[str] = ()) -> Sequence[Department]:
    """What is known of the departments an item names, and of those that answer for the merged ones (R-HND-15)."""
    asked = {item.approval_department, *(each.department for each in item.supervisors)} if item else set()
    return departments_and_successors(directory, asked.union(others))


def departments_and_successors(directory: Directory, asked: Iterable[str]) -> Sequence[Department]:
    """What is known of these departments, and of those that answer for the merged ones (R-ORG-1)."""
    return tuple(gather(directory, asked, lambda each: successors([each]), LONGEST_CHAIN).values())


def could_claim(directory: Directory, department: str) -> bool:
    """Whether anybody can claim in a department, or in the one that answers for it (R-HND-5, R-ORG-1, R-ORG-2)."""
    return way_to(department, departments_and_successors(directory, {department})).reason is None


def gather(
    directory: Directory, asked: Iterable[str], onwards: Callable[[Department], Iterable[str]], steps: int
) -> Mapping[str, Department]:
    """What is known of these departments and of those they lead to, in at most so many steps, one read for each."""
    known: dict[str, Department] = {}
    ahead = set(asked)
    for _ in range(steps + 1):
        found = directory.departments(sorted(ahead))
        known |= {each.department_id: each for each in found}
        ahead = {other for each in found for other in onwards(each)} - known.keys()
    return known
