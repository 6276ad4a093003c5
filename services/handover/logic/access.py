"""Who acts for which department, and who reads which case (R-ORG-1, R-AUD-1)."""

from services.handover.domain.cases import CaseFile
from services.handover.domain.routes import LONGEST_CHAIN, answers_for
from services.handover.logic.known import departments_and_successors
from services.handover.logic.office import Office, find_case
from services.handover.ports.directory import Directory
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


def merged_into(directory: Directory, department: str) -> tuple[str, ...]:
    """The departments that a department answers for since they were merged into it, the latest mergers first."""
    found: list[str] = []
    ahead = [department]
    for _ in range(LONGEST_CHAIN):
        ahead = [each for heir in ahead for each in directory.merged_into(heir) if each not in {department, *found}]
        found += dict.fromkeys(ahead)
        if not ahead:
            break
    return tuple(found)


def reads(office: Office, principal: Principal, file: CaseFile) -> bool:
    """Whether a client may read a case: for one of its departments, for one that was merged into its own, or every."""
    if not principal.roles.isdisjoint(READS_EVERY_CASE):
        return True
    departments = file.departments()
    return principal.department in departments or any(acts_for(office, principal, each) for each in sorted(departments))


def readable_case(office: Office, principal: Principal, case_id: str) -> Stored[CaseFile]:
    """A case, for those who may read it: its departments, who answers for them now, and who reads every case.

    Raises Refused: "not_found", "not_your_department".
    """
    stored = find_case(office, case_id)
    if not reads(office, principal, stored.state):
        raise Refused("not_your_department")
    return stored


def department_asked(office: Office, principal: Principal, asked: str | None) -> str:
    """Whose list is meant: the own department's, or that of one merged into it where it is named (R-ORG-1).

    Raises Refused("not_your_department").
    """
    department = asked or department_of(principal)
    if not acts_for(office, principal, department):
        raise Refused("not_your_department")
    return department


def bureau_asked(office: Office, principal: Principal, asked: str | None) -> str:
    """The same for lists that oversight reads of whichever bureau it names. Raises Refused("not_your_department")."""
    if asked and Role.OVERSIGHT in principal.roles:
        return asked
    return department_asked(office, principal, asked)
