"""Who acts for which department (R-ORG-1)."""

from services.handover.domain.routes import answers_for
from services.handover.logic.known import departments_and_successors
from services.handover.logic.office import Office
from shared.kernel.permissions import Principal


def acts_for(office: Office, principal: Principal, department: str) -> bool:
    """Whether a client acts for a department: its own, or one that was merged into its own.

    The registry is only looked at for another's.
    """
    if principal.department is None or principal.department == department:
        return principal.department is not None
    return answers_for(principal.department, department, departments_and_successors(office.directory, {department}))
