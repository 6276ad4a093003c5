"""What oversight looks for and how loud it is: what is owed and not given, louder the longer it lasts.

Today: pushes nobody claims, notices of changed law nobody takes note of or answers, and every term of a case that was
missed: returns not decided, opinions not given, limits passed, pushes not routed (R-OVS-1, R-OVS-2).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.contracts.model import Contract, Identifier, ShortText
from shared.contracts.notices import Notice, Overdue
from shared.contracts.oversight import Finding, FindingKind, Severity
from shared.contracts.pushes import OWED, Push
from shared.contracts.terms import Term
from shared.contracts.vocabulary import OnOverdue, TermKind
from shared.kernel.calendar import Limit, deadline
from shared.kernel.canonical import sha256_hex
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role

SOURCE = "/shenguan/oversight"

YELLOW_AFTER = Limit(1, "working_day")
RED_AFTER = Limit(3, "working_day")

Steps = Sequence[tuple[Severity, Limit | None]]

_AT_ONCE: Steps = ((Severity.REMINDER, None), (Severity.YELLOW, YELLOW_AFTER), (Severity.RED, RED_AFTER))

STEPS: Mapping[OnOverdue | Overdue | TermKind, Steps] = {
    TermKind.RETURN_DECISION: _AT_ONCE,
    TermKind.OPINION: _AT_ONCE,
    TermKind.ROUTING: _AT_ONCE,
    # What a bureau promised is less than what the law demands.
    TermKind.COMMITTED_LIMIT: ((Severity.REMINDER, None), (Severity.YELLOW, YELLOW_AFTER)),
    TermKind.STATUTORY_LIMIT: ((Severity.YELLOW, None), (Severity.RED, YELLOW_AFTER)),
    Overdue.ACKNOWLEDGEMENT: _AT_ONCE,
    Overdue.ANSWER: _AT_ONCE,
    OnOverdue.ESCALATE: _AT_ONCE,
    # Here silence is the claim: there is only something to find when handover fails to record it (R-HND-5).
    OnOverdue.DEEMED_CLAIMED: (
        (Severity.REMINDER, Limit(1, "hour")),
        (Severity.YELLOW, YELLOW_AFTER),
        (Severity.RED, RED_AFTER),
    ),
}
"""How loud a finding is after how long past its limit, by a push's rule, what a notice is owed, or the kind of a term;
None: at once."""

KINDS: Mapping[Overdue, FindingKind] = {
    Overdue.ACKNOWLEDGEMENT: FindingKind.NOTICE_UNACKNOWLEDGED,
    Overdue.ANSWER: FindingKind.NOTICE_UNANSWERED,
}
"""What is found of a notice, by what its bureau owes (R-REG-7)."""

TERM_KINDS: Mapping[TermKind, FindingKind] = {
    TermKind.RETURN_DECISION: FindingKind.RETURN_UNDECIDED,
    TermKind.OPINION: FindingKind.OPINION_NOT_GIVEN,
    TermKind.COMMITTED_LIMIT: FindingKind.COMMITTED_LIMIT_PASSED,
    TermKind.STATUTORY_LIMIT: FindingKind.STATUTORY_LIMIT_PASSED,
    TermKind.ROUTING: FindingKind.UNROUTED,
}
"""What is found when a term is missed. Claims are watched by their pushes; a public notice that ends misses nothing."""

_LOUDNESS = {Severity.REMINDER: 1, Severity.YELLOW: 2, Severity.RED: 3}
_OWNER_DIGITS = 12
_A_MOMENT = timedelta(milliseconds=1)


class OwedNotice(Contract):
    """A notice, and which of the two things its bureau owes is late."""

    notice: Notice
    owed: Overdue


class OwedTerm(Contract):
    """A term of a case that was missed, and whether it has been settled since (R-HND-14)."""

    case_id: Identifier
    case_number: ShortText
    item_name: ShortText | None
    term: Term
    settled: bool


Watched = Push | OwedNotice | OwedTerm


class Watch(Contract):
    """What we know of one thing that is owed: its newest snapshot, and how far its findings have come.

    `severity` is that of the open finding, None while there is none; `findings` counts those ever opened, so that a
    claim taken back and late again is a new cause with a new id (R-HND-4). `revision` grows with every write.
    """

    push: Push | None = None
    notice: OwedNotice | None = None
    term: OwedTerm | None = None
    sequence: int
    revision: int = 1
    severity: Severity | None = None
    findings: int = 0

    @property
    def about(self) -> Watched:
        """What is watched. Raises ValueError for a watch of nothing."""
        about = self.push or self.notice or self.term
        if about is None:
            raise ValueError("a watch is of a push, of a notice or of a term")
        return about


# ── What each thing owes: the same questions of a push, a notice and a term ─────────────────────


class Cause(NamedTuple):
    """What may become a finding: who owes it until when, whether it was given, and how it is told of.

    `key` names the watch, `part` what a finding's id says beside the number.
    """

    key: str
    kind: FindingKind
    subject: str
    part: str
    department: str
    due_at: datetime
    given: bool
    steps: Steps
    case_number: str | None = None
    item_name: str | None = None
    title: str | None = None


def cause_of(about: Watched) -> Cause:
    """A push owes a claim (R-HND-5), a notice its acknowledgement or its answer (R-REG-7), a term what it is of."""
    if isinstance(about, Push):
        return _claim_of(about)
    return _owed_of(about) if isinstance(about, OwedNotice) else _term_of(about)


def _claim_of(push: Push) -> Cause:
    return Cause(
        key=push.push_id,
        kind=FindingKind.PUSH_UNCLAIMED,
        subject=push.push_id,
        part=push.push_id.removeprefix("push_"),
        department=push.department,
        due_at=push.claim_due_at,
        given=push.state not in OWED,
        steps=STEPS[push.on_overdue],
        case_number=push.case_number,
        item_name=push.item_name,
    )


def _owed_of(about: OwedNotice) -> Cause:
    notice, owed = about.notice, about.owed
    due, given = {
        Overdue.ACKNOWLEDGEMENT: (notice.acknowledge_by, notice.acknowledged_at),
        Overdue.ANSWER: (notice.answer_by, notice.answered_at),
    }[owed]
    return Cause(
        key=f"{notice.notice_id}#{owed}",
        kind=KINDS[owed],
        subject=notice.notice_id,
        part=f"{notice.notice_id.removeprefix('ntc_')}_{owed}",
        department=notice.bureau,
        due_at=due,
        given=given is not None,
        steps=STEPS[owed],
        title=notice.title,
    )


def _term_of(about: OwedTerm) -> Cause:
    term = about.term
    # An opinion is owed by each department that was asked; an id has no room for theirs.
    owner = sha256_hex(term.owner.encode())[:_OWNER_DIGITS]
    return Cause(
        key=f"{about.case_id}#{term.kind}#{term.subject}#{term.owner}",
        kind=TERM_KINDS[term.kind],
        subject=term.subject,
        part=f"{term.subject.partition('_')[2]}_{term.kind}_{owner}",
        department=term.owner,
        due_at=term.due_at or term.since,
        given=about.settled,
        steps=STEPS[term.kind],
        case_number=about.case_number,
        item_name=about.item_name,
    )


def late_of(notice: Notice) -> tuple[OwedNotice, ...]:
    """Everything that its bureau did not give in time, also where it was given since."""
    return tuple(OwedNotice(notice=notice, owed=owed) for owed in notice.overdue)


# ── When it becomes a finding, and how loud it is ───────────────────────────────────────────────


def starts(about: Watched) -> tuple[tuple[Severity, datetime], ...]:
    """From when on what is owed is how severe; working days count whole, after the day the limit ended."""
    cause = cause_of(about)
    return tuple((severity, _start(cause.due_at, limit)) for severity, limit in cause.steps)


def severity_at(about: Watched, now: datetime) -> Severity | None:
    """How severe it is at an instant that something is owed; None while there is time, and when it was given."""
    if cause_of(about).given:
        return None
    reached = [severity for severity, start in starts(about) if start <= now]
    return reached[-1] if reached else None


def due_at(watch: Watch) -> datetime | None:
    """When to look again: the start of the next louder step; None when there is none."""
    if cause_of(watch.about).given:
        return None
    louder = [start for severity, start in starts(watch.about) if _is_louder(severity, watch.severity)]
    return louder[0] if louder else None


def finding_id(watch: Watch) -> str:
    """The id of the watch's latest finding; two runs that open the same one must choose the same id (R-OVS-2)."""
    return f"find_{cause_of(watch.about).part}_{watch.findings:02d}"


