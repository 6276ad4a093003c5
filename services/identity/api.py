"""Identity over HTTP."""

from services.identity import logic, wiring
from services.identity.schemas import ClientRequest, ClientSecret, JwkSet, TokenAnswer, TokenRequest
from shared.contracts.identity import Client
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.forms import FORM
from shared.kernel.permissions import Action

KEYS_MAX_AGE = 300
"""Seconds for which anyone may keep the published keys."""

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/token",
    summary="Ask for a token with a client's credentials",
    action=None,
    body=TokenRequest,
    response=TokenAnswer,
    content_types=(FORM,),
    refusals=("client_credentials_wrong",),
)
def token(call: Call[TokenRequest, Nothing]) -> Reply:
    """A token; the client shows itself by HTTP Basic or by client_id and client_secret."""
    shown = logic.credentials_of(call.headers, call.body)
    answer = logic.issue_token(wiring.store(), wiring.keys(), wiring.secrets(), wiring.issuer(), call.context, shown)
    return Reply(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


@api.endpoint(
    "GET",
    "/v1/jwks.json",
    summary="The public keys that tokens are signed with",
    action=None,
    response=JwkSet,
)
def jwks(_: Call[Nothing, Nothing]) -> Reply:
    """The keys, for whoever checks tokens without asking us."""
    return Reply(logic.published_keys(wiring.keys()), headers={"Cache-Control": f"public, max-age={KEYS_MAX_AGE}"})


@api.endpoint(
    "POST",
    "/v1/clients",
    summary="Register a client",
    action=Action.CLIENT_REGISTER,
    body=ClientRequest,
    response=ClientSecret,
    status=201,
    once=True,
)
def register_client(call: Call[ClientRequest, Nothing]) -> ClientSecret:
    """The client and its secret, which is shown now and never again."""
    return logic.register_client(wiring.store(), wiring.secrets(), call.context, call.body)


@api.endpoint(
    "GET",
    "/v1/clients/{client_id}",
    summary="Show a client",
    action=Action.CLIENT_READ,
    response=Client,
    refusals=("not_found",),
)
def show_client(call: Call[Nothing, Nothing]) -> Client:
    """A client without its secret."""
    return logic.show_client(wiring.store(), call.path["client_id"])
