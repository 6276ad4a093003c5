"""What is known of departments that lead to one another, step by step, and who acts for which (R-ORG-1, R-HND-9)."""

from collections.abc import Callable, Iterable, Mapping

from services.handover.domain.routes import LONGEST_CHAIN, answers_for, successors
from services.handover.logic.office import Office
from services.handover.ports.directory import Directory
from shared.contracts.departments import Department
from shared.kernel.permissions import Principal


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


def acts_for(office: Office, principal: Principal, department: str) -> bool:
    """Whether a client acts for a department: its own, or one that was merged into its own (R-ORG-1)."""
    if principal.department is None or principal.department == department:
        return principal.department is not None
    known = gather(office.directory, {department}, lambda each: successors([each]), LONGEST_CHAIN)
    return answers_for(principal.department, department, known.values())
