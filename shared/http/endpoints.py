"""Endpoints: one declaration per route says method, path, who may, what goes in and out; everything else follows.

A handler receives a `Call` with everything parsed and checked and returns its answer. The same declarations make the
OpenAPI document. Order of checks: permission, headers, content type, size, body, query; then the rule itself. Each
refusal is recorded as an event before it is answered (R-AUD-1).
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Generic, TypeVar, cast

from chalice.app import Blueprint, CustomAuthorizer, Request, Response
from pydantic import BaseModel, ValidationError

from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.change import AlreadyDone, Answer, Context, Desk, Once, Outdated
from shared.contracts.model import Contract
from shared.http.bytes_response import BytesResponse
from shared.http.forms import FORM, form_as_json
from shared.http.principal import principal_of
from shared.http.problems import Headers, problem, refuse_body, refuse_query
from shared.kernel.clock import Clock, to_text, utc_now
from shared.kernel.codes import mask_citizen_id
from shared.kernel.errors import Refused, Unavailable
from shared.kernel.permissions import ANONYMOUS, Action, Principal
from shared.observability import logger

B = TypeVar("B", bound=BaseModel)
Q = TypeVar("Q", bound=BaseModel)

MAX_BODY_BYTES = 128 * 1024
"""Larger things go to the object store by presigned URL (R-HND-1); an event must also fit into one SNS message."""

ANSWERS_KEPT = timedelta(days=90)
"""How long an Idempotency-Key keeps its first answer (R-HND-13)."""

ANONYMOUS_REFUSALS_KEPT = timedelta(minutes=5)
"""How long it is remembered that a refusal of nobody in particular was recorded."""

LONGEST_STEP = 200
"""Nothing of ours has a longer name. DynamoDB would refuse the request for a key of 2048 bytes, not find nothing."""

ATTEMPTS = 8
"""How often a call is decided again when its record changed between reading and writing."""

# The gateway asks the identity service about every request; the address is filled in by the service's stack.
AUTHORIZER = CustomAuthorizer("tokens", authorizer_uri="replaced-when-packaged", header="Authorization", ttl_seconds=0)

_KEY = re.compile(r"^[\x21-\x7e]{1,128}$")
_CORRELATION = re.compile(r"^[0-9A-Za-z_\-]{8,64}$")
# Phones, citizen ids and credit identifiers hold a run of digits; what a caller calls its request is logged everywhere.
_RUN_OF_DIGITS = re.compile(r"[0-9]{11}")
_CITIZEN_ID = re.compile(r"[1-8][0-9]{16}[0-9Xx]")
_ETAG = re.compile(r'^"v([0-9]{1,9})"$')


class Nothing(Contract):
    """A request without a body, or without query parameters."""


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q]):
    """One request, parsed and permitted. `version` is the If-Match version of an edit; header names are in any case."""

    context: Context
    body: B
    query: Q
    path: Mapping[str, str]
    version: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        """Who is asking."""
        return self.context.principal


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that needs more than its body: a version for the ETag, headers, bytes instead of JSON, a redirect."""

    body: BaseModel | bytes
    version: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    redirect: str | None = None
    """Where the bytes are to be had instead, for a while."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared route."""

    method: str
    path: str
    summary: str
    handler: Callable[[Call[Any, Any]], BaseModel | Reply]
    action: Action | None
    body: type[BaseModel]
    query: type[BaseModel]
    response: type[BaseModel] | str
    status: int
    once: bool
    edits: bool
    personal: bool
    refusals: tuple[str, ...]
    content_types: tuple[str, ...]

    @property
    def name(self) -> str:
        """The operation's name in OpenAPI."""
        return self.handler.__name__


