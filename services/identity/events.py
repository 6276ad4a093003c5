"""The gateway's authorizer: a function of its own that every request of every service passes."""

from typing import Any

from chalice.app import Blueprint

from services.identity import logic, wiring
from services.identity.domain.tokens import TokenRefused
from services.identity.schemas import AuthorizerRequest
from shared.contracts.change import Context
from shared.kernel.clock import utc_now
from shared.kernel.permissions import ANONYMOUS, Principal
from shared.observability import logger

events = Blueprint(__name__)


class UnauthorizedError(Exception):
    """API Gateway answers 401 to a function that fails with exactly this word, and 500 to any other failure."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@events.lambda_function(name="authorizer")
def authorizer(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Vouch for whoever shows a good token; record and refuse anybody else (R-AUD-1)."""
    request = AuthorizerRequest.model_validate(event)
    try:
        principal = logic.vouch(wiring.keys(), wiring.issuer(), request)
    except TokenRefused as refused:
        _record(request, refused)
        raise UnauthorizedError from None
    return _allow(request, principal)


def _record(request: AuthorizerRequest, refused: TokenRefused) -> None:
    context = Context(ANONYMOUS, utc_now(), request.requestContext.requestId)
    try:
        recorded = logic.record_refusal(wiring.store(), wiring.secrets(), context, request, refused)
    except Exception:  # noqa: BLE001 - a refusal must reach its caller even when it cannot be recorded
        logger().exception("a refusal could not be recorded")
        return
    logger().info("unauthorized", extra={"fault": refused.fault.value, "recorded": recorded})


def _allow(request: AuthorizerRequest, principal: Principal) -> dict[str, Any]:
    # Which roles may call which route is the service's own table; a policy for one route would be wrong for the next.
    api, stage = request.methodArn.split("/")[:2]
    return {
        "principalId": principal.client_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{api}/{stage}/*"}],
        },
        "context": {
            "client_id": principal.client_id,
            "department": principal.department or "",
            "roles": " ".join(sorted(principal.roles)),
            "token_id": principal.token_id,
        },
    }
