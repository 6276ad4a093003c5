"""Liaisons over HTTP: who was it on which day, and who takes over (R-ORG-2)."""

from services.registry import wiring
from services.registry.logic import liaison_work
from services.registry.logic import liaisons as logic
from services.registry.schemas.liaisons import (
    HandOverAnswer,
    HandOverRequest,
    LiaisonsAnswer,
    LiaisonsQuery,
    LiaisonTermPage,
)
from shared.contracts.departments import LiaisonWork
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/departments/{department_id}/liaisons",
    summary="Show who was liaison on a day",
    action=Action.DEPARTMENT_READ,
    query=LiaisonsQuery,
    response=LiaisonsAnswer,
    refusals=("not_found",),
)
def show_liaisons(call: Call[Nothing, LiaisonsQuery]) -> LiaisonsAnswer:
    """The liaisons on a day in Asia/Shanghai, today if none is named, with their terms (R-ORG-2)."""
    return logic.liaisons_on(wiring.departments(), call.context, call.path["department_id"], call.query.on)


@api.endpoint(
    "GET",
    "/v1/departments/{department_id}/liaisons/history",
    summary="List the terms of a department's liaisons",
    action=Action.DEPARTMENT_READ,
    query=PageQuery,
    response=LiaisonTermPage,
    refusals=("not_found", "cursor_invalid"),
)
def list_liaison_terms(call: Call[Nothing, PageQuery]) -> LiaisonTermPage:
    """Every term, latest first: who, since when, until when, handed to whom and why (R-ORG-2)."""
    department_id = call.path["department_id"]
    scope = f"liaisons#{department_id}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_terms(wiring.departments(), department_id, call.query.limit, position)
    return LiaisonTermPage(terms=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "POST",
    "/v1/departments/{department_id}/liaisons/hand-over",
    summary="Hand a liaison's work over to another",
    action=Action.DEPARTMENT_WRITE,
    body=HandOverRequest,
    response=HandOverAnswer,
    once=True,
    edits=True,
    refusals=("not_found", "wrong_state"),
)
def hand_over_liaison(call: Call[HandOverRequest, Nothing]) -> Reply:
    """The giver's term ends and the taker's begins at once; the items that name the giver follow (R-ORG-2)."""
    answer = logic.hand_over_liaison(
        wiring.departments(), call.context, call.path["department_id"], call.version, call.body
    )
    return Reply(answer, version=answer.department.version)


@api.endpoint(
    "GET",
    "/v1/departments/{department_id}/liaisons/hand-overs/{hand_id}",
    summary="Show how far a liaison's work has passed",
    action=Action.DEPARTMENT_READ,
    response=LiaisonWork,
    refusals=("not_found",),
)
def show_liaison_work(call: Call[Nothing, Nothing]) -> LiaisonWork:
    """How many items were looked at and passed to the taker, and whether that is all of them."""
    return liaison_work.show_work(
        wiring.liaison_work(), wiring.departments(), call.path["department_id"], call.path["hand_id"]
    )
