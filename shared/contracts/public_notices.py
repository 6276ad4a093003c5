"""Public notices (公示): what a bureau shows the public before it decides, and what is said against it (R-HND-11).

What the public writes is personal: it stays in handover's table. Events tell that something was said, and its hash.
"""

from enum import StrEnum
from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Contract, Day, Identifier, Instant, LongText, Sha256, ShortText


class PublicNoticeState(StrEnum):
    """Where a public notice stands; between `ended` and `closed` what was said is counted."""

    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class PublicNoticeOutcome(StrEnum):
    """What came of it; silence at the end is recorded as no objection (W 19)."""

    NO_OBJECTION = "no_objection"  # 无异议
    OBJECTIONS = "objections"


class PublicNotice(Contract):
    """A public notice of one case: the day it was opened, and the last day on which anybody may object.

    `ends_at` is the midnight after that day. `objections` is known once it is closed; `objections_at_least` says that
    there are more than were counted.
    """

    notice_id: Identifier
    case_id: Identifier
    case_number: ShortText
    item_name: ShortText | None
    bureau: Identifier
    title: ShortText
    text: LongText
    from_day: Day
    until_day: Day
    opened_at: Instant
    ends_at: Instant
    state: PublicNoticeState = PublicNoticeState.OPEN
    ended_at: Instant | None = None
    ended_reason: ShortText | None = None
    outcome: PublicNoticeOutcome | None = None
    objections: int | None = None
    objections_at_least: bool = False
    closed_at: Instant | None = None


class PublicNoticeBody(Body):
    """What every event of a public notice tells: the notice as it now is."""

    TYPE: ClassVar[str] = ""
    notice: PublicNotice


class PublicNoticeOpened(PublicNoticeBody):
    """A bureau put a case before the public (`publicity.opened`)."""

    TYPE: ClassVar[str] = "publicity.opened.v1"


class PublicNoticeEnded(PublicNoticeBody):
    """Its last day is over: nothing more may be said (`publicity.ended`)."""

    TYPE: ClassVar[str] = "publicity.ended.v1"


class PublicNoticeClosed(PublicNoticeBody):
    """What was said is counted; if nothing was, that is recorded as no objection (`publicity.closed`, W 19)."""

    TYPE: ClassVar[str] = "publicity.closed.v1"


class PublicNoticeWithdrawn(PublicNoticeBody):
    """The bureau took it back before its end (`publicity.withdrawn`)."""

    TYPE: ClassVar[str] = "publicity.withdrawn.v1"


PUBLIC_NOTICE_EVENTS: tuple[type[PublicNoticeBody], ...] = (
    PublicNoticeOpened,
    PublicNoticeEnded,
    PublicNoticeClosed,
    PublicNoticeWithdrawn,
)
"""Every event that tells where a public notice stands."""


class ObjectionFiled(Body):
    """Somebody objected (`publicity.objected`); `department` is None for the public, whose words are kept back.

    `content_hash` is the SHA-256 of the canonical JSON of what was said and by whom, for whoever may read it to check.
    """

    TYPE: ClassVar[str] = "publicity.objected.v1"
    objection_id: Identifier
    notice_id: Identifier
    case_id: Identifier
    bureau: Identifier
    department: Identifier | None
    content_hash: Sha256
