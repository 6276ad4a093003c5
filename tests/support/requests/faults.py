"""Every way to spoil a good request to whatever endpoint it applies to, as a table."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from shared.http.endpoints import Endpoint, Nothing
from shared.http.forms import FORM
from shared.http.incoming import MAX_BODY_BYTES
from shared.http.pages import PageQuery
from shared.kernel.permissions import PERMISSIONS, Role
from tests.support.requests.case import Case, Names
from tests.support.requests.good import ENDPOINTS, good
from tests.support.requests.world import JSON, Ask, World, as_json
from tests.support.small_city import DESKS

_LONG = "长" * 100 + "x" * 3901
"""Longer than any text may be, and short enough for every field of the longest body to hold it."""


@dataclass(frozen=True)
class Fault:
    """One way to spoil a good request."""

    name: str
    code: str
    applies: Callable[[Endpoint], bool]
    spoil: Callable[[Ask, Endpoint], Ask]
    named: Callable[[Endpoint], Names] = lambda _: frozenset()


# ── Where a fault applies ───────────────────────────────────────────────────────────────────────


def _takes_json(endpoint: Endpoint) -> bool:
    return endpoint.body is not Nothing and JSON in endpoint.content_types


def _takes_form(endpoint: Endpoint) -> bool:
    return FORM in endpoint.content_types


def _takes_body(endpoint: Endpoint) -> bool:
    return endpoint.body is not Nothing


def _writes(endpoint: Endpoint) -> bool:
    return endpoint.method != "GET"


def _pages(endpoint: Endpoint) -> bool:
    return issubclass(endpoint.query, PageQuery)


def _excludes_somebody(endpoint: Endpoint) -> bool:
    return endpoint.action is not None and PERMISSIONS[endpoint.action] != frozenset(Role)


def _required(endpoint: Endpoint) -> Names:
    fields = endpoint.body.model_fields.items()
    return frozenset(f"/{field.alias or name}" for name, field in fields if field.is_required())


def _names(endpoint: Endpoint) -> list[str]:
    """Every field of the body, as a caller writes it."""
    return [field.alias or name for name, field in endpoint.body.model_fields.items()]


def _all(endpoint: Endpoint) -> Names:
    return frozenset(map("/{}".format, _names(endpoint)))


# ── How it is spoilt ────────────────────────────────────────────────────────────────────────────


def _with_headers(**changed: str) -> Callable[[Ask, Endpoint], Ask]:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return lambda ask, _: replace(ask, headers={**ask.headers, **named})


def _without_header(name: str) -> Callable[[Ask, Endpoint], Ask]:
    return lambda ask, _: replace(ask, headers={key: value for key, value in ask.headers.items() if key != name})


def _with_body(body: bytes) -> Callable[[Ask, Endpoint], Ask]:
    return lambda ask, _: replace(ask, body=body)


def _with_query(**changed: str) -> Callable[[Ask, Endpoint], Ask]:
    return lambda ask, _: replace(ask, query={**ask.query, **changed})


def _with_every_field(value: object) -> Callable[[Ask, Endpoint], Ask]:
    return lambda ask, endpoint: replace(ask, body=as_json(dict.fromkeys(_names(endpoint), value)))


def _with_unknown_field(ask: Ask, endpoint: Endpoint) -> Ask:
    del endpoint
    return replace(ask, body=as_json({**json.loads(ask.body or b"{}"), "surprise": 1}))


def _as_somebody_else(ask: Ask, endpoint: Endpoint) -> Ask:
    allowed = PERMISSIONS[endpoint.action] if endpoint.action else frozenset()
    return replace(ask, desk=next(name for name, (_, role) in DESKS.items() if role not in allowed))


_FAULTS: tuple[Fault, ...] = (
    Fault("wrong role", "forbidden", _excludes_somebody, _as_somebody_else),
    Fault("invalid JSON", "invalid_json", _takes_json, _with_body(b'{"name": "\xe6\x9c\xaa\xe5\xae\x8c')),
    Fault("no JSON at all", "invalid_json", _takes_json, _with_body(b"")),
    Fault("an array for an object", "invalid_fields", _takes_json, _with_body(b"[]")),
    Fault(
        "missing fields",
        "invalid_fields",
        lambda endpoint: _takes_json(endpoint) and bool(_required(endpoint)),
        _with_body(b"{}"),
        _required,
    ),
    Fault("unknown field", "invalid_fields", _takes_json, _with_unknown_field, lambda _: frozenset({"/surprise"})),
    Fault("wrong types", "invalid_fields", _takes_json, _with_every_field({"not": "this"}), _all),
    Fault("over-long texts", "invalid_fields", _takes_json, _with_every_field(_LONG), _all),
    Fault("numbers for texts", "invalid_fields", _takes_json, _with_every_field(10**400), _all),
    Fault("form without its fields", "invalid_fields", _takes_form, _with_body(b""), _required),
    Fault("wrong content type", "media_type_unsupported", _takes_body, _with_headers(Content_Type="text/plain")),
    Fault("no content type", "media_type_unsupported", _takes_body, _without_header("Content-Type")),
    Fault("too large a body", "body_too_large", _writes, _with_body(b" " * (MAX_BODY_BYTES + 1))),
    Fault("no Idempotency-Key", "idempotency_key_missing", lambda each: each.once, _without_header("Idempotency-Key")),
    Fault(
        "an over-long Idempotency-Key",
        "idempotency_key_missing",
        lambda each: each.once,
        _with_headers(Idempotency_Key="k" * 129),
    ),
    Fault("no If-Match", "version_missing", lambda each: each.edits, _without_header("If-Match")),
    Fault("any If-Match", "version_missing", lambda each: each.edits, _with_headers(If_Match="*")),
    Fault("stale If-Match", "version_stale", lambda each: each.edits, _with_headers(If_Match='"v999"')),
    Fault(
        "unknown query parameter",
        "invalid_fields",
        lambda _: True,
        _with_query(surprise="1"),
        lambda _: frozenset({"query:surprise"}),
    ),
    Fault("a page of none", "invalid_fields", _pages, _with_query(limit="0"), lambda _: frozenset({"query:limit"})),
    Fault("a page of words", "invalid_fields", _pages, _with_query(limit="all"), lambda _: frozenset({"query:limit"})),
    Fault("a forged cursor", "cursor_invalid", _pages, _with_query(cursor="Zm9yZ2VkZm9yZ2VkZm9yZ2Vk")),
)


def spoilt() -> Iterator[Case]:
    for name, (service, endpoint) in ENDPOINTS.items():
        for fault in _FAULTS:
            if fault.applies(endpoint):
                ask = _spoiler(name, endpoint, fault)
                yield Case(f"{name}: {fault.name}", service, ask, fault.code, fault.named(endpoint), name)


def _spoiler(name: str, endpoint: Endpoint, fault: Fault) -> Callable[[World], Ask]:
    return lambda world: fault.spoil(good(world, name), endpoint)