_SNAPSHOTS: Mapping[type[Watched], str] = {Push: "push", OwedNotice: "notice", OwedTerm: "term"}
"""Under which name a watch keeps what it is of."""


# ── What happens to watch and finding ───────────────────────────────────────────────────────────


def observed(watch: Watch | None, about: Watched, sequence: int) -> Watch | None:
    """The watch after hearing a snapshot; None when an equally new one was heard before, in whatever order."""
    snapshot: dict[str, object] = {_SNAPSHOTS[type(about)]: about}
    if watch is None:
        return Watch.model_validate(snapshot | {"sequence": sequence})
    if sequence <= watch.sequence:
        return None
    severity = None if cause_of(about).given else watch.severity
    return _revised(watch, **snapshot, sequence=sequence, severity=severity)


def examined(watch: Watch, now: datetime) -> Watch | None:
    """The watch after a look at the clock; None when nothing has become louder."""
    severity = severity_at(watch.about, now)
    if severity is None or not _is_louder(severity, watch.severity):
        return None
    opens = watch.severity is None
    return _revised(watch, severity=severity, findings=watch.findings + opens)


def opened(watch: Watch, now: datetime) -> Finding:
    """The finding that a watch which has just become severe opens."""
    cause = cause_of(watch.about)
    return Finding(
        finding_id=finding_id(watch),
        kind=cause.kind,
        cause=cause.subject,
        department=cause.department,
        case_number=cause.case_number,
        item_name=cause.item_name,
        title=cause.title,
        severity=watch.severity or Severity.REMINDER,
        due_at=cause.due_at,
        opened_at=now,
        state="open",
    )


