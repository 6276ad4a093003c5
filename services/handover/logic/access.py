"""Who acts for which department, and who reads which case (R-ORG-1, R-AUD-1)."""

from services.handover.domain.cases import CaseFile
from services.handover.domain.routes import answers_for
from services.handover.logic.known import departments_and_successors
from services.handover.logic.office import Office, find_case
from shared.contracts.change import Stored
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role, department_of

READS_EVERY_CASE = frozenset({Role.OVERSIGHT, Role.AUDIT_ADMIN})


def acts_for(office: Office, principal: Principal, department: str) -> bool:
    """Whether a client acts for a department: its own, or one that was merged into its own.

    The registry is only looked at for another's.
    """
    if principal.department is None or principal.department == department:
        return principal.department is not None
    return answers_for(principal.department, department, departments_and_successors(office.directory, {department}))


def readable_case(office: Office, principal: Principal, case_id: str) -> Stored[CaseFile]:
    """A case, for those who may read it: its departments, who answers for them now, and who reads every case.

    Raises Refused: "not_found", "not_your_department".
    """
    stored = find_case(office, case_id)
    if not principal.roles.isdisjoint(READS_EVERY_CASE):
        return stored
    departments = stored.state.departments()
    if principal.department in departments or any(acts_for(office, principal, each) for each in sorted(departments)):
        return stored
    raise Refused("not_your_department")


def bureau_asked(principal: Principal, asked: str | None) -> str:
    """Whose list is meant: the own bureau's, for oversight that of the bureau it names.

    Raises Refused("not_your_department").
    """
    bureau = asked if asked and Role.OVERSIGHT in principal.roles else department_of(principal)
    if asked not in {None, bureau}:
        raise Refused("not_your_department")
    return bureau
