"""What may happen to a push once it is delivered: moves as one table, and the functions that make them.

R-HND-4 (states), R-HND-5 (claim modes and limits), R-HND-6 (claim once).
"""

from datetime import datetime
from enum import StrEnum

from services.handover.domain.cases import CaseFile, Outcome
from shared.contracts.handover import Push, PushClaimed, PushOverdue, PushViewed
from shared.contracts.vocabulary import OnOverdue, PushState
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused


class Move(StrEnum):
    """Everything that can happen to a push once it is delivered."""

    VIEW = "view"
    CLAIM = "claim"
    LAPSE = "lapse"


class ClaimRuleCited(StrEnum):
    """Under which rule responsibility passed; evidence cites it (R-HND-5)."""

    ON_PUSH = "R-HND-5 on_push"
    CONFIRMED = "R-HND-5 confirm"
    DEEMED = "R-HND-5 deemed_claimed"


ON_PUSH_CLAIMANT = "system:on_push"
DEEMED_CLAIMANT = "system:deemed"

MOVES: dict[PushState, dict[Move, PushState]] = {
    PushState.DELIVERED: {
        Move.VIEW: PushState.VIEWED,
        Move.CLAIM: PushState.CLAIMED,
        Move.LAPSE: PushState.OVERDUE_UNCLAIMED,
    },
    PushState.VIEWED: {
        Move.CLAIM: PushState.CLAIMED,
        Move.LAPSE: PushState.OVERDUE_UNCLAIMED,
    },
    PushState.OVERDUE_UNCLAIMED: {Move.CLAIM: PushState.CLAIMED_LATE},
    PushState.CLAIMED: {},
    PushState.CLAIMED_LATE: {},
}
"""From each state, the legal moves and where they lead. `after` turns a claim past its limit into a late one."""

UNCLAIMED = frozenset(state for state, moves in MOVES.items() if Move.CLAIM in moves)
LAPSING = frozenset(state for state, moves in MOVES.items() if Move.LAPSE in moves)


def after(push: Push, move: Move, now: datetime) -> PushState:
    """The state a move leads to. Raises Refused("already_claimed") or Refused("wrong_state") naming the legal moves."""
    state = MOVES[push.state].get(move)
    if state is None:
        raise _illegal(push, move)
    late = move is Move.CLAIM and now >= push.claim_due_at
    return PushState.CLAIMED_LATE if late else state


def _illegal(push: Push, move: Move) -> Refused:
    if move is Move.CLAIM and push.claimed_at is not None:
        at = push.claimed_at.astimezone(BEIJING).isoformat(timespec="milliseconds")
        return Refused("already_claimed", by=push.claimed_by or "", at=at)
    legal = ", ".join(MOVES[push.state]) or "无 none"
    return Refused("wrong_state", state=push.state, move=move, legal=legal)


def view(file: CaseFile, push: Push, now: datetime) -> Outcome:
    """A department opened a push: recorded the first time, nothing afterwards."""
    if push.viewed_at is not None or push.state is not PushState.DELIVERED:
        return Outcome(file, ())
    changed = push.model_copy(update={"state": after(push, Move.VIEW, now), "viewed_at": now})
    return Outcome(file.with_push(changed), (PushViewed(push=changed),))


def claim(file: CaseFile, push: Push, claimant: str, now: datetime, rule: ClaimRuleCited) -> Outcome:
    """Responsibility passes to the department, once (R-HND-6). Raises Refused when it has passed already."""
    return _claimed(file, push, after(push, Move.CLAIM, now), claimant, now, rule)


def lapse(file: CaseFile, push: Push, now: datetime) -> Outcome:
    """The claim limit has passed: deemed claimed, or visibly overdue, as the item's version says (R-HND-5)."""
    if push.state not in LAPSING or now < push.claim_due_at:
        return Outcome(file, ())
    if push.on_overdue is OnOverdue.DEEMED_CLAIMED:
        # Silence is the claim here, so it is not a late one.
        return _claimed(file, push, PushState.CLAIMED, DEEMED_CLAIMANT, now, ClaimRuleCited.DEEMED)
    changed = push.model_copy(update={"state": after(push, Move.LAPSE, now)})
    return Outcome(file.with_push(changed), (PushOverdue(push=changed),))


def _claimed(
    file: CaseFile, push: Push, state: PushState, claimant: str, now: datetime, rule: ClaimRuleCited
) -> Outcome:
    claimed = {"state": state, "claimed_at": now, "claimed_by": claimant, "claim_rule": rule.value}
    changed = push.model_copy(update=claimed)
    return Outcome(file.with_push(changed), (PushClaimed(push=changed),))
