"""What could not be routed, over HTTP: the coordinator's queue and their decision (R-HND-15)."""

from services.handover import wiring
from services.handover.logic import unrouted as logic
from services.handover.schemas.unrouted import RoutedAnswer, RouteRequest, UnroutedPage, UnroutedQuery
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


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
        wiring.office(),
        call.context,
        call.query.bureau,
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return UnroutedPage(unrouted=tuple(waiting), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "POST",
    "/v1/unrouted/{unrouted_id}/route",
    summary="Route a part by hand (人工分派)",
    action=Action.UNROUTABLE_ROUTE,
    body=RouteRequest,
    response=RoutedAnswer,
    once=True,
    refusals=("not_found", "not_your_department", "wrong_state"),
)
def route(call: Call[RouteRequest, Nothing]) -> RoutedAnswer:
    """Send a part that waits in my bureau's queue to departments that can take it, with the reason (R-HND-15)."""
    return logic.route_by_hand(wiring.office(), call.context, call.path["unrouted_id"], call.body)