class Endpoints(Blueprint):
    """A service's declared routes. `desk` gives the journal at the first request that needs it, never at import."""

    def __init__(self, import_name: str, desk: Callable[[], Desk], clock: Clock = utc_now) -> None:
        super().__init__(import_name)
        self.declared: list[Endpoint] = []
        self._desk = desk
        self._clock = clock

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        action: Action | None,
        response: type[BaseModel] | str,
        body: type[BaseModel] = Nothing,
        query: type[BaseModel] = Nothing,
        status: int = 200,
        once: bool = False,
        edits: bool = False,
        personal: bool = False,
        refusals: tuple[str, ...] = (),
        content_types: tuple[str, ...] = ("application/json",),
    ) -> Callable[[Callable[[Call[Any, Any]], BaseModel | Reply]], Callable[..., Response]]:
        """Declare a route.

        `action` None makes it public. `once` demands an Idempotency-Key, `edits` an If-Match. `personal` records that
        personal or credit data was read. `response` is a model, or a media type when the answer is bytes. `refusals`
        are the codes its rule may answer with, beside the common ones.
        """

        def declare(
            handler: Callable[[Call[Any, Any]], BaseModel | Reply],
        ) -> Callable[..., Response]:
            endpoint = Endpoint(
                method, path, summary, handler, action, body, query, response, status, once, edits,
                personal, refusals, content_types,
            )  # fmt: skip
            self.declared.append(endpoint)

            def view(**path_values: str) -> Response:
                return self._answer(endpoint, path_values)

            view.__name__ = handler.__name__
            view.__doc__ = handler.__doc__
            options: dict[str, Any] = {"methods": [method], "content_types": []}
            if action is not None:
                options["authorizer"] = AUTHORIZER
            self.route(path, name=handler.__name__, **options)(view)
            return view

        return declare

    def _answer(self, endpoint: Endpoint, path: Mapping[str, str]) -> Response:
        request = self.current_request
        incoming = _Incoming(request, principal_of(request.context), _correlation_id(request))
        log = logger()
        log.append_keys(correlation_id=incoming.correlation_id)
        started = time.monotonic()
        try:
            response = self._handle(endpoint, incoming, path)
            code = "ok"
        except Refused as refused:
            self._note_refusal(endpoint, incoming, path, refused)
            response, code = incoming.problem(refused), refused.code
        except Exception:
            log.exception("a request failed inside")
            failure = Refused("internal", request_id=incoming.correlation_id)
            response, code = incoming.problem(failure), failure.code
        response.headers["X-Correlation-Id"] = incoming.correlation_id
        log.info(
            "request",
            extra={
                "route": f"{endpoint.method} {endpoint.path}",
                "status": response.status_code,
                "code": code,
                "milliseconds": int((time.monotonic() - started) * 1000),
                "client": incoming.principal.client_id,
            },
        )
        return response

    def _handle(self, endpoint: Endpoint, incoming: "_Incoming", path: Mapping[str, str]) -> Response:
        if endpoint.action is not None and not incoming.principal.may(endpoint.action):
            raise Refused("forbidden", action=endpoint.action.value)
        call = incoming.parse(endpoint, path, self._clock)
        once = call.context.once
        try:
            reply = self._decide(endpoint, call)
        except (AlreadyDone, Refused):
            # A repeated request meets the state its first run left, so ask for the first answer before refusing.
            first = self._desk().answer(once.key) if once else None
            if first is None:
                raise
            return _replay(endpoint, first, cast(Once, once))
        if endpoint.personal:
            self._note_read(endpoint, call)
        response = _response(endpoint, reply)
        return _not_modified(response) if incoming.holds(endpoint, response) else response

    def _decide(self, endpoint: Endpoint, call: Call[Any, Any]) -> Reply:
        for _ in range(ATTEMPTS):
            try:
                given = endpoint.handler(call)
            except Outdated:
                continue
            return given if isinstance(given, Reply) else Reply(given)
        raise Refused("changed_meanwhile")

    def _note_refusal(
        self, endpoint: Endpoint, incoming: "_Incoming", path: Mapping[str, str], refused: Refused
    ) -> None:
        if isinstance(refused, Unavailable):
            return
        body = RequestRefused(
            method=endpoint.method,
            route=endpoint.path,
            target=_shown(path),
            status=refused.status,
            code=refused.code,
        )
        # A refusal must reach its caller even when it cannot be recorded; a read of personal data must not.
        try:
            self._note(body, incoming.context(self._clock))
        except Exception:  # noqa: BLE001
            logger().exception("a refusal could not be recorded")

    def _note(self, body: RequestRefused, context: Context) -> None:
        if context.principal != ANONYMOUS:
            self._desk().note(body, context)
            return
        # Nobody in particular is recorded once a minute for each route and code: a flood must not flood the log.
        minute = to_text(context.now)[: len("2026-03-02T09:30")]
        key = f"refused#{body.method} {body.route}#{body.code}#{minute}"
        once = Once(key, body.code, context.now + ANONYMOUS_REFUSALS_KEPT)
        self._desk().note_once(body, context, once)

    def _note_read(self, endpoint: Endpoint, call: Call[Any, Any]) -> None:
        self._desk().note(RecordRead(route=endpoint.path, target=_shown(call.path)), call.context)


