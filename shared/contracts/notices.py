"""Notices of changed law, policy or standards (法律法规政策标准变动), and what became of them (R-REG-7)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.event import Body
from shared.contracts.model import Code, Contract, Day, Identifier, Instant, LongText, ShortText

MOST_ITEMS = 50
"""Each item a notice names is flagged in the transaction that sends it; a transaction holds 100 writes."""


class NoticeKind(StrEnum):
    """What changed."""

    LAW = "law"  # 法律法规规章
    POLICY = "policy"  # 政策
    STANDARD = "standard"  # 标准、规范


class NoticeState(StrEnum):
    """Where a notice stands; being overdue is a recorded fact beside it."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


class NoticeOutcome(StrEnum):
    """What the bureau answered."""

    LIST_REVISED = "list_revised"
    NO_REVISION_NEEDED = "no_revision_needed"


class Overdue(StrEnum):
    """What a bureau owes and has not given in time."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"


class RevisedItem(Contract):
    """A version of an item by which the bureau revised the list."""

    code: Code
    version: Annotated[int, Field(ge=1, le=999_999)]


class Notice(Contract):
    """One notice from a supervision department to one approval bureau, with what came of it."""

    notice_id: Identifier
    version: int
    sender: Identifier
    bureau: Identifier
    kind: NoticeKind
    title: ShortText
    document_number: ShortText | None
    effective_on: Day | None
    summary: LongText
    items: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    state: NoticeState
    sent_at: Instant
    acknowledge_by: Instant
    answer_by: Instant
    provisional: bool
    """A limit rests on days whose official calendar may still change (R-HND-14)."""
    acknowledged_at: Instant | None = None
    answered_at: Instant | None = None
    outcome: NoticeOutcome | None = None
    reason: LongText | None = None
    revisions: Annotated[tuple[RevisedItem, ...], Field(max_length=MOST_ITEMS)] = ()
    overdue: tuple[Overdue, ...] = ()
    """What was not given in time; it stays when it is given late."""


class NoticeSent(Body):
    """A supervision department told the bureau of a change (`notice.sent`)."""

    TYPE: ClassVar[str] = "notice.sent.v1"
    notice: Notice


class NoticeAcknowledged(Body):
    """The bureau took note (`notice.acknowledged`)."""

    TYPE: ClassVar[str] = "notice.acknowledged.v1"
    notice: Notice


class NoticeAnswered(Body):
    """The bureau revised the list, or said why not; who answers has taken note (`notice.answered`)."""

    TYPE: ClassVar[str] = "notice.answered.v1"
    notice: Notice


class NoticeOverdue(Body):
    """A limit passed without what was owed (`notice.overdue`)."""

    TYPE: ClassVar[str] = "notice.overdue.v1"
    notice: Notice
    owed: Overdue
