"""What oversight looks for and how loud it is: a push nobody claims, louder the longer it lasts (R-OVS-1, R-OVS-2)."""

from datetime import datetime, timedelta

from shared.contracts.handover import Push
from shared.contracts.model import Contract
from shared.contracts.oversight import Finding, FindingKind, Severity
from shared.contracts.vocabulary import OnOverdue
from shared.kernel.calendar import Limit, deadline
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role

SOURCE = "/shenguan/oversight"

YELLOW_AFTER = Limit(1, "working_day")
RED_AFTER = Limit(3, "working_day")

STEPS: dict[OnOverdue, tuple[tuple[Severity, Limit | None], ...]] = {
    OnOverdue.ESCALATE: (
        (Severity.REMINDER, None),
        (Severity.YELLOW, YELLOW_AFTER),
        (Severity.RED, RED_AFTER),
    ),
    # Here silence is the claim: there is only something to find when handover fails to record it (R-HND-5).
    OnOverdue.DEEMED_CLAIMED: (
        (Severity.REMINDER, Limit(1, "hour")),
        (Severity.YELLOW, YELLOW_AFTER),
        (Severity.RED, RED_AFTER),
    ),
}
"""How loud a finding is after how long past its limit, by the item's rule; None: at once (R-OVS-2)."""

_LOUDNESS = {Severity.REMINDER: 1, Severity.YELLOW: 2, Severity.RED: 3}
_A_MOMENT = timedelta(milliseconds=1)


class Watch(Contract):
    """What we know of one push: its newest snapshot, and how far its findings have come.

    `severity` is that of the open finding, None while there is none; `findings` counts those ever opened, so that a
    claim taken back and late again is a new cause with a new id (R-HND-4). `revision` grows with every write.
    """

    push: Push
    sequence: int
    revision: int = 1
    severity: Severity | None = None
    findings: int = 0


# ── When a push becomes a finding, and how loud it is ───────────────────────────────────────────


def is_claimed(push: Push) -> bool:
    """Whether responsibility has passed, in time or late, by a person or by the item's rule (R-HND-5)."""
    return push.claimed_at is not None


def starts(push: Push) -> tuple[tuple[Severity, datetime], ...]:
    """From when on an unclaimed push is how severe; working days count whole, after the day the limit ended."""
    return tuple((severity, _start(push.claim_due_at, limit)) for severity, limit in STEPS[push.on_overdue])


def severity_at(push: Push, now: datetime) -> Severity | None:
    """How severe an unclaimed push is at an instant; None while there is time."""
    if is_claimed(push):
        return None
    reached = [severity for severity, start in starts(push) if start <= now]
    return reached[-1] if reached else None


def due_at(watch: Watch) -> datetime | None:
    """When the push must be looked at again: the start of the next louder step; None when there is none."""
    if is_claimed(watch.push):
        return None
    louder = [start for severity, start in starts(watch.push) if _is_louder(severity, watch.severity)]
    return louder[0] if louder else None


def finding_id(watch: Watch) -> str:
    """The id of the push's latest finding; two runs that open the same one must choose the same id (R-OVS-2)."""
    return f"find_{watch.push.push_id.removeprefix('push_')}_{watch.findings:02d}"


# ── What happens to watch and finding ───────────────────────────────────────────────────────────


def observed(watch: Watch | None, push: Push, sequence: int) -> Watch | None:
    """The watch after hearing a snapshot; None when an equally new one was heard before, in whatever order."""
    if watch is None:
        return Watch(push=push, sequence=sequence)
    if sequence <= watch.sequence:
        return None
    severity = None if is_claimed(push) else watch.severity
    return _revised(watch, push=push, sequence=sequence, severity=severity)


def examined(watch: Watch, now: datetime) -> Watch | None:
    """The watch after a look at the clock; None when nothing has become louder."""
    severity = severity_at(watch.push, now)
    if severity is None or not _is_louder(severity, watch.severity):
        return None
    opens = watch.severity is None
    return _revised(watch, severity=severity, findings=watch.findings + opens)


def opened(watch: Watch, now: datetime) -> Finding:
    """The finding that a watch which has just become severe opens."""
    push = watch.push
    return Finding(
        finding_id=finding_id(watch),
        kind=FindingKind.PUSH_UNCLAIMED,
        cause=push.push_id,
        department=push.department,
        case_number=push.case_number,
        item_name=push.item_name,
        severity=watch.severity or Severity.REMINDER,
        due_at=push.claim_due_at,
        opened_at=now,
        state="open",
    )


def escalated(finding: Finding, watch: Watch) -> Finding:
    """The same finding, as loud as its watch has become."""
    return finding.model_copy(update={"severity": watch.severity or finding.severity})


def closed(finding: Finding, now: datetime) -> Finding:
    """The finding after its cause has gone; it keeps the severity it had reached."""
    return finding.model_copy(update={"state": "closed", "closed_at": now})


def _start(claim_due_at: datetime, limit: Limit | None) -> datetime:
    if limit is None:
        return claim_due_at
    # A limit in days ends at midnight, the first instant of the next day, which has not been late for a whole day yet.
    start = claim_due_at - _A_MOMENT if limit.unit == "working_day" else claim_due_at
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
