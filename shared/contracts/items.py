"""Linkage items (审管联动事项) as others need to know them: each version whole, with what was done and why.

A consumer keeps every version it hears of; the one in force at an instant is the highest whose `effective_from` has
come. A version may be a suspension or a retirement: its `standing` says so (R-REG-4).
"""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.event import Body
from shared.contracts.model import Code, Contract, Day, Identifier, Instant, LongText, Phone, Sha256, ShortText
from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    Confidentiality,
    ConsultationAnswer,
    DivisionCode,
    DocumentKind,
    FeedbackKind,
    ItemStanding,
    Level,
    OnOverdue,
    Procedure,
    PushStage,
    SharingFrequency,
    SharingScope,
    SupervisorPart,
    TimeLimit,
)

MOST_SUPERVISORS = 12
"""A version that replaces every supervisor writes up to five rows for each; a transaction holds 100."""
MOST_DOCUMENTS = 10


class Supervisor(Contract):
    """One supervision department of an item and the people there (R-REG-1)."""

    department: Identifier
    part: SupervisorPart
    supervision_item: ShortText
    section: ShortText
    person: ShortText
    contact: Phone


class ClaimRule(Contract):
    """How a push of the item is claimed, how fast, and what happens past the limit (R-HND-5)."""

    mode: ClaimMode = ClaimMode.CONFIRM
    limit: TimeLimit = TimeLimit(amount=2)
    on_overdue: OnOverdue = OnOverdue.ESCALATE


class FeedbackLimit(Contract):
    """How fast one kind of feedback on the item is owed (R-REG-2, R-FBK)."""

    kind: FeedbackKind
    limit: TimeLimit


class Sharing(Contract):
    """Who may see the item and what is shared under it, how often, and how confidential it is (R-REG-2, Y 8)."""

    scope: SharingScope = SharingScope.PUBLIC
    frequency: SharingFrequency = SharingFrequency.AT_ONCE
    confidentiality: Confidentiality = Confidentiality.OPEN


class DutyDocument(Contract):
    """A document that draws the line between approving and supervising (R-REG-3); stored content is not told."""

    document_id: Identifier
    kind: DocumentKind
    name: ShortText
    number: ShortText
    issued_on: Day
    media_type: ShortText
    size: int
    sha256: Sha256


class ItemContent(Contract):
    """What an item says, whoever holds it and whichever version it is (R-REG-1, R-REG-2)."""

    code: Code
    name: ShortText
    item_type: Annotated[str, Field(pattern=r"^[0-9]{2}$")]
    level: Level
    division_code: DivisionCode
    legal_basis: LongText
    approval_department: Identifier
    approval_section: ShortText
    approval_person: ShortText
    approval_contact: Phone
    approval_mode: ApprovalMode = ApprovalMode.ORDINARY
    statutory_limit: TimeLimit
    committed_limit: TimeLimit
    push_stages: Annotated[tuple[PushStage, ...], Field(min_length=1, max_length=len(PushStage))]
    claim: ClaimRule = ClaimRule()
    feedback_limits: Annotated[tuple[FeedbackLimit, ...], Field(max_length=len(FeedbackKind))] = ()
    procedures: Annotated[tuple[Procedure, ...], Field(max_length=len(Procedure))] = ()
    sharing: Sharing = Sharing()
    supervisors: Annotated[tuple[Supervisor, ...], Field(min_length=1, max_length=MOST_SUPERVISORS)]


class Item(ItemContent):
    """One version of a linkage item."""

    item_id: Identifier
    version: int
    documents: tuple[DutyDocument, ...] = ()
    standing: ItemStanding = ItemStanding.PUBLISHED
    effective_from: Instant


class ItemDrafted(Body):
    """A draft of an item was written; not yet in force (`item.drafted`)."""

    TYPE: ClassVar[str] = "item.drafted.v1"
    item: Item
    ended_consultation: int | None = None
    """The number of the consultation about the draft before, which ended with it."""


class ItemConsultationOpened(Body):
    """The supervision departments named were asked about a draft (`item.consultation_opened`, R-REG-4)."""

    TYPE: ClassVar[str] = "item.consultation_opened.v1"
    item: Item
    number: int
    departments: tuple[Identifier, ...]
    due_at: Instant


class ItemConsultationAnswered(Body):
    """One of them confirmed or objected, or was silent past the limit (`item.consultation_answered`, R-REG-4)."""

    TYPE: ClassVar[str] = "item.consultation_answered.v1"
    item_id: Identifier
    code: Code
    number: int
    department: Identifier
    answer: ConsultationAnswer
    reason: LongText | None = None


class ItemVersionBody(Body):
    """What every event that makes a version says: the version whole, and why it was made."""

    TYPE: ClassVar[str] = ""
    item: Item
    reason: LongText | None = None
    consultation_waived: LongText | None = None
    """Why nobody was asked, where the rule asks for it."""
    objections_settled: LongText | None = None
    """How the objections were settled, where there were any."""


class ItemPublished(ItemVersionBody):
    """A version of an item was published (`item.published`, R-REG-4)."""

    TYPE: ClassVar[str] = "item.published.v1"


class ItemSuspended(ItemVersionBody):
    """An item was suspended (暂停) (`item.suspended`, R-REG-4)."""

    TYPE: ClassVar[str] = "item.suspended.v1"


class ItemReinstated(ItemVersionBody):
    """A suspended item is in use again (恢复) (`item.reinstated`, R-REG-4)."""

    TYPE: ClassVar[str] = "item.reinstated.v1"


class ItemRetired(ItemVersionBody):
    """An item was retired (废止) (`item.retired`, R-REG-4)."""

    TYPE: ClassVar[str] = "item.retired.v1"


VERSION_EVENTS: tuple[type[ItemVersionBody], ...] = (ItemPublished, ItemSuspended, ItemReinstated, ItemRetired)
"""Every event that makes a version of an item: who keeps items hears all of them."""
