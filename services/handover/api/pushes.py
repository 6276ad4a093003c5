"""Pushes over HTTP: what a department does with them (R-HND-4 to R-HND-6, R-HND-12, R-HND-16)."""

from services.handover import wiring
from services.handover.logic import batch
from services.handover.logic import pushes as logic
from services.handover.schemas.pushes import (
    ClaimAnswer,
    ClaimsAnswer,
    ClaimsRequest,
    ClaimWithdrawalRequest,
    OfflineClaimRequest,
    PushView,
)
from shared.contracts.pushes import Push
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)

_OWN = ("not_found", "not_your_department")
_CLAIMING = (*_OWN, "already_claimed", "wrong_state")


@api.endpoint(
    "GET",
    "/v1/pushes/{push_id}",
    summary="Open a push (查看推送)",
    action=Action.PUSH_VIEW,
    response=PushView,
    personal=True,
    refusals=_OWN,
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
    refusals=_CLAIMING,
)
def claim_push(call: Call[Nothing, Nothing]) -> ClaimAnswer:
    """Claim a push: exactly one claim wins; the others are told who claimed and when (R-HND-6)."""
    return logic.claim_push(wiring.office(), call.context, call.path["push_id"])


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/offline-claim",
    summary="Record a claim made off-line (线下认领)",
    action=Action.PUSH_CLAIM_OFFLINE,
    body=OfflineClaimRequest,
    response=ClaimAnswer,
    once=True,
    refusals=_CLAIMING,
)
def claim_offline(call: Call[OfflineClaimRequest, Nothing]) -> ClaimAnswer:
    """A claim by letter, own system or joint conference; whether it was late, its document tells (R-HND-12)."""
    return logic.claim_offline(wiring.office(), call.context, call.path["push_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/pushes/{push_id}/withdraw-claim",
    summary="Take a claim back (撤回认领)",
    action=Action.PUSH_CLAIM,
    body=ClaimWithdrawalRequest,
    response=Push,
    once=True,
    refusals=(*_OWN, "wrong_state", "claim_withdrawal_late", "claim_withdrawals_spent"),
)
def withdraw_claim(call: Call[ClaimWithdrawalRequest, Nothing]) -> Push:
    """A claim can be taken back for one working day, with its reason; both entries stay (R-HND-4)."""
    return logic.withdraw_claim(wiring.office(), call.context, call.path["push_id"], call.body)


@api.endpoint(
    "POST",
    batch.ROUTE,
    summary="Claim many pushes (批量认领)",
    action=Action.PUSH_CLAIM,
    body=ClaimsRequest,
    response=ClaimsAnswer,
    once=True,
)
def claim_pushes(call: Call[ClaimsRequest, Nothing]) -> ClaimsAnswer:
    """Up to fifty pushes, each claimed on its own, with a result for every one of them (R-HND-16)."""
    return batch.claim_pushes(wiring.office(), wiring.journal(), call.context, call.body)
