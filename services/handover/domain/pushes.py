"""What may happen to a push: every state, every move, and where it leads, in one table (R-HND-4).

The moves themselves are functions of the case file in `claims` (view, claim, lapse, take a claim back) and `returns`
(return, refer, uphold, reassign, relay, withdraw). docs/push-states.md draws the table.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from services.handover.domain.cases import CaseFile
from shared.contracts.cases import Case
from shared.contracts.items import ClaimRule
from shared.contracts.pushes import Push, PushOrigin
from shared.contracts.vocabulary import ClaimMode, PushState, Stage, SupervisorPart
from shared.kernel.calendar import deadline
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused, Words
from shared.kernel.ids import push_id


class Move(StrEnum):
    """Everything that can happen to a push once it is delivered."""

    VIEW = "view"
    CLAIM = "claim"
    LAPSE = "lapse"
    WITHDRAW_CLAIM = "withdraw_claim"
    RETURN = "return"
    REFER = "refer"
    UPHOLD = "uphold"
    REASSIGN = "reassign"
    RELAY = "relay"
    WITHDRAW = "withdraw"
    WITHDRAW_NOBODY_INSTEAD = "withdraw_nobody_instead"


_WITHDRAWING: dict[Move, PushState] = {
    Move.WITHDRAW: PushState.WITHDRAWN,
    Move.WITHDRAW_NOBODY_INSTEAD: PushState.WITHDRAWN,
}

_WAITING: dict[Move, PushState] = {
    Move.CLAIM: PushState.CLAIMED,
    Move.RETURN: PushState.RETURNED,
    Move.RELAY: PushState.RELAYED,
    **_WITHDRAWING,
}

_CLAIMED: Mapping[Move, PushState] = {
    Move.WITHDRAW_CLAIM: PushState.CLAIM_WITHDRAWN,
    # What is claimed wrongly, or by one that can supervise no more, is moved by the joint conference (R-OVS-5).
    Move.REASSIGN: PushState.REASSIGNED,
}

_TO_BE_DECIDED: dict[Move, PushState] = {
    Move.UPHOLD: PushState.UPHELD,
    Move.REASSIGN: PushState.REASSIGNED,
    **_WITHDRAWING,
    # Who returned it may think better of it, as long as nothing is decided.
    Move.CLAIM: PushState.CLAIMED,
}

MOVES: Mapping[PushState, Mapping[Move, PushState]] = {
    PushState.DELIVERED: _WAITING | {Move.VIEW: PushState.VIEWED, Move.LAPSE: PushState.OVERDUE_UNCLAIMED},
    PushState.VIEWED: _WAITING | {Move.LAPSE: PushState.OVERDUE_UNCLAIMED},
    PushState.OVERDUE_UNCLAIMED: _WAITING | {Move.VIEW: PushState.OVERDUE_UNCLAIMED},
    PushState.CLAIMED: _CLAIMED,
    PushState.CLAIMED_LATE: _CLAIMED,
    PushState.CLAIM_WITHDRAWN: _WAITING | {Move.LAPSE: PushState.OVERDUE_UNCLAIMED},
    PushState.RETURNED: _TO_BE_DECIDED | {Move.REFER: PushState.REFERRED},
    PushState.REFERRED: _TO_BE_DECIDED,
    # What was upheld is not returned a second time: it is claimed, or it lapses.
    PushState.UPHELD: {
        Move.CLAIM: PushState.CLAIMED,
        Move.RELAY: PushState.RELAYED,
        **_WITHDRAWING,
        Move.LAPSE: PushState.OVERDUE_UNCLAIMED,
    },
    PushState.REASSIGNED: {},
    # What nobody has is given to somebody, or it is said that nobody is to have it.
    PushState.WITHDRAWN: {
        Move.REASSIGN: PushState.REASSIGNED,
        Move.WITHDRAW_NOBODY_INSTEAD: PushState.WITHDRAWN,
    },
    PushState.RELAYED: {},
}
"""From each state, the legal moves and where they lead; `INSTEAD` and `legal_moves` hold what is particular."""

INSTEAD: Mapping[Move, PushState] = {
    Move.CLAIM: PushState.CLAIMED_LATE,  # past its limit
    Move.LAPSE: PushState.CLAIMED,  # where silence is the claim
}
"""Where a move leads in its other case."""

STATE_WORDS: Mapping[PushState, str] = {
    PushState.DELIVERED: "已送达",
    PushState.VIEWED: "已查看",
    PushState.OVERDUE_UNCLAIMED: "逾期未认领",
    PushState.CLAIMED: "已认领",
    PushState.CLAIMED_LATE: "逾期认领",
    PushState.CLAIM_WITHDRAWN: "已撤回认领",
    PushState.RETURNED: "已退回",
    PushState.REFERRED: "已提请联席会议",
    PushState.UPHELD: "已维持",
    PushState.REASSIGNED: "已重新指派",
    PushState.WITHDRAWN: "已撤回推送",
    PushState.RELAYED: "已转送",
}
"""What each state is called in Chinese."""

MOVE_WORDS: Mapping[Move, str] = {
    Move.VIEW: "查看",
    Move.CLAIM: "认领",
    Move.LAPSE: "期限届满",
    Move.WITHDRAW_CLAIM: "撤回认领",
    Move.RETURN: "退回",
    Move.REFER: "提请联席会议",
    Move.UPHOLD: "维持",
    Move.REASSIGN: "重新指派",
    Move.RELAY: "转送",
    Move.WITHDRAW: "撤回推送",
    Move.WITHDRAW_NOBODY_INSTEAD: "撤回且无须另行指派",
}
"""What each move is called in Chinese."""

ON_PUSH_CLAIMANT = "system:on_push"
DEEMED_CLAIMANT = "system:deemed"
CLAIMANT_WORDS: Mapping[str, Words] = {
    ON_PUSH_CLAIMANT: Words("系统(推送即认领)", ON_PUSH_CLAIMANT),
    DEEMED_CLAIMANT: Words("系统(逾期视为认领)", DEEMED_CLAIMANT),
}
"""Who claims where delivery or silence is the claim (R-HND-5), and what it is called in Chinese."""

LAPSING = frozenset(state for state, moves in MOVES.items() if Move.LAPSE in moves)
TO_BE_DECIDED = frozenset(state for state, moves in MOVES.items() if Move.UPHOLD in moves)
CLAIMED = frozenset(state for state, moves in MOVES.items() if Move.WITHDRAW_CLAIM in moves)
BY_CONFERENCE = CLAIMED | {PushState.REFERRED}
"""States out of which it is passed on, or upheld, by a document of the joint conference only (R-HND-4, R-OVS-5)."""
ENDED = frozenset({PushState.REASSIGNED, PushState.WITHDRAWN, PushState.RELAYED})
"""States in which the department has it no more."""


def legal_moves(push: Push) -> Mapping[Move, PushState]:
    """What may happen to a push as it stands.

    What was upheld is never returned again, not by way of a claim either. What was withdrawn is moved on only while it
    is owed to somebody.
    """
    moves = MOVES[push.state]
    if push.state is PushState.WITHDRAWN and not push.to_be_placed:
        return {}
    if push.decided is None:
        return moves
    return {move: state for move, state in moves.items() if move is not Move.RETURN}


def after(push: Push, move: Move) -> PushState:
    """The state a move leads to. Raises Refused("already_claimed") or Refused("wrong_state") naming the legal moves."""
    state = legal_moves(push).get(move)
    if state is None:
        raise _illegal(push, move)
    return state


def _illegal(push: Push, move: Move) -> Refused:
    if move is Move.CLAIM and push.claimed_at is not None:
        at = push.claimed_at.astimezone(BEIJING).isoformat(timespec="milliseconds")
        by = push.claimed_by or ""
        return Refused("already_claimed", by=CLAIMANT_WORDS.get(by, by), at=at)
    # What only the clock brings is nothing that anybody could do instead.
    legal = [each for each in legal_moves(push) if each is not Move.LAPSE]
    return Refused(
        "wrong_state",
        state=Words(STATE_WORDS[push.state], push.state),
        move=Words(MOVE_WORDS[move], move),
        legal=Words("、".join(MOVE_WORDS[each] for each in legal) or "无", ", ".join(legal) or "none"),
    )


class PushedItem(Protocol):
    """What a push says of its item: the version of it that applied, or what stands for one (see `unrouted`)."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> int | None:
        """Its version, None where there is none."""

    @property
    def claim(self) -> ClaimRule:
        """How its pushes are claimed (R-HND-5)."""


