"""What feedback tells: findings of supervision carried back to the bureau (R-FBK-1, R-FBK-2)."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.cases import Applicant, Material
from shared.contracts.event import Body
from shared.contracts.model import Contract, Day, Identifier, Instant, LongText, ShortText


class InspectionResult(StrEnum):
    """R-FBK-1: what an inspection found."""

    COMPLIANT = "compliant"
    BASICALLY_COMPLIANT = "basically_compliant"
    NON_COMPLIANT = "non_compliant"


class Handling(StrEnum):
    """R-FBK-1: what was done about it."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    TIMED_RECTIFICATION = "timed_rectification"  # 限期整改
    REFERRED_TO_ENFORCEMENT = "referred_to_enforcement"


class PenaltyKind(StrEnum):
    """R-FBK-2: penalties from light to heavy; several at once count at the heaviest."""

    WARNING = "warning"  # 警告
    FINE = "fine"  # 罚款
    CONFISCATION = "confiscation"  # 没收
    SUSPENSION = "suspension"  # 暂扣
    BUSINESS_CLOSURE = "business_closure"  # 责令停产停业
    REVOCATION = "revocation"  # 吊销
    DETENTION = "detention"  # 拘留


class Inspection(Contract):
    """An inspection result (R-FBK-1)."""

    kind: Literal["inspection"]
    inspected_at: Instant
    result: InspectionResult
    handling: Handling
    findings: LongText
    rectify_by: Day | None = None


class Penalty(Contract):
    """A penalty decision (R-FBK-2); `fine_yuan` in yuan and fen, as text so that no cent is rounded."""

    kind: Literal["penalty"]
    document_number: ShortText
    decided_on: Day
    kinds: Annotated[tuple[PenaltyKind, ...], Field(min_length=1, max_length=7)]
    facts: LongText
    legal_basis: LongText
    fine_yuan: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?$")] | None = None


Report = Annotated[Inspection | Penalty, Field(discriminator="kind")]


class Thread(Contract):
    """One piece of feedback and where it stands (R-FBK-10)."""

    thread_id: Identifier
    case_id: Identifier
    case_number: ShortText
    item_name: ShortText
    applicant: Applicant
    from_department: Identifier
    to_department: Identifier
    report: Report
    attachments: tuple[Material, ...] = ()
    opened_at: Instant
    state: Literal["open", "acknowledged"]
    acknowledged_at: Instant | None = None
    acknowledged_by: ShortText | None = None
    reply: Annotated[str, Field(max_length=4000)] | None = None


class FeedbackOpened(Body):
    """A department reported a finding (`feedback.opened`)."""

    TYPE: ClassVar[str] = "feedback.opened.v1"
    thread: Thread


class FeedbackAcknowledged(Body):
    """The bureau took note of it (`feedback.acknowledged`)."""

    TYPE: ClassVar[str] = "feedback.acknowledged.v1"
    thread: Thread
