"""Cases (办件) as others need to know them: accepted, decided, and what became of the licence since (R-HND).

Each event tells the whole case it led to; a consumer keeps the one with the highest `sequence`, in whatever order.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.event import Body
from shared.contracts.model import (
    Code,
    Contract,
    Day,
    Identifier,
    Instant,
    LongText,
    Phone,
    Sha256,
    ShortText,
)
from shared.contracts.vocabulary import (
    ApplicantKind,
    ApprovalMode,
    DecisionResult,
    LicenceStanding,
    OfflineChannel,
    Stage,
    StopReason,
    TimeLimit,
)


class Applicant(Contract):
    """The applicant (行政相对人). `code`: a credit identifier, or a citizen id already masked (R-HND-1)."""

    name: ShortText
    kind: ApplicantKind
    code: Annotated[str, Field(min_length=1, max_length=18, pattern=r"^[0-9A-Z*]+$")]
    phone: Phone | None = None
    address: ShortText | None = None


class Material(Contract):
    """One document, by hash; the content is in the object store, never here (R-HND-1).

    `material_id`: the checked upload it is; without one it lies elsewhere, perhaps at `location`.
    """

    name: ShortText
    sha256: Sha256
    material_id: Identifier | None = None
    location: Annotated[str, Field(max_length=1000)] | None = None


class OfflineRecord(Contract):
    """Something done outside the system (线下办理), as its document proves it (R-HND-12)."""

    channel: OfflineChannel
    document_number: ShortText
    dated: Day
    scan: Sha256
    material_id: Identifier | None = None
    """The checked upload that the scan is; without one it lies elsewhere."""


class Decision(Contract):
    """How and when the case ended and what was granted (R-HND-2). `valid_until` 2099-12-31 = long-term."""

    result: DecisionResult
    document_number: ShortText
    decided_at: Instant
    licence_number: ShortText | None = None
    licence_name: ShortText | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    conditions: LongText | None = None


LaterStage = Literal[
    Stage.AMENDMENT,
    Stage.RENEWAL,
    Stage.SUSPENSION,
    Stage.RESCISSION,
    Stage.WITHDRAWAL,
    Stage.CANCELLATION,
]
"""A stage that comes after the decision (R-HND-3)."""


class LaterAct(Contract):
    """What was done to a licence after it was granted (R-HND-3). `valid_until` 2099-12-31 = long-term.

    For a suspension (暂扣) the validity is that of the suspension. The document number tells two acts of a kind apart.
    An amendment or a renewal may change the licence's number; with every other act it only says which licence is meant.
    """

    stage: LaterStage
    document_number: ShortText
    done_at: Instant
    reason: LongText | None = None
    legal_basis: LongText | None = None
    licence_number: ShortText | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    conditions: LongText | None = None


class Stop(Contract):
    """A time in which a case's clock stands still (R-HND-14); `until` None: still.

    `review`: the request for opinions that stops it; None where the bureau stopped it itself, and says why in `text`
    and why it runs again in `resumption`.
    """

    reason: StopReason
    since: Instant
    until: Instant | None = None
    text: ShortText | None = None
    resumption: ShortText | None = None
    review: Identifier | None = None


class Extension(Contract):
    """Ten working days more, as whoever heads the bureau approved (延期, administrative licensing law art. 42)."""

    approved_by: ShortText
    reason: ShortText
    at: Instant


class CaseClock(Contract):
    """The committed and the statutory limit of a case, both from the day of its acceptance (R-HND-14).

    An extension adds to the statutory limit alone: what the bureau committed itself to stays what it was.
    """

    started_at: Instant
    committed: TimeLimit
    statutory: TimeLimit
    stops: tuple[Stop, ...] = ()
    extension: Extension | None = None


class Case(Contract):
    """A case (办件) as others need to know it.

    `standing`: where its licence stood when the bureau's latest act was recorded. A suspension ends by itself after
    `suspended_until`; the decision stays as it was decided whatever is done to the licence afterwards (R-HND-3).
    """

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
    standing: LicenceStanding = LicenceStanding.UNDECIDED
    suspended_until: Day | None = None


class StageBody(Body):
    """What every act of the bureau tells: the case as it now is."""

    TYPE: ClassVar[str] = ""
    case: Case


class CaseAccepted(StageBody):
    """The bureau accepted a case (`case.accepted`, R-HND-1)."""

    TYPE: ClassVar[str] = "case.accepted.v1"


class CaseDecided(StageBody):
    """The bureau decided a case (`case.decided`, R-HND-2)."""

    TYPE: ClassVar[str] = "case.decided.v1"


class LaterActBody(StageBody):
    """What every later act tells: the case as it now is, and the act (R-HND-3)."""

    TYPE: ClassVar[str] = ""
    act: LaterAct


class CaseAmended(LaterActBody):
    """The licence was amended (变更) (`case.amended`)."""

    TYPE: ClassVar[str] = "case.amended.v1"


class CaseRenewed(LaterActBody):
    """The licence was renewed (延续) (`case.renewed`)."""

    TYPE: ClassVar[str] = "case.renewed.v1"


class LicenceSuspended(LaterActBody):
    """The licence was taken for a time (暂扣) (`licence.suspended`)."""

    TYPE: ClassVar[str] = "licence.suspended.v1"


class LicenceRescinded(LaterActBody):
    """The grant was rescinded, since it was unlawful (撤销) (`licence.rescinded`)."""

    TYPE: ClassVar[str] = "licence.rescinded.v1"


class LicenceWithdrawn(LaterActBody):
    """The grant was withdrawn, since law or facts changed (撤回) (`licence.withdrawn`)."""

    TYPE: ClassVar[str] = "licence.withdrawn.v1"


class LicenceCancelled(LaterActBody):
    """The licence was struck off the register (注销) (`licence.cancelled`)."""

    TYPE: ClassVar[str] = "licence.cancelled.v1"


LATER_ACTS: Mapping[Stage, type[LaterActBody]] = {
    Stage.AMENDMENT: CaseAmended,
    Stage.RENEWAL: CaseRenewed,
    Stage.SUSPENSION: LicenceSuspended,
    Stage.RESCISSION: LicenceRescinded,
    Stage.WITHDRAWAL: LicenceWithdrawn,
    Stage.CANCELLATION: LicenceCancelled,
}
"""The later acts, each told by an event of its own: they are different legal acts and never merged (R-HND-3)."""

STAGE_EVENTS: tuple[type[StageBody], ...] = (CaseAccepted, CaseDecided, *LATER_ACTS.values())
"""Every event that tells what a case now is."""


class ClockStopped(Body):
    """A case's clock was stopped (`case.clock_stopped`, R-HND-14)."""

    TYPE: ClassVar[str] = "case.clock_stopped.v1"
    case_id: Identifier
    stop: Stop


class ClockResumed(Body):
    """A case's clock runs again (`case.clock_resumed`, R-HND-14)."""

    TYPE: ClassVar[str] = "case.clock_resumed.v1"
    case_id: Identifier
    stop: Stop


class ClockExtended(Body):
    """The statutory limit of a case was extended, once (`case.clock_extended`, art. 42)."""

    TYPE: ClassVar[str] = "case.clock_extended.v1"
    case_id: Identifier
    extension: Extension
