"""The bureau's acts over HTTP (R-HND-1 to R-HND-3)."""

from services.handover import wiring
from services.handover.logic import stages as logic
from services.handover.schemas.cases import Route
from services.handover.schemas.stages import AcceptanceRequest, DecisionRequest, LaterActRequest, StageAnswer
from shared.http.call import REPLAYED
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
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
    refusals=("case_conflict", "log_not_sealing", "not_your_department"),
)
def push_acceptance(call: Call[AcceptanceRequest, Nothing]) -> Reply:
    """Record an accepted case and push it to every department its item names (R-HND-1)."""
    return _reply(logic.push_acceptance(wiring.office(), call.context, call.body))


@api.endpoint(
    "POST",
    "/v1/decisions",
    summary="Push a decision (办结推送)",
    action=Action.CASE_PUSH,
    body=DecisionRequest,
    response=StageAnswer,
    status=201,
    once=True,
    refusals=("case_conflict", "log_not_sealing", "not_your_department"),
)
def push_decision(call: Call[DecisionRequest, Nothing]) -> Reply:
    """Record a decision and push the result in the same act (R-HND-2)."""
    return _reply(logic.push_decision(wiring.office(), call.context, call.body))


@api.endpoint(
    "POST",
    "/v1/later-acts",
    summary="Push what was done to a licence (后续决定推送)",
    action=Action.CASE_PUSH,
    body=LaterActRequest,
    response=StageAnswer,
    status=201,
    once=True,
    refusals=("case_conflict", "log_not_sealing", "not_your_department", "wrong_state"),
)
def push_later_act(call: Call[LaterActRequest, Nothing]) -> Reply:
    """Record an amendment, renewal, suspension, rescission, withdrawal or cancellation, and push it (R-HND-3)."""
    return _reply(logic.push_later_act(wiring.office(), call.context, call.body))


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


def _reply(recorded: logic.Recorded) -> Reply:
    return Reply(recorded.answer, headers=REPLAYED if recorded.again else {})
