"""Public notices as they are opened and shown, and what is said against them (R-HND-11)."""

from datetime import date

from pydantic import ConfigDict

from services.handover.domain.public_notices import Objection
from shared.contracts.model import Contract, Day, Identifier, Instant, LongText, Phone, ShortText
from shared.contracts.public_notices import PublicNoticeOutcome, PublicNoticeState
from shared.http.pages import PageQuery

_LAST_DAY = date(2026, 3, 13).isoformat()


class PublicNoticeRequest(Contract):
    """What to show the public and until which day; the text must hold no personal data, which is the bureau's duty."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "食品经营许可公示", "text": "示例面馆申请食品经营许可,现予公示。", "until": _LAST_DAY}
            ]
        }
    )

    title: ShortText
    text: LongText
    until: Day


class NoticeWithdrawalRequest(Contract):
    """Why a public notice is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "公示内容有误,更正后重新公示"}]})

    reason: ShortText


class DepartmentObjectionRequest(Contract):
    """What a department says against a case that is shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "该址位于饮用水水源保护区内"}]})

    text: LongText


class PublicObjectionRequest(Contract):
    """What somebody says against a case that is shown; name and phone only for whoever wants to be answered."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "该店排烟口正对居民窗户", "name": "己某", "phone": "0999-5550101"}]}
    )

    text: LongText
    name: ShortText | None = None
    phone: Phone | None = None


class ObjectionAnswer(Contract):
    """That an objection was taken, under which id it can be cited, and what it is against."""

    objection_id: Identifier
    notice_id: Identifier
    at: Instant


class ShownNotice(Contract):
    """A public notice as anybody sees it: nothing of the case but what its bureau wrote.

    `objections_at_least`: there are more objections than the number says, which is as far as they were counted.
    """

    notice_id: Identifier
    bureau: Identifier
    item_name: ShortText | None
    title: ShortText
    text: LongText
    from_day: Day
    until_day: Day
    ends_at: Instant
    state: PublicNoticeState
    outcome: PublicNoticeOutcome | None
    objections: int | None
    objections_at_least: bool
    ended_reason: ShortText | None


class ShownPage(Contract):
    """One page of the open notices, newest first."""

    notices: tuple[ShownNotice, ...]
    next: str | None


class NoticeQuery(PageQuery):
    """A page of the notices that are open."""


class ObjectionQuery(PageQuery):
    """A page of what was said against one notice."""


class ObjectionPage(Contract):
    """One page of what was said against a notice, oldest first."""

    objections: tuple[Objection, ...]
    next: str | None
