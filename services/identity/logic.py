"""Identity's use cases: register a client, give it a token, vouch for it at the gateway."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

from services.identity.domain import SOURCE
from services.identity.domain.clients import (
    BOOTSTRAP_CLIENT,
    Credentials,
    RegisteredClient,
    check_roles,
    hash_secret,
    is_secret,
    make_secret,
)
from services.identity.domain.tokens import (
    LIFETIME,
    Token,
    TokenFault,
    TokenRefused,
    bearer_of,
    read_token,
    write_token,
)
from services.identity.ports import Clients, Keys, Secrets
from services.identity.schemas import (
    AuthorizerRequest,
    ClientRequest,
    ClientSecret,
    Jwk,
    JwkSet,
    TokenAnswer,
    TokenRequest,
)
from shared.contracts.access import RequestRefused
from shared.contracts.chain import ChainHead
from shared.contracts.change import AlreadyDone, Context, Once, change
from shared.contracts.identity import Client, ClientRegistered, TokenIssued
from shared.kernel.clock import to_text
from shared.kernel.codes import keyed_hash
from shared.kernel.errors import MESSAGES, Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS, Principal, Role

_MINUTE = len("2026-03-02T09:30")
_REFUSALS_KEPT = timedelta(minutes=5)
_LONGEST = 200


def register_client(clients: Clients, secrets: Secrets, context: Context, asked: ClientRequest) -> ClientSecret:
    """Register a client and show its secret. The same registration repeated is the same client and secret."""
    check_roles(asked.roles)
    client = Client(
        client_id=new_id("cli"),
        name=asked.name,
        department=asked.department,
        roles=tuple(sorted(set(asked.roles))),
        registered_at=context.now,
    )
    secret = make_secret(secrets.client_key(), client.client_id)
    state = RegisteredClient(client=client, secret_sha256=hash_secret(secret))
    body = ClientRegistered(client=client)
    try:
        # The answer that is stored holds no secret, so a repeated registration is answered here and not from storage.
        clients.save(change(SOURCE, client.client_id, ChainHead(), state, [body], context, client))
    except AlreadyDone:
        first = clients.registered(context.once) if context.once else None
        if first is None:
            raise
        return ClientSecret(client=first, client_secret=make_secret(secrets.client_key(), first.client_id))
    return ClientSecret(client=client, client_secret=secret)


def show_client(clients: Clients, client_id: str) -> Client:
    """A registered client. Raises Refused("not_found")."""
    found = clients.read(client_id)
    if found is None:
        raise Refused("not_found", id=client_id)
    return found.client


def issue_token(
    clients: Clients,
    keys: Keys,
    secrets: Secrets,
    issuer: str,
    context: Context,
    credentials: Credentials | None,
) -> TokenAnswer:
    """A token for a client that shows its secret. Raises Refused("client_credentials_wrong")."""
    principal = _authenticate(clients, secrets, credentials)
    token = Token(new_id("tok"), principal, issuer, context.now, context.now + LIFETIME)
    text = write_token(token, keys.public(), keys.sign)
    issued = TokenIssued(client_id=principal.client_id, token_id=token.token_id, expires_at=token.expires_at)
    clients.note(issued, replace(context, principal=principal))
    return TokenAnswer(access_token=text, expires_in=int(LIFETIME.total_seconds()))


def credentials_of(headers: Mapping[str, str], asked: TokenRequest) -> Credentials | None:
    """What the caller shows: HTTP Basic if there is any (RFC 6749, 2.3.1), else the form's fields, else nothing."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(given)
    if asked.client_id and asked.client_secret:
        return Credentials(asked.client_id, asked.client_secret)
    return None


def published_keys(keys: Keys) -> JwkSet:
    """The public keys with which anyone can check our tokens."""
    key = keys.public()
    return JwkSet(keys=(Jwk(kid=key.key_id, x=key.x, y=key.y),))


def vouch(keys: Keys, issuer: str, request: AuthorizerRequest) -> Principal:
    """Who is asking, by the token shown. Raises TokenRefused.

    Clients are not looked up here: a token is good for its hour, and no request waits for a table.
    """
    return read_token(bearer_of(request.headers or {}), keys.public(), issuer)


def record_refusal(
    clients: Clients, secrets: Secrets, context: Context, request: AuthorizerRequest, refused: TokenRefused
) -> bool:
    """Record a request that showed no good token (R-AUD-1); whether it was recorded.

    One address with one fault is recorded once a minute: a flood of requests must not become a flood of the log.
    The address itself is kept nowhere, only a keyed hash of it, and that for minutes.
    """
    address = keyed_hash(secrets.address_key(), request.requestContext.identity.sourceIp)
    body = RequestRefused(
        method=request.httpMethod[:_LONGEST] or "?",
        route=request.resource[:_LONGEST] or "?",
        target="",
        status=MESSAGES["unauthorized"].status,
        code="unauthorized",
    )
    return clients.note_once(body, context, _once_a_minute(context, address, refused.fault))


def _once_a_minute(context: Context, address: str, fault: TokenFault) -> Once:
    minute = to_text(context.now)[:_MINUTE]
    return Once(f"refused#{address}#{fault}#{minute}", address, context.now + _REFUSALS_KEPT)


def _authenticate(clients: Clients, secrets: Secrets, credentials: Credentials | None) -> Principal:
    if credentials is None:
        raise Refused("client_credentials_wrong")
    principal, known = _claimed(clients, secrets, credentials.client_id)
    if not is_secret(credentials.secret, known):
        raise Refused("client_credentials_wrong")
    return principal


def _claimed(clients: Clients, secrets: Secrets, client_id: str) -> tuple[Principal, str | None]:
    """Whom a client id names, and the hash of that client's secret (None for a client that does not exist)."""
    if client_id == BOOTSTRAP_CLIENT:
        first = Principal(BOOTSTRAP_CLIENT, None, frozenset({Role.SYSTEM_ADMIN}))
        return first, hash_secret(secrets.bootstrap())
    found = clients.read(client_id)
    if found is None:
        return ANONYMOUS, None
    client = found.client
    return Principal(client.client_id, client.department, frozenset(client.roles)), found.secret_sha256


def _basic(given: str) -> Credentials | None:
    try:
        text = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    client_id, colon, secret = text.partition(":")
    return Credentials(unquote(client_id), unquote(secret)) if colon and client_id and secret else None
