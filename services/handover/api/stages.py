"""The bureau's acts over HTTP (R-HND-1 to R-HND-3)."""

from services.handover import wiring
from services.handover.logic import stages as logic
from services.handover.schemas.cases import Route
from services.handover.schemas.stages import AcceptanceRequest, DecisionRequest, StageAnswer
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/acceptances",
    summary="Push an accepted case (受理推送)",
    action=Action.CASE_PUSH,
    body=AcceptanceRequest,
    response=StageAnswer,
    status=201,
    once=True,
    refusals=("case_conflict", "not_your_department"),
)
def push_acceptance(call: Call[AcceptanceRequest, Nothing]) -> StageAnswer:
    """Record an accepted case and push it to every department its item names (R-HND-1)."""
    return logic.push_acceptance(wiring.office(), call.context, call.body)


@api.endpoint(
    "POST",
    "/v1/decisions",
    summary="Push a decision (办结推送)",
    action=Action.CASE_PUSH,
    body=DecisionRequest,
    response=StageAnswer,
    status=201,
    once=True,
    refusals=("case_conflict", "not_your_department"),
)
def push_decision(call: Call[DecisionRequest, Nothing]) -> StageAnswer:
    """Record a decision and push the result in the same act (R-HND-2)."""
    return logic.push_decision(wiring.office(), call.context, call.body)


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
    return logic.preview_route(wiring.directory(), call.context, call.path["item_code"])
