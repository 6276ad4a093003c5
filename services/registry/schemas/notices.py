"""What the endpoints for notices take and give."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.registry.domain.notices import NoticeSide
from shared.contracts.model import Code, Contract, Day, Identifier, LongText, ShortText
from shared.contracts.notices import MOST_ITEMS, Notice, NoticeKind, NoticeOutcome, NoticeState, RevisedItem
from shared.contracts.vocabulary import TimeLimit
from shared.http.pages import PageQuery

_NOTICE: dict[str, Any] = {
    "kind": "law",
    "title": "《食品经营许可和备案管理办法》修订",
    "document_number": "国家市场监督管理总局令第78号",
    "effective_on": "2026-12-01",
    "summary": "仅销售预包装食品的,由许可改为备案;请相应修订审批条件与时限。",
    "items": ["000131016000"],
    "answer_within": {"amount": 10},
}

_ANSWER: dict[str, Any] = {
    "outcome": "list_revised",
    "reason": "已按新办法修订受理条件,自 12 月 1 日起施行。",
    "revisions": [{"code": "000131016000", "version": 3}],
}


class NoticeRequest(Contract):
    """What changed, and which items it touches (R-REG-7); by default 2 working days to take note and 10 to answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NOTICE]})

    kind: NoticeKind
    title: ShortText
    document_number: ShortText | None = None
    effective_on: Day | None = None
    summary: LongText
    items: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    acknowledge_within: TimeLimit | None = None
    answer_within: TimeLimit | None = None


class NoticeAnswerRequest(Contract):
    """Whether the list was revised, by which versions, and why or why not (R-REG-7)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ANSWER]})

    outcome: NoticeOutcome
    reason: LongText
    revisions: Annotated[tuple[RevisedItem, ...], Field(max_length=MOST_ITEMS)] = ()


class NoticeQuery(PageQuery):
    """Notices a department sent or received; one's own department's, if none is named."""

    department: Identifier | None = None
    role: NoticeSide = NoticeSide.RECEIVED
    state: NoticeState | None = None


class NoticePage(Contract):
    """Some notices, newest first, and the cursor of the next page (null at the end)."""

    notices: tuple[Notice, ...]
    next: str | None
