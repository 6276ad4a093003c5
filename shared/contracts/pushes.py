"""Pushes (推送) as others need to know them: one act of a bureau, carried to one department (R-HND-4).

Each event tells the whole push it led to; a consumer keeps the one with the highest `sequence`, in whatever order.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.cases import Case, OfflineRecord
from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, LongText, Sha256, ShortText
from shared.contracts.vocabulary import (
    ClaimMode,
    OnOverdue,
    PushOriginKind,
    PushState,
    ReturnReason,
    Stage,
    SupervisorPart,
    TimeLimit,
)

OWED = frozenset(
    {
        PushState.DELIVERED,
        PushState.VIEWED,
        PushState.OVERDUE_UNCLAIMED,
        PushState.CLAIM_WITHDRAWN,
        PushState.UPHELD,
    }
)
"""States in which the department owes a claim (R-HND-5)."""


class PushOrigin(Contract):
    """How a push came to be where it is: which push, or which unrouted part, it took the place of, and why."""

    kind: PushOriginKind
    of: Identifier
    reason: LongText | None = None


class Return(Contract):
    """A department says that a push is not its duty (退回, R-HND-4)."""

    reason: ReturnReason
    text: LongText
    at: Instant
    by: ShortText


class Referral(Contract):
    """The sender put a return before the joint conference (提请联席会议, R-HND-4)."""

    text: LongText
    at: Instant
    by: ShortText


class ReturnDecision(Contract):
    """What was decided on a return, by the sender or, with its document, by the joint conference (R-HND-4, R-OVS-5)."""

    text: LongText
    at: Instant
    by: ShortText
    conference_document: ShortText | None = None


class ClaimWithdrawal(Contract):
    """A claim that was taken back, and the claim as it had been: both entries stay (R-HND-4)."""

    claimed_at: Instant
    claimed_by: ShortText
    claim_rule: ShortText
    claim_offline: OfflineRecord | None = None
    reason: LongText
    at: Instant
    by: ShortText


MOST_CLAIM_WITHDRAWALS = 3
"""How often a push's claim may be taken back; then it stands."""


class Push(Contract):
    """One push to one department, with where it stands (R-HND-4).

    `sender` decides on its return: the bureau, or the department that relayed it. `place` is the supervisor's slot it
    fills or, of a later act, is meant for; named by the slot's first push.
    """

    push_id: Identifier
    case_id: Identifier
    case_number: ShortText
    item_code: ShortText
    item_name: ShortText
    item_version: int | None
    """None where a coordinator routed it under an item of which no version was known (R-HND-15)."""
    stage: Stage
    bureau: Identifier
    sender: Identifier
    department: Identifier
    part: SupervisorPart
    place: Identifier
    origin: PushOrigin | None = None
    content_hash: Sha256
    state: PushState
    delivered_at: Instant
    viewed_at: Instant | None = None
    claim_mode: ClaimMode
    claim_limit: TimeLimit
    claim_limit_since: Instant | None = None
    """From when the limit runs, where that is later than the delivery."""
    claim_due_at: Instant
    claim_due_provisional: bool = False
    on_overdue: OnOverdue
    claimed_at: Instant | None = None
    claimed_by: ShortText | None = None
    claim_rule: ShortText | None = None
    claim_offline: OfflineRecord | None = None
    claim_withdrawals: Annotated[tuple[ClaimWithdrawal, ...], Field(max_length=MOST_CLAIM_WITHDRAWALS)] = ()
    returned: Return | None = None
    referral: Referral | None = None
    decided: ReturnDecision | None = None
    successor: Identifier | None = None
    """The push that took this one's place."""
    ended_reason: LongText | None = None
    ended_at: Instant | None = None
    to_be_placed: bool = False
    """Its sender withdrew it and owes it to somebody else (R-HND-7, R-HND-15)."""


class PushBody(Body):
    """What every event of a push tells: the push as it now is."""

    TYPE: ClassVar[str] = ""
    push: Push


class PushDelivered(PushBody):
    """A push was delivered to a department (`push.delivered`)."""

    TYPE: ClassVar[str] = "push.delivered.v1"


class PushViewed(PushBody):
    """A department opened a push for the first time (`push.viewed`)."""

    TYPE: ClassVar[str] = "push.viewed.v1"


class PushClaimed(PushBody):
    """Responsibility passed to the department (`push.claimed`, R-HND-6)."""

    TYPE: ClassVar[str] = "push.claimed.v1"


class PushClaimWithdrawn(PushBody):
    """A department took its claim back in time, with its reason (`push.claim_withdrawn`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.claim_withdrawn.v1"


class PushOverdue(PushBody):
    """The claim limit passed and nobody had claimed (`push.overdue`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.overdue.v1"


class PushReturned(PushBody):
    """A department says that the push is not its duty (`push.returned`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.returned.v1"


class PushReferred(PushBody):
    """The joint conference is to decide on a return (`push.referred`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.referred.v1"


class PushUpheld(PushBody):
    """It stays with the department that returned it, under a new limit (`push.upheld`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.upheld.v1"


class PushReassigned(PushBody):
    """Another department has it now (`push.reassigned`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.reassigned.v1"


class PushRelayed(PushBody):
    """A department passed it up or down its line (`push.relayed`, R-HND-9)."""

    TYPE: ClassVar[str] = "push.relayed.v1"


class PushRescheduled(PushBody):
    """The official calendar is out, and a provisional claim limit was set anew (`push.rescheduled`, R-HND-14)."""

    TYPE: ClassVar[str] = "push.rescheduled.v1"


class PushWithdrawn(PushBody):
    """Its sender took it back before it was claimed (`push.withdrawn`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.withdrawn.v1"


PUSH_EVENTS: tuple[type[PushBody], ...] = (
    PushDelivered,
    PushViewed,
    PushClaimed,
    PushClaimWithdrawn,
    PushOverdue,
    PushReturned,
    PushReferred,
    PushUpheld,
    PushReassigned,
    PushRelayed,
    PushRescheduled,
    PushWithdrawn,
)
"""Every event that tells where a push stands: who follows pushes hears all of them."""


class Unrouted(Contract):
    """A part of a stage that reached no department and waits for the bureau's coordinator (R-HND-15).

    `department` is who was meant, None where the item itself is the obstacle. Placed, it names the pushes it became.
    `stage_key` tells two acts of a kind apart.
    """

    unrouted_id: Identifier
    case_id: Identifier
    case_number: ShortText
    item_code: ShortText
    stage: Stage
    stage_key: ShortText
    reason: ShortText
    department: Identifier | None = None
    part: SupervisorPart | None = None
    since: Instant
    pushes: tuple[Identifier, ...] = ()
    placed_at: Instant | None = None


class PushUnroutable(Body):
    """A part of a stage could not be routed (`push.unroutable`, R-HND-15)."""

    TYPE: ClassVar[str] = "push.unroutable.v1"
    case: Case
    unrouted: Unrouted


class PushRouted(Body):
    """What could not be routed has found its departments (`push.routed`, R-HND-15)."""

    TYPE: ClassVar[str] = "push.routed.v1"
    unrouted: Unrouted
