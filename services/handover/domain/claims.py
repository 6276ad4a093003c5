"""Receiving a push: delivering it, opening it, claiming it once, taking that back, letting it lapse (R-HND-4 to 6)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from services.handover.domain.acts import document_faults
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.pushes import (
    DEEMED_CLAIMANT,
    INSTEAD,
    LAPSING,
    MOVES,
    ON_PUSH_CLAIMANT,
    Move,
    after,
    is_claimed_on_push,
)
from shared.contracts.cases import OfflineRecord
from shared.contracts.pushes import (
    MOST_CLAIM_WITHDRAWALS,
    ClaimWithdrawal,
    Push,
    PushClaimed,
    PushClaimWithdrawn,
    PushDelivered,
    PushOverdue,
    PushViewed,
)
from shared.contracts.vocabulary import OnOverdue, PushState
from shared.kernel.calendar import Limit, beijing_date, deadline
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Fault, Refused, Words, refuse_fields

CLAIM_WITHDRAWAL_LIMIT = Limit(1, "working_day")
"""How long after a claim it may be taken back, whoever or whatever made it (R-HND-4)."""

_LIMIT_WORDS = Words("1 个工作日", "1 working day")
_BEFORE_DELIVERY = (
    "文件日期不得早于推送送达之日 {day}",
    "The document is not older than the delivery of the push on {day}",
)
_A_MOMENT = timedelta(milliseconds=1)

CouldClaim = Callable[[str], bool]
"""Whether anybody could have claimed in a department, or in the one that answers for it by now."""


def anybody(_department: str) -> bool:
    """Nothing is known that keeps a department from claiming."""
    return True


class ClaimRuleCited(StrEnum):
    """Under which rule responsibility passed; evidence cites it (R-HND-5)."""

    ON_PUSH = "R-HND-5 on_push"
    CONFIRMED = "R-HND-5 confirm"
    DEEMED = "R-HND-5 deemed_claimed"
    OFFLINE = "R-HND-12 offline"


def deliver(file: CaseFile, push: Push) -> Outcome:
    """A push reaches its department; where delivery is the claim, it is claimed in the same instant (R-HND-5)."""
    delivered = Outcome(file.with_part(push), (PushDelivered(push=push),))
    if not is_claimed_on_push(push):
        return delivered
    rule, now = ClaimRuleCited.ON_PUSH, push.delivered_at
    return delivered.then(_claimed(delivered.file, push, PushState.CLAIMED, ON_PUSH_CLAIMANT, now, rule))


def view(file: CaseFile, push: Push, now: datetime) -> Outcome:
    """A department opened a push: recorded the first time, nothing afterwards."""
    if push.viewed_at is not None or Move.VIEW not in MOVES[push.state]:
        return Outcome(file)
    changed = push.model_copy(update={"state": after(push, Move.VIEW), "viewed_at": now})
    return Outcome(file.with_part(changed), (PushViewed(push=changed),))


def claim(file: CaseFile, push: Push, claimant: str, now: datetime, offline: OfflineRecord | None = None) -> Outcome:
    """Responsibility passes to the department, once (R-HND-6).

    Whether a claim made off-line was late is judged by the day of its document (R-HND-12). Raises Refused when it has
    passed already, the push's state allows no claim, or the document's day cannot be that of a claim.
    """
    state = after(push, Move.CLAIM)
    if offline is not None:
        _check_document(push, offline, now)
    if _is_late(push, now, offline):
        state = INSTEAD[Move.CLAIM]
    rule = ClaimRuleCited.CONFIRMED if offline is None else ClaimRuleCited.OFFLINE
    return _claimed(file, push, state, claimant, now, rule, offline)


def withdraw_claim(file: CaseFile, push: Push, reason: str, by: str, now: datetime) -> Outcome:
    """A department takes its claim back in time (撤回认领); the claim and its withdrawal both stay (R-HND-4).

    The claim limit goes on where it was; where it has passed since a claim in time, it runs anew, or it would lapse at
    once. A late claim taken back leaves the push late. Raises
    Refused: "wrong_state", "claim_withdrawal_late", "claim_withdrawals_spent".
    """
    state = after(push, Move.WITHDRAW_CLAIM)
    if push.claimed_at is None or push.claimed_by is None or push.claim_rule is None:
        raise ValueError(f"{push.push_id} is {push.state} and tells no claim")
    until = deadline(push.claimed_at, CLAIM_WITHDRAWAL_LIMIT).at
    if now >= until:
        shown = until.astimezone(BEIJING).isoformat(timespec="minutes")
        raise Refused("claim_withdrawal_late", limit=_LIMIT_WORDS, until=shown)
    if len(push.claim_withdrawals) >= MOST_CLAIM_WITHDRAWALS:
        raise Refused("claim_withdrawals_spent", most=MOST_CLAIM_WITHDRAWALS)
    withdrawn = ClaimWithdrawal(
        claimed_at=push.claimed_at,
        claimed_by=push.claimed_by,
        claim_rule=push.claim_rule,
        claim_offline=push.claim_offline,
        reason=reason,
        at=now,
        by=by,
    )
    unclaimed = {"claimed_at": None, "claimed_by": None, "claim_rule": None, "claim_offline": None}
    withdrawals = (*push.claim_withdrawals, withdrawn)
    changed = push.model_copy(update={**unclaimed, "state": state, "claim_withdrawals": withdrawals})
    if changed.claim_due_at <= now and push.state is PushState.CLAIMED:
        changed = with_new_limit(changed, now)
    return Outcome(file.with_part(changed), (PushClaimWithdrawn(push=changed),))


def with_new_limit(push: Push, now: datetime) -> Push:
    """The push with its claim limit running from now."""
    due = deadline(now, push.claim_limit.limit())
    limit = {"claim_limit_since": now, "claim_due_at": due.at, "claim_due_provisional": due.provisional}
    return push.model_copy(update=limit)


def lapse(file: CaseFile, push: Push, now: datetime, could_claim: CouldClaim = anybody) -> Outcome:
    """The claim limit has passed: deemed claimed, or visibly overdue, as the item's version says (R-HND-5).

    It is so from the instant in which it is recorded: no answer about the past changes (R-HND-7). The silence of a
    department in which nobody could have claimed says nothing: there it is overdue.
    """
    if push.state not in LAPSING or now < push.claim_due_at:
        return Outcome(file)
    if push.on_overdue is OnOverdue.DEEMED_CLAIMED and could_claim(push.department):
        # Silence is the claim here, so it is not a late one.
        return _claimed(file, push, INSTEAD[Move.LAPSE], DEEMED_CLAIMANT, now, ClaimRuleCited.DEEMED)
    changed = push.model_copy(update={"state": after(push, Move.LAPSE)})
    return Outcome(file.with_part(changed), (PushOverdue(push=changed),))


def _is_late(push: Push, now: datetime, offline: OfflineRecord | None) -> bool:
    if offline is None:
        return now >= push.claim_due_at
    # A document tells its day and no hour: on the last day of the limit it is in time.
    return offline.dated > beijing_date(push.claim_due_at - _A_MOMENT)


def _check_document(push: Push, offline: OfflineRecord, now: datetime) -> None:
    delivered = beijing_date(push.delivered_at)
    faults = []
    if offline.dated < delivered:
        zh, en = (each.format(day=delivered.isoformat()) for each in _BEFORE_DELIVERY)
        faults.append(Fault("/offline/dated", "before_delivery", zh, en))
    refuse_fields([*faults, *document_faults(offline, now)])


def _claimed(
    file: CaseFile,
    push: Push,
    state: PushState,
    claimant: str,
    now: datetime,
    rule: ClaimRuleCited,
    offline: OfflineRecord | None = None,
) -> Outcome:
    claimed = {
        "state": state,
        "claimed_at": now,
        "claimed_by": claimant,
        "claim_rule": rule.value,
        "claim_offline": offline,
    }
    changed = push.model_copy(update=claimed)
    return Outcome(file.with_part(changed), (PushClaimed(push=changed),))
