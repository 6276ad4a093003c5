"""Returns, decisions on them, relays and withdrawals over HTTP (R-HND-4, R-HND-9)."""

from services.handover import wiring
from services.handover.logic import returns as logic
from services.handover.schemas.returns import (
    MoveAnswer,
    PushWithdrawalRequest,
    ReassignRequest,
    ReferralRequest,
    RelayRequest,
    ReturnRequest,
    UpholdRequest,
)
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)

_MOVING = ("not_found", "not_your_department", "wrong_state")
_PASSING_ON = (*_MOVING, "passed_on_too_often")


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/return",
    summary="Return a push (退回)",
    action=Action.PUSH_RETURN,
    body=ReturnRequest,
    response=MoveAnswer,
    once=True,
    refusals=_MOVING,
)
def return_push(call: Call[ReturnRequest, Nothing]) -> MoveAnswer:
    """A department says that a push is not its duty; who sent it decides within its limit (R-HND-4)."""
    return logic.return_push(wiring.office(), call.context, call.path["push_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/refer",
    summary="Refer a return to the joint conference (提请联席会议)",
    action=Action.PUSH_DECIDE,
    body=ReferralRequest,
    response=MoveAnswer,
    once=True,
    refusals=_MOVING,
)
def refer_return(call: Call[ReferralRequest, Nothing]) -> MoveAnswer:
    """The sender lets the joint conference decide on a return; its decision is then recorded with its document."""
    return logic.refer_return(wiring.office(), call.context, call.path["push_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/uphold",
    summary="Uphold a returned push (维持)",
    action=Action.PUSH_DECIDE,
    body=UpholdRequest,
    response=MoveAnswer,
    once=True,
    refusals=_MOVING,
)
def uphold_push(call: Call[UpholdRequest, Nothing]) -> MoveAnswer:
    """It stays with the department that returned it, whose claim limit runs anew (R-HND-4)."""
    return logic.uphold_push(wiring.office(), call.context, call.path["push_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/reassign",
    summary="Give a returned push to another department (重新指派)",
    action=Action.PUSH_DECIDE,
    body=ReassignRequest,
    response=MoveAnswer,
    once=True,
    refusals=_PASSING_ON,
)
def reassign_push(call: Call[ReassignRequest, Nothing]) -> MoveAnswer:
    """The returned push ends, and another one fills its place in the same act (R-HND-4)."""
    return logic.reassign_push(wiring.office(), call.context, call.path["push_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/relay",
    summary="Relay a push up or down the line (转送)",
    action=Action.PUSH_RELAY,
    body=RelayRequest,
    response=MoveAnswer,
    once=True,
    refusals=_PASSING_ON,
)
def relay_push(call: Call[RelayRequest, Nothing]) -> MoveAnswer:
    """A department passes a push on to its superior or to one below it, and is its sender from then on (R-HND-9)."""
    return logic.relay_push(wiring.office(), call.context, call.path["push_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/withdraw",
    summary="Take a push back (撤回推送)",
    action=Action.PUSH_WITHDRAW,
    body=PushWithdrawalRequest,
    response=MoveAnswer,
    once=True,
    refusals=_PASSING_ON,
)
def withdraw_push(call: Call[PushWithdrawalRequest, Nothing]) -> MoveAnswer:
    """The sender takes back what is not claimed; what was relayed comes back to who relayed it (R-HND-4, R-HND-9)."""
    return logic.withdraw_push(wiring.office(), call.context, call.path["push_id"], call.body)
