"""Notices of changed law, policy or standards over HTTP."""

from services.registry import wiring
from services.registry.logic import notices as logic
from services.registry.schemas.notices import NoticeAnswerRequest, NoticePage, NoticeQuery, NoticeRequest
from shared.contracts.notices import Notice
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/notices",
    summary="Send a notice of changed law",
    action=Action.NOTICE_SEND,
    body=NoticeRequest,
    response=Notice,
    status=201,
    once=True,
    refusals=("not_your_department",),
)
def send_notice(call: Call[NoticeRequest, Nothing]) -> Notice:
    """The supervisor of items tells their bureau what changed; the items stay flagged until it answers (R-REG-7)."""
    return logic.send_notice(wiring.notices(), call.context, call.body)


@api.endpoint(
    "GET",
    "/v1/notices",
    summary="List the notices of a department",
    action=Action.NOTICE_READ,
    query=NoticeQuery,
    response=NoticePage,
    refusals=("not_your_department", "cursor_invalid"),
)
def list_notices(call: Call[Nothing, NoticeQuery]) -> NoticePage:
    """What the own department sent or received, newest first; oversight names the department (R-REG-7)."""
    asked = call.query
    scope = f"notices#{asked.role}#{asked.department or call.principal.department}#{asked.state}"
    position = position_of(asked, scope, wiring.cursor_key)
    found, following = logic.list_notices(wiring.notices(), call.principal, asked, position)
    return NoticePage(notices=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/notices/{notice_id}",
    summary="Show a notice",
    action=Action.NOTICE_READ,
    response=Notice,
    refusals=("not_found", "not_your_department"),
)
def show_notice(call: Call[Nothing, Nothing]) -> Notice:
    """A notice as it stands, for its two sides and for oversight (R-REG-7)."""
    return logic.show_notice(wiring.notices(), call.principal, call.path["notice_id"])


@api.endpoint(
    "POST",
    "/v1/notices/{notice_id}/acknowledge",
    summary="Take note of a notice",
    action=Action.NOTICE_ANSWER,
    response=Notice,
    once=True,
    refusals=("not_found", "not_your_department", "wrong_state"),
)
def acknowledge_notice(call: Call[Nothing, Nothing]) -> Notice:
    """The bureau has read it; the answer is still owed (R-REG-7)."""
    return logic.acknowledge_notice(wiring.notices(), call.context, call.path["notice_id"])


@api.endpoint(
    "POST",
    "/v1/notices/{notice_id}/answer",
    summary="Answer a notice",
    action=Action.NOTICE_ANSWER,
    body=NoticeAnswerRequest,
    response=Notice,
    once=True,
    refusals=("not_found", "not_your_department", "wrong_state"),
)
def answer_notice(call: Call[NoticeAnswerRequest, Nothing]) -> Notice:
    """The list was revised, by which versions, or need not be, and why; the flags on the items go (R-REG-7)."""
    return logic.answer_notice(wiring.notices(), call.context, call.path["notice_id"], call.body)
