"""A request as it came in: who asks, in which language, under which key, and what of it can be parsed.

Nothing here decides anything but whether a request is well formed; each check names every fault it finds.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from chalice.app import Request, Response
from pydantic import BaseModel, ValidationError

from shared.contracts.change import Context, Once
from shared.http.call import Call, Endpoint, Nothing
from shared.http.forms import FORM, form_as_json
from shared.http.principal import principal_of
from shared.http.problems import problem, refuse_body, refuse_query
from shared.kernel.clock import Clock
from shared.kernel.codes import mask_citizen_id
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal

MAX_BODY_BYTES = 128 * 1024
"""Larger things go to the object store by presigned URL (R-HND-1); an event must also fit into one SNS message."""

ANSWERS_KEPT = timedelta(days=90)
"""How long an Idempotency-Key keeps its first answer (R-HND-13)."""

LONGEST_STEP = 200
"""Nothing of ours has a longer name. DynamoDB would refuse the request for a key of 2048 bytes, not find nothing."""

_KEY = re.compile(r"^[\x21-\x7e]{1,128}$")
_CORRELATION = re.compile(r"^[0-9A-Za-z_\-]{8,64}$")
# Phones, citizen ids and credit identifiers hold a run of digits; what a caller calls its request is logged everywhere.
_RUN_OF_DIGITS = re.compile(r"[0-9]{11}")
_CITIZEN_ID = re.compile(r"[1-8][0-9]{16}[0-9Xx]")
_ETAG = re.compile(r'^"v([0-9]{1,9})"$')


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request and the values its path holds."""

    request: Request
    path: Mapping[str, str]
    principal: Principal
    correlation_id: str

    @classmethod
    def of(cls, request: Request, path: Mapping[str, str]) -> "Incoming":
        """The request Chalice is handling."""
        return cls(request, path, principal_of(request.context), _correlation_id(request))

    @property
    def shown(self) -> str:
        """What the path names, as events may keep it: a citizen id has no place there, so it is masked (R-CRD-1)."""
        return _joined({name: mask_citizen_id(v) if _CITIZEN_ID.fullmatch(v) else v for name, v in self.path.items()})

    def header(self, name: str) -> str:
        """A header by its name in any case; empty where there is none."""
        return str(self.request.headers.get(name, ""))

    def context(self, clock: Clock, once: Once | None = None) -> Context:
        """Who acts, and when by our clock."""
        return Context(self.principal, clock(), self.correlation_id, once)

    def problem(self, refused: Refused) -> Response:
        """The answer to a refused request, in the caller's language first."""
        language = "en" if self.header("accept-language").lower().startswith("en") else "zh"
        return problem(refused, request_id=self.correlation_id, language=language)

    def parse(self, endpoint: Endpoint, clock: Clock) -> Call[BaseModel, BaseModel]:
        """Everything the endpoint declares. Raises Refused for whatever is not well formed."""
        unheard_of = next((value for value in self.path.values() if len(value) > LONGEST_STEP), None)
        if unheard_of is not None:
            raise Refused("not_found", id=f"{unheard_of[:LONGEST_STEP]}…")
        raw = self._raw(endpoint)
        body = _parse_body(endpoint, raw)
        query = self._query(endpoint)
        once = self._once(endpoint, body, clock) if endpoint.once else None
        version = self._version() if endpoint.edits else 0
        return Call(self.context(clock, once), body, query, self.path, version, self.request.headers)

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

    def _once(self, endpoint: Endpoint, body: BaseModel, clock: Clock) -> Once:
        key = self.header("idempotency-key")
        if not _KEY.match(key):
            raise Refused("idempotency_key_missing")
        digest = hashlib.sha256(key.encode()).hexdigest()
        # What was left out and what was given its default are one request, also after we add a field.
        content = body.model_dump_json(exclude_defaults=True)
        asked = f"{endpoint.method} {endpoint.path} {_joined(self.path)}\n{content}"
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
    if endpoint.body is Nothing and not raw.strip():
        return Nothing()
    try:
        return endpoint.body.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise refuse_body(error, raw) from None


def _correlation_id(request: Request) -> str:
    given = str(request.headers.get("x-correlation-id", ""))
    taken = _CORRELATION.match(given) and not _RUN_OF_DIGITS.search(given)
    return given if taken else str(request.context.get("requestId", "unknown"))


def _joined(path: Mapping[str, str]) -> str:
    return "/".join(path[name][:100] for name in sorted(path))