@dataclass(frozen=True, slots=True)
class _Incoming:
    request: Request
    principal: Principal
    correlation_id: str

    def header(self, name: str) -> str:
        return str(self.request.headers.get(name, ""))

    def context(self, clock: Clock, once: Once | None = None) -> Context:
        return Context(self.principal, clock(), self.correlation_id, once)

    def problem(self, refused: Refused) -> Response:
        language = "en" if self.header("accept-language").lower().startswith("en") else "zh"
        return problem(refused, request_id=self.correlation_id, language=language)

    def parse(self, endpoint: Endpoint, path: Mapping[str, str], clock: Clock) -> Call[BaseModel, BaseModel]:
        unheard_of = next((value for value in path.values() if len(value) > LONGEST_STEP), None)
        if unheard_of is not None:
            raise Refused("not_found", id=f"{unheard_of[:LONGEST_STEP]}…")
        raw = self._raw(endpoint)
        body = _parse_body(endpoint, raw)
        query = self._query(endpoint)
        once = self._once(endpoint, path, body, clock) if endpoint.once else None
        version = self._version() if endpoint.edits else 0
        return Call(self.context(clock, once), body, query, path, version, self.request.headers)

    def holds(self, endpoint: Endpoint, response: Response) -> bool:
        """Whether the caller holds this very answer already (If-None-Match, RFC 9110, 13.1.2)."""
        held = {tag.strip().removeprefix("W/") for tag in self.header("if-none-match").split(",")}
        return endpoint.method == "GET" and response.headers.get("ETag") in held

    def _raw(self, endpoint: Endpoint) -> bytes:
        given_body = self.request.raw_body or b""
        raw = given_body if isinstance(given_body, bytes) else given_body.encode()
        if len(raw) > MAX_BODY_BYTES:
            raise Refused("body_too_large", limit=MAX_BODY_BYTES)
        if endpoint.body is not Nothing:
            given = self.header("content-type").split(";")[0].strip().lower()
            if given not in endpoint.content_types:
                raise Refused("media_type_unsupported", expected=", ".join(endpoint.content_types))
            if given == FORM:
                return form_as_json(raw)
        return raw

    def _query(self, endpoint: Endpoint) -> BaseModel:
        given = dict((self.request.query_params or {}).items())
        try:
            return endpoint.query.model_validate(given)
        except ValidationError as error:
            raise refuse_query(error) from None

    def _once(self, endpoint: Endpoint, path: Mapping[str, str], body: BaseModel, clock: Clock) -> Once:
        key = self.header("idempotency-key")
        if not _KEY.match(key):
            raise Refused("idempotency_key_missing")
        digest = hashlib.sha256(key.encode()).hexdigest()
        asked = f"{endpoint.method} {endpoint.path} {_target(path)}\n{body.model_dump_json()}"
        return Once(
            key=f"{self.principal.client_id}#{digest}",
            # Keyed, since what was asked may name a person, whom a plain hash would let anybody find by trying.
            fingerprint=hmac.digest(key.encode(), asked.encode(), "sha256").hex(),
            kept_until=clock() + ANSWERS_KEPT,
        )

    def _version(self) -> int:
        matched = _ETAG.match(self.header("if-match"))
        if matched is None:
            raise Refused("version_missing")
        return int(matched.group(1))


def _parse_body(endpoint: Endpoint, raw: bytes) -> BaseModel:
    if endpoint.body is Nothing:
        return Nothing()
    try:
        return endpoint.body.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise refuse_body(error, raw) from None


def _response(endpoint: Endpoint, reply: Reply) -> Response:
    headers: Headers = dict(reply.headers)
    if reply.redirect is not None:
        moved: Headers = {"Cache-Control": "no-store", **headers, "Location": reply.redirect}
        return Response("", headers=moved, status_code=HTTPStatus.TEMPORARY_REDIRECT)
    if reply.version is not None:
        headers["ETag"] = f'"v{reply.version}"'
    if isinstance(reply.body, bytes):
        media = str(headers.setdefault("Content-Type", str(endpoint.response)))
        if media.startswith("text/"):
            return Response(reply.body.decode(), headers=headers, status_code=endpoint.status)
        return BytesResponse(reply.body, headers=headers, status_code=endpoint.status)
    headers.setdefault("Content-Type", "application/json")
    headers.setdefault("Cache-Control", "no-store")
    return Response(reply.body.model_dump_json(), headers=headers, status_code=endpoint.status)


def _not_modified(response: Response) -> Response:
    headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    return Response("", headers=headers, status_code=HTTPStatus.NOT_MODIFIED)


def _replay(endpoint: Endpoint, first: Answer, once: Once) -> Response:
    if first.fingerprint != once.fingerprint:
        raise Refused("idempotency_key_reused")
    headers: Headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Idempotent-Replayed": "true",
    }
    return Response(first.response, headers=headers, status_code=endpoint.status)


def _correlation_id(request: Request) -> str:
    given = str(request.headers.get("x-correlation-id", ""))
    taken = _CORRELATION.match(given) and not _RUN_OF_DIGITS.search(given)
    return given if taken else str(request.context.get("requestId", "unknown"))


def _shown(path: Mapping[str, str]) -> str:
    # A citizen id has no place in an address; where a caller puts one all the same, no event may keep it (R-CRD-1).
    return _target(
        {name: mask_citizen_id(value) if _CITIZEN_ID.fullmatch(value) else value for name, value in path.items()}
    )


def _target(path: Mapping[str, str]) -> str:
    return "/".join(path[name][:100] for name in sorted(path))
