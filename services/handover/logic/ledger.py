"""Lists of what was pushed: inboxes, what senders must decide, the ledger and who sees what of it (R-HND-16)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.handover.domain import ledger as rules
from services.handover.domain.ledger import GROUPS, InboxGroup, LedgerLine, Sought
from services.handover.logic.access import READS_EVERY_CASE, department_asked, merged_into
from services.handover.logic.office import Office
from services.handover.ports.cases import Cases, Position
from services.handover.ports.directory import Directory
from services.handover.ports.ledger import Counts, Decisions, Lists, Place
from services.handover.schemas.ledger import DecisionsOwedCount, InboxCounts, LedgerFilter
from shared.contracts.change import Context
from shared.contracts.pushes import Push
from shared.kernel.calendar import beijing_date, end_of
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.ids import case_of
from shared.kernel.permissions import Principal, Role, department_of

LOOKED_AT = 200
"""How many entries of a list one request looks at, however few of them are sought."""

A_YEAR = timedelta(days=365)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)

_SUPERVISES = frozenset({Role.LIAISON, Role.INSPECTOR})

_NOTHING = (
    "请至少给出 bureau、department、case_number、applicant_code、applicant_name 之一",
    "Give at least one of bureau, department, case_number, applicant_code, applicant_name",
)
_BACKWARDS = ("结束日期不得早于起始日期", "The last day cannot come before the first")


def inbox(
    office: Office,
    context: Context,
    *,
    asked: str | None,
    group: InboxGroup,
    limit: int,
    position: Position | None,
) -> tuple[Sequence[Push], Position | None]:
    """A page of my department's pushes, or of one that was merged into it (R-HND-16, R-ORG-1)."""
    department = department_asked(office, context.principal, asked)
    return office.cases.inbox(department, group=group, limit=limit, position=position)


def inbox_counts(office: Office, counts: Counts, principal: Principal, asked: str | None) -> InboxCounts:
    """How many pushes my department, or one merged into it, has in each state, without looking at any (R-HND-16)."""
    department = department_asked(office, principal, asked)
    states = counts.counts(department)
    groups = dict.fromkeys(InboxGroup, 0)
    for state, number in states.items():
        groups[GROUPS[state]] += number
    return InboxCounts(department=department, states=dict(states), groups=groups)


def decisions_owed(
    office: Office, lists: Decisions, principal: Principal, asked: str | None, *, limit: int, position: Position | None
) -> tuple[Sequence[Push], Position | None]:
    """A page of what my department, or one merged into it, sent and must decide on, the oldest first (R-HND-15)."""
    return lists.owed(department_asked(office, principal, asked), limit=limit, position=position)


def decisions_counted(office: Office, counts: Counts, principal: Principal, asked: str | None) -> DecisionsOwedCount:
    """How many of them there are, without looking at any (R-HND-16)."""
    department = department_asked(office, principal, asked)
    return DecisionsOwedCount(department=department, owed=counts.decisions_owed(department))


class Found(NamedTuple):
    """Cases that were sought, and where to go on; None at the end."""

    lines: Sequence[LedgerLine]
    place: Place | None


def sought_by(directory: Directory, principal: Principal, given: LedgerFilter, now: datetime, at: str) -> Sought:
    """What somebody may look for: a bureau its own cases, a department those pushed to it, oversight everything.

    Whoever answers for a merged department looks for its cases as well (R-ORG-1); for its lists by naming it.

    `at`: what stands before the names of fields in faults. Raises Refused: "invalid_fields", "not_your_department".
    """
    reads_all = not principal.roles.isdisjoint(READS_EVERY_CASE)
    reader = None if reads_all else department_of(principal)
    merged = merged_into(directory, reader) if reader else ()
    bureau, department = given.bureau, given.department
    always = given.case_number or given.applicant_code or given.applicant_name
    on_own_side = not {reader, *merged}.isdisjoint({bureau, department} - {None})
    if reader is not None and not on_own_side and (bureau or department or not always):
        bureau, department = _own_side(principal, reader, bureau, department)
    until = end_of(given.last_day or beijing_date(now))
    since = _EVER if always else until - A_YEAR
    if given.first_day:
        since = datetime(given.first_day.year, given.first_day.month, given.first_day.day, tzinfo=BEIJING)
    sought = Sought(
        reader=reader,
        merged=merged,
        case_number=given.case_number,
        applicant_code=given.applicant_code,
        applicant_name=given.applicant_name,
        bureau=bureau,
        item_code=given.item_code,
        department=department,
        state=given.state,
        since=since.astimezone(UTC),
        until=until.astimezone(UTC),
    )
    faults = [Fault(f"{at}from", "range_backwards", *_BACKWARDS)] if since >= until else []
    if rules.narrowest(sought) is None:
        faults.append(Fault(f"{at}bureau", "missing", *_NOTHING))
    refuse_fields(faults)
    return sought


def search(
    cases: Cases, lists: Lists, sought: Sought, place: Place | None, *, most: int, looked_at: int = LOOKED_AT
) -> Found:
    """At most so many cases that are sought, looking at no more than so many entries (R-HND-16)."""
    which = rules.narrowest(sought)
    if which is None:
        return Found((), None)
    pointers, following = lists.pointers(which, sought.since, sought.until, place=place, limit=looked_at)
    lines: list[LedgerLine] = []
    for pointer in pointers:
        stored = cases.case(case_of(pointer.identifier) or pointer.identifier)
        if stored is not None and rules.is_sought(stored.state, pointer.identifier, sought):
            lines.append(rules.line_of(stored.state, sought.readers))
            if len(lines) == most:
                return Found(lines, pointer.place)
    return Found(lines, following)


def _own_side(
    principal: Principal, reader: str, bureau: str | None, department: str | None
) -> tuple[str | None, str | None]:
    """The side on which somebody's own department stands, where they did not say."""
    if bureau is not None and department is not None:
        raise Refused("not_your_department")
    if bureau is not None:
        return bureau, reader
    if department is not None:
        return reader, department
    supervises = not principal.roles.isdisjoint(_SUPERVISES) and Role.APPROVER not in principal.roles
    return (None, reader) if supervises else (reader, None)
