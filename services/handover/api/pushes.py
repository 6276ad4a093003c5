"""Pushes over HTTP: what a department does with them (R-HND-4 to R-HND-6)."""

from services.handover import wiring
from services.handover.logic import pushes as logic
from services.handover.schemas.pushes import ClaimAnswer, PushView
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


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
    return logic.view_push(wiring.office(), call.context, call.path["push_id"])


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/claim",
    summary="Claim a push (认领)",
    action=Action.PUSH_CLAIM,
    response=ClaimAnswer,
    once=True,
    refusals=("not_found", "not_your_department", "already_claimed", "wrong_state"),
)
def claim_push(call: Call[Nothing, Nothing]) -> ClaimAnswer:
    """Claim a push: exactly one claim wins; the others are told who claimed and when (R-HND-6)."""
    return logic.claim_push(wiring.office(), call.context, call.path["push_id"])