def new_push(
    file: CaseFile,
    case: Case,
    item: PushedItem,
    *,
    stage: Stage,
    content_hash: str,
    department: str,
    part: SupervisorPart,
    now: datetime,
    origin: PushOrigin | None = None,
    place: str | None = None,
) -> Push:
    """A push from the case's bureau, delivered now, in that place or one of its own; `file` tells its number."""
    identifier = push_id(case.case_id, len(file.pushes) + 1)
    due = deadline(now, item.claim.limit.limit())
    return Push(
        push_id=identifier,
        case_id=case.case_id,
        case_number=case.case_number,
        item_code=item.code,
        item_name=item.name,
        item_version=item.version,
        stage=stage,
        bureau=case.bureau,
        sender=case.bureau,
        department=department,
        part=part,
        place=place or identifier,
        origin=origin,
        content_hash=content_hash,
        state=PushState.DELIVERED,
        delivered_at=now,
        claim_mode=item.claim.mode,
        claim_limit=item.claim.limit,
        claim_due_at=due.at,
        claim_due_provisional=due.provisional,
        on_overdue=item.claim.on_overdue,
    )


def is_claimed_on_push(push: Push) -> bool:
    """Whether delivery is the claim (推送即认领, R-HND-5)."""
    return push.claim_mode is ClaimMode.ON_PUSH
