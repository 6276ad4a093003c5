"""Receiving a push: delivering it, opening it, claiming it once, letting its limit pass (R-HND-4 to R-HND-6)."""

from datetime import datetime
from enum import StrEnum

from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.pushes import LAPSING, MOVES, Move, after, is_claimed_on_push
from shared.contracts.cases import OfflineRecord
from shared.contracts.pushes import Push, PushClaimed, PushDelivered, PushOverdue, PushViewed
from shared.contracts.vocabulary import OnOverdue, PushState
from shared.kernel.calendar import beijing_date


class ClaimRuleCited(StrEnum):
    """Under which rule responsibility passed; evidence cites it (R-HND-5)."""

    ON_PUSH = "R-HND-5 on_push"
    CONFIRMED = "R-HND-5 confirm"
    DEEMED = "R-HND-5 deemed_claimed"


ON_PUSH_CLAIMANT = "system:on_push"
DEEMED_CLAIMANT = "system:deemed"


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
    passed already, or the push's state allows no claim.
    """
    state = after(push, Move.CLAIM)
    if _is_late(push, now, offline):
        state = PushState.CLAIMED_LATE
    return _claimed(file, push, state, claimant, now, ClaimRuleCited.CONFIRMED, offline)


def lapse(file: CaseFile, push: Push, now: datetime) -> Outcome:
    """The claim limit has passed: deemed claimed, or visibly overdue, as the item's version says (R-HND-5)."""
    if push.state not in LAPSING or now < push.claim_due_at:
        return Outcome(file)
    if push.on_overdue is OnOverdue.DEEMED_CLAIMED:
        # Silence is the claim here, so it is not a late one.
        return _claimed(file, push, PushState.CLAIMED, DEEMED_CLAIMANT, now, ClaimRuleCited.DEEMED)
    changed = push.model_copy(update={"state": after(push, Move.LAPSE)})
    return Outcome(file.with_part(changed), (PushOverdue(push=changed),))


def _is_late(push: Push, now: datetime, offline: OfflineRecord | None) -> bool:
    if offline is None:
        return now >= push.claim_due_at
    return offline.dated >= beijing_date(push.claim_due_at) and now >= push.claim_due_at


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