def escalated(finding: Finding, watch: Watch) -> Finding:
    """The same finding, as loud as its watch has become."""
    return finding.model_copy(update={"severity": watch.severity or finding.severity})


def closed(finding: Finding, now: datetime) -> Finding:
    """The finding after its cause has gone; it keeps the severity it had reached."""
    return finding.model_copy(update={"state": "closed", "closed_at": now})


def _start(due: datetime, limit: Limit | None) -> datetime:
    if limit is None:
        return due
    # A limit in days ends at midnight, the first instant of the next day, which has not been late for a whole day yet.
    start = due - _A_MOMENT if limit.unit == "working_day" else due
    return deadline(start, limit).at


def _revised(watch: Watch, **changes: object) -> Watch:
    return watch.model_copy(update=changes | {"revision": watch.revision + 1})


def _is_louder(severity: Severity, than: Severity | None) -> bool:
    return than is None or _LOUDNESS[severity] > _LOUDNESS[than]


# ── Who may see it ──────────────────────────────────────────────────────────────────────────────


def readable_department(principal: Principal, asked: str | None) -> str | None:
    """Whose findings a list shows: oversight anybody's or (None) all, others only the own department's.

    Raises Refused("not_your_department").
    """
    if Role.OVERSIGHT in principal.roles:
        return asked
    if principal.department is None or asked not in {None, principal.department}:
        raise Refused("not_your_department")
    return principal.department
