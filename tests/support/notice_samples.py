"""A notice of changed law as the registry tells of it, with values a test may change one by one."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.notices import Notice, NoticeKind, NoticeState
from shared.kernel.ids import new_id
from tests.support.push_builders import MARKET, NOON

BUREAU = "dept_01KAPPROVALBUREAU0000000"
NOTED_BY = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
"""Wednesday 4 March 2026, 24:00 in Beijing: two working days after NOON."""
ANSWER_BY = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)
"""Ten working days after NOON."""


def a_notice(**changes: Any) -> Notice:
    """A notice sent at NOON with the usual limits."""
    given: dict[str, Any] = {
        "notice_id": new_id("ntc"),
        "version": 1,
        "sender": MARKET,
        "bureau": BUREAU,
        "kind": NoticeKind.LAW,
        "title": "《食品经营许可和备案管理办法》修订",
        "document_number": "国家市场监督管理总局令第78号",
        "effective_on": None,
        "summary": "仅销售预包装食品的,由许可改为备案。",
        "items": ("000131016000",),
        "state": NoticeState.SENT,
        "sent_at": NOON,
        "acknowledge_by": NOTED_BY,
        "answer_by": ANSWER_BY,
        "provisional": False,
    }
    return Notice.model_validate(given | changes)
