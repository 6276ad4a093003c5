"""Public notices over HTTP: the bureau's and the departments' side, and the public's, without a login (R-HND-11)."""

from services.handover import wiring
from services.handover.logic import public_notices as logic
from services.handover.schemas.public_notices import (
    DepartmentObjectionRequest,
    NoticeQuery,
    NoticeWithdrawalRequest,
    ObjectionAnswer,
    ObjectionPage,
    ObjectionQuery,
    PublicNoticeRequest,
    PublicObjectionRequest,
    ShownNotice,
    ShownPage,
)
from shared.contracts.public_notices import PublicNotice
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)

_OWN = ("not_found", "not_your_department")


@api.endpoint(
    "POST",
    "/v1/cases/{case_id}/public-notices",
    summary="Put a case before the public (发起公示)",
    action=Action.PUBLIC_NOTICE_WRITE,
    body=PublicNoticeRequest,
    response=PublicNotice,
    status=201,
    once=True,
    refusals=(*_OWN, "wrong_state"),
)
def open_notice(call: Call[PublicNoticeRequest, Nothing]) -> PublicNotice:
    """Open a public notice period; anybody may object until its last day is over (R-HND-11)."""
    shortest = wiring.settings().public_notice_days
    return logic.open_notice(wiring.office(), call.context, call.path["case_id"], call.body, shortest)


@api.endpoint(
    "POST",
    "/v1/public-notices/{notice_id}/withdraw",
    summary="Take a public notice back (撤回公示)",
    action=Action.PUBLIC_NOTICE_WRITE,
    body=NoticeWithdrawalRequest,
    response=PublicNotice,
    once=True,
    refusals=(*_OWN, "wrong_state"),
)
def withdraw_notice(call: Call[NoticeWithdrawalRequest, Nothing]) -> PublicNotice:
    """End a public notice before its time, with the reason that the public sees (R-HND-11)."""
    return logic.withdraw_notice(wiring.office(), call.context, call.path["notice_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/public-notices/{notice_id}/objections",
    summary="Object as a department (部门提出异议)",
    action=Action.PUBLIC_NOTICE_OBJECT,
    body=DepartmentObjectionRequest,
    response=ObjectionAnswer,
    status=201,
    once=True,
    refusals=("not_found", "wrong_state"),
)
def object_as_department(call: Call[DepartmentObjectionRequest, Nothing]) -> ObjectionAnswer:
    """What a department says against a case that is shown (R-HND-11)."""
    said = PublicObjectionRequest(text=call.body.text)
    return logic.object_to(wiring.public_notices(), call.context, call.path["notice_id"], said)


@api.endpoint(
    "GET",
    "/v1/public-notices/{notice_id}/objections",
    summary="What was said against a notice (异议清单)",
    action=Action.PUBLIC_NOTICE_READ,
    query=ObjectionQuery,
    response=ObjectionPage,
    personal=True,
    refusals=(*_OWN, "cursor_invalid"),
)
def list_objections(call: Call[Nothing, ObjectionQuery]) -> ObjectionPage:
    """Every objection with whoever gave a name, for its bureau and oversight (R-HND-11, R-AUD-1)."""
    scope = f"objections {call.path['notice_id']}"
    found, following = logic.objections(
        wiring.office(),
        wiring.public_notices(),
        call.principal,
        call.path["notice_id"],
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return ObjectionPage(objections=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/public/notices",
    summary="What is shown to the public now (公示中)",
    action=None,
    query=NoticeQuery,
    response=ShownPage,
    refusals=("cursor_invalid",),
)
def shown_notices(call: Call[Nothing, NoticeQuery]) -> ShownPage:
    """The notices that are open, newest first; no login (R-HND-11)."""
    scope = "public notices"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = wiring.public_notices().shown(
        limit=call.query.limit, before=position["before"] if position else None
    )
    further = {"before": following} if following else None
    return ShownPage(notices=tuple(map(logic.shown, found)), next=cursor_for(further, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/public/notices/{notice_id}",
    summary="One public notice (公示内容)",
    action=None,
    response=ShownNotice,
    refusals=("not_found",),
)
def shown_notice(call: Call[Nothing, Nothing]) -> ShownNotice:
    """A notice and, once it is closed, what came of it; no login (R-HND-11)."""
    return logic.shown(logic.find_notice(wiring.public_notices(), call.path["notice_id"]))


@api.endpoint(
    "POST",
    "/v1/public/notices/{notice_id}/objections",
    summary="Object as anybody (公众提出异议)",
    action=None,
    body=PublicObjectionRequest,
    response=ObjectionAnswer,
    status=201,
    once=True,
    refusals=("not_found", "wrong_state"),
)
def object_as_anybody(call: Call[PublicObjectionRequest, Nothing]) -> ObjectionAnswer:
    """What anybody says against a case that is shown; no login, and a name only for an answer (R-HND-11)."""
    return logic.object_to(wiring.public_notices(), call.context, call.path["notice_id"], call.body)
