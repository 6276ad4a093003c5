"""Handover over HTTP: each view makes one logic call."""

from services.handover import logic, wiring
from services.handover.schemas import (
    AcceptanceRequest,
    CaseView,
    DecisionRequest,
    InboxPage,
    InboxQuery,
    PushView,
    Receipt,
    ResponsibilityAnswer,
    ResponsibilityQuery,
    Route,
    Timeline,
    UnroutedPage,
    UnroutedQuery,
)
from shared.contracts.handover import Push
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/acceptances",
    summary="Push an accepted case (受理推送)",
    action=Action.CASE_PUSH,
    body=AcceptanceRequest,
    response=Receipt,
    status=201,
    once=True,
    refusals=("case_conflict", "not_your_department"),
)
def push_acceptance(call: Call[AcceptanceRequest, Nothing]) -> Receipt:
    """Record an accepted case and push it to every department its item names (R-HND-1)."""
    return logic.push_acceptance(wiring.store(), call.context, call.body)


@api.endpoint(
    "POST",
    "/v1/decisions",
    summary="Push a decision (办结推送)",
    action=Action.CASE_PUSH,
    body=DecisionRequest,
    response=Receipt,
    status=201,
    once=True,
    refusals=("case_conflict", "not_your_department"),
)
def push_decision(call: Call[DecisionRequest, Nothing]) -> Receipt:
    """Record a decision and push the result in the same act (R-HND-2)."""
    return logic.push_decision(wiring.store(), call.context, call.body)


@api.endpoint(
    "GET",
    "/v1/routes/{item_code}",
    summary="Where a push would go (推送去向)",
    action=Action.ITEM_READ,
    response=Route,
    refusals=("not_found",),
)
def preview_route(call: Call[Nothing, Nothing]) -> Route:
    """The departments a push of this item would reach now, and how they would have to claim it (R-REG-1)."""
    return logic.preview_route(wiring.store(), call.context, call.path["item_code"])


@api.endpoint(
    "GET",
    "/v1/inbox",
    summary="My department's pushes (收件箱)",
    action=Action.INBOX_READ,
    query=InboxQuery,
    response=InboxPage,
    refusals=("cursor_invalid", "not_your_department"),
)
def inbox(call: Call[Nothing, InboxQuery]) -> InboxPage:
    """A page of my department's pushes, newest first: those still to be claimed, or those claimed (R-HND-16)."""
    scope = f"inbox {call.principal.department} {call.query.claimed}"
    pushes, following = logic.inbox(
        wiring.store(),
        call.context,
        claimed=call.query.claimed,
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return InboxPage(pushes=tuple(pushes), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/pushes/{push_id}",
    summary="Open a push (查看推送)",
    action=Action.PUSH_VIEW,
    response=PushView,
    personal=True,
    refusals=("not_found", "not_your_department"),
)
def view_push(call: Call[Nothing, Nothing]) -> PushView:
    """A push and the case it carries; the first time a department opens it is recorded (R-HND-4)."""
    return logic.view_push(wiring.store(), call.context, call.path["push_id"])


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/claim",
    summary="Claim a push (认领)",
    action=Action.PUSH_CLAIM,
    response=Push,
    once=True,
    refusals=("not_found", "not_your_department", "already_claimed", "wrong_state"),
)
def claim_push(call: Call[Nothing, Nothing]) -> Push:
    """Claim a push: exactly one claim wins; the others are told who claimed and when (R-HND-6)."""
    return logic.claim_push(wiring.store(), call.context, call.path["push_id"])


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}",
    summary="Read a case (办件)",
    action=Action.CASE_READ,
    response=CaseView,
    personal=True,
    refusals=("not_found", "not_your_department"),
)
def view_case(call: Call[Nothing, Nothing]) -> CaseView:
    """A case and its pushes, for its bureau, the departments it was pushed to, and oversight."""
    return logic.view_case(wiring.store(), call.context, call.path["case_id"])


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}/timeline",
    summary="The case's chain of events (时间线)",
    action=Action.CASE_READ,
    response=Timeline,
    personal=True,
    refusals=("not_found", "not_your_department"),
)
def timeline(call: Call[Nothing, Nothing]) -> Timeline:
    """Every event with its hash, nonce and payload, and whether the chain is intact (R-AUD-2, R-AUD-5)."""
    return logic.timeline(wiring.store(), call.context, call.path["case_id"])


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}/responsibility",
    summary="Who is answerable, at an instant (责任)",
    action=Action.CASE_READ,
    query=ResponsibilityQuery,
    response=ResponsibilityAnswer,
    refusals=("not_found", "not_your_department"),
)
def responsibility(call: Call[Nothing, ResponsibilityQuery]) -> ResponsibilityAnswer:
    """Who is answerable, for what, since when, under which rule, proven by which events (R-HND-7)."""
    return logic.responsibility(wiring.store(), call.context, call.path["case_id"], call.query)


@api.endpoint(
    "GET",
    "/v1/unrouted",
    summary="What could not be routed (待人工分派)",
    action=Action.UNROUTABLE_READ,
    query=UnroutedQuery,
    response=UnroutedPage,
    refusals=("cursor_invalid", "not_your_department"),
)
def unrouted(call: Call[Nothing, UnroutedQuery]) -> UnroutedPage:
    """Stages that could not be carried to a department and wait for the bureau's coordinator (R-HND-15)."""
    scope = f"unrouted {call.query.bureau or call.principal.department}"
    waiting, following = logic.unrouted(
        wiring.store(),
        call.context,
        call.query.bureau,
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return UnroutedPage(unrouted=tuple(waiting), next=cursor_for(following, scope, wiring.cursor_key))
