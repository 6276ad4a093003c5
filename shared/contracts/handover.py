"""What handover tells: cases and pushes, each event with the whole state it led to.

A consumer keeps, per push, the snapshot whose event has the highest `sequence`, so order does not matter.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.event import Body
from shared.contracts.model import (
    Code,
    Contract,
    Day,
    Identifier,
    Instant,
    Phone,
    Sha256,
    ShortText,
)
from shared.contracts.vocabulary import (
    ApplicantKind,
    ApprovalMode,
    ClaimMode,
    DecisionResult,
    OnOverdue,
    PushState,
    Stage,
    SupervisorPart,
)


class Applicant(Contract):
    """The applicant (行政相对人). `code`: a credit identifier, or a citizen id already masked (R-HND-1)."""

    name: ShortText
    kind: ApplicantKind
    code: Annotated[str, Field(min_length=1, max_length=18, pattern=r"^[0-9A-Z*]+$")]
    phone: Phone | None = None
    address: ShortText | None = None


class Material(Contract):
    """One document, by hash; the content is in the object store, never here (R-HND-1)."""

    name: ShortText
    sha256: Sha256
    location: Annotated[str, Field(max_length=1000)] | None = None


class Decision(Contract):
    """How and when the case ended and what was granted (R-HND-2). `valid_until` 2099-12-31 = long-term."""

    result: DecisionResult
    document_number: ShortText
    decided_at: Instant
    licence_number: ShortText | None = None
    licence_name: ShortText | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    conditions: Annotated[str, Field(max_length=4000)] | None = None


class Case(Contract):
    """A case (办件) as others need to know it."""

    case_id: Identifier
    case_number: ShortText
    bureau: Identifier
    item_code: Code
    item_id: Identifier | None
    item_name: ShortText | None
    item_version: int | None
    applicant: Applicant
    approval_mode: ApprovalMode
    received_at: Instant | None = None
    accepted_at: Instant | None = None
    promises: tuple[ShortText, ...] = ()
    materials: tuple[Material, ...] = ()
    credit_lookup: Identifier | None = None
    decision: Decision | None = None


class Push(Contract):
    """One push (推送) to one department, with where it stands (R-HND-4)."""

    push_id: Identifier
    case_id: Identifier
    case_number: ShortText
    item_name: ShortText
    item_version: int
    stage: Stage
    bureau: Identifier
    department: Identifier
    part: SupervisorPart
    content_hash: Sha256
    state: PushState
    delivered_at: Instant
    viewed_at: Instant | None = None
    claim_mode: ClaimMode
    claim_due_at: Instant
    claim_due_provisional: bool = False
    on_overdue: OnOverdue
    claimed_at: Instant | None = None
    claimed_by: ShortText | None = None
    claim_rule: ShortText | None = None


class CaseAccepted(Body):
    """The bureau accepted a case (`case.accepted`, R-HND-1)."""

    TYPE: ClassVar[str] = "case.accepted.v1"
    case: Case


class CaseDecided(Body):
    """The bureau decided a case (`case.decided`, R-HND-2)."""

    TYPE: ClassVar[str] = "case.decided.v1"
    case: Case


class PushDelivered(Body):
    """A push was delivered to a department (`push.delivered`)."""

    TYPE: ClassVar[str] = "push.delivered.v1"
    push: Push


class PushViewed(Body):
    """A department opened a push for the first time (`push.viewed`)."""

    TYPE: ClassVar[str] = "push.viewed.v1"
    push: Push


class PushClaimed(Body):
    """Responsibility passed to the department (`push.claimed`, R-HND-6)."""

    TYPE: ClassVar[str] = "push.claimed.v1"
    push: Push


class PushOverdue(Body):
    """The claim limit passed and nobody had claimed (`push.overdue`, R-HND-4)."""

    TYPE: ClassVar[str] = "push.overdue.v1"
    push: Push


class PushUnroutable(Body):
    """A stage of a case could not be routed and waits for the bureau's coordinator (`push.unroutable`, R-HND-15)."""

    TYPE: ClassVar[str] = "push.unroutable.v1"
    case: Case
    stage: Stage
    reason: ShortText
