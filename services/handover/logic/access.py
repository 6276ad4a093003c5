"""Who acts for which department, and who reads which case (R-ORG-1, R-AUD-1)."""

from typing import NamedTuple

from services.handover.domain.cases import CaseFile
from services.handover.domain.readers import answering
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
    """Whether a client may read all of a case: for who answers for something of it, or since it reads every case."""
    if not principal.roles.isdisjoint(READS_EVERY_CASE):
        return True
    departments = answering(file)
    return principal.department in departments or bool(_acted_for(office, principal, departments))


def readable_case(office: Office, principal: Principal, case_id: str) -> Stored[CaseFile]:
    """A case, for those who may read all of it. Raises Refused: "not_found", "not_your_department"."""
    stored = find_case(office, case_id)
    if not reads(office, principal, stored.state):
        raise Refused("not_your_department")
    return stored


class Reading(NamedTuple):
    """A case, and whose ended part of it is all that a client may read; None for all of it."""

    stored: Stored[CaseFile]
    part: frozenset[str] | None


def readable_part(office: Office, principal: Principal, case_id: str) -> Reading:
    """A case, for those who may read it or had a part in it. Raises Refused: "not_found", "not_your_department"."""
    stored = find_case(office, case_id)
    if reads(office, principal, stored.state):
        return Reading(stored, None)
    part = _acted_for(office, principal, stored.state.departments())
    if not part:
        raise Refused("not_your_department")
    return Reading(stored, part)


def _acted_for(office: Office, principal: Principal, departments: frozenset[str]) -> frozenset[str]:
    own = principal.department
    if own is None:
        return frozenset()
    known = departments_and_successors(office.directory, departments - {own})
    return frozenset(each for each in departments if answers_for(own, each, known))


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
