"""Every way to spoil a good request, as a table, and every refusal of the services' own rules."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from jwt.utils import der_to_raw_signature

from shared.http.endpoints import Endpoint, Nothing
from shared.http.forms import FORM
from shared.http.incoming import MAX_BODY_BYTES
from shared.http.pages import PageQuery
from shared.kernel.errors import MESSAGES
from shared.kernel.permissions import PERMISSIONS, Role
from tests.support.good_requests import (
    ENDPOINTS,
    GOOD,
    JSON,
    SHOP,
    Ask,
    World,
    as_json,
    filled,
    good,
)
from tests.support.small_city import DESKS, shop

Names = frozenset[str]

_NONE: Names = frozenset()
_LONG = "长" * 100 + "x" * 3901
"""Longer than any text may be, and short enough for every field of the longest body to hold it."""


@dataclass(frozen=True)
class Case:
    """A request that must be refused. `named`: the fields the answer must point at, each by itself."""

    name: str
    service: str
    ask: Callable[[World], Ask]
    code: str
    named: Names = _NONE
    asked: str = ""
    """The endpoint asked, under its name in ENDPOINTS; none for what the gateway answers by itself."""

    @property
    def recorded(self) -> bool:
        """Whether the service itself refuses."""
        return bool(self.asked)

    @property
    def endpoint(self) -> Endpoint:
        return ENDPOINTS[self.asked][1]

    @property
    def status(self) -> int:
        return MESSAGES[self.code].status


@dataclass(frozen=True)
class Fault:
    """One way to spoil a good request."""

    name: str
    code: str
    applies: Callable[[Endpoint], bool]
    spoil: Callable[[Ask, Endpoint], Ask]
    named: Callable[[Endpoint], Names] = lambda _: _NONE


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

# A credit code like the world's shop's, but for its last character.
_MISTYPED = SHOP["code"][:-1] + ("0" if SHOP["code"][-1] != "0" else "1")

_UNKNOWN: Mapping[str, str] = {
    "client_id": "cli_00000000000000000000000000",
    "department_id": "dept_00000000000000000000000000",
    "hand_id": "hand_00000000000000000000000000_000001",
    "item_id": "item_00000000000000000000000000",
    "case_id": "case_00000000000000000000000000",
    "push_id": "push_00000000000000000000000000_001",
    "review_id": "rev_00000000000000000000000000_001",
    "thread_id": "thr_00000000000000000000000000",
    "lookup_id": "look_00000000000000000000000000",
    "finding_id": "find_00000000000000000000000000",
    "event_id": "evt_00000000000000000000000000",
    "document_id": "doc_00000000000000000000000000",
    "material_id": "mat_00000000000000000000000000",
    "import_id": "imp_00000000000000000000000000",
    "notice_id": "ntc_00000000000000000000000000",
    "transfer_id": "tra_00000000000000000000000000",
    "item_code": "999999999999",
    "version": "999",
    "level": "9",
    "code": "999999999999",
}
# An unknown subject is one without records, and no fault.
_NOT_UNKNOWN = frozenset({"credit GET /v1/subjects/{code}/records", "credit GET /v1/subjects/{code}/lookups"})


def _spoilt() -> Iterator[Case]:
    for name, (service, endpoint) in ENDPOINTS.items():
        for fault in _FAULTS:
            if fault.applies(endpoint):
                ask = _spoiler(name, endpoint, fault)
                yield Case(f"{name}: {fault.name}", service, ask, fault.code, fault.named(endpoint), name)


def _spoiler(name: str, endpoint: Endpoint, fault: Fault) -> Callable[[World], Ask]:
    return lambda world: fault.spoil(good(world, name), endpoint)


def _unknown() -> Iterator[Case]:
    for name, (service, endpoint) in ENDPOINTS.items():
        for parameter in GOOD[name].path:
            if parameter in _UNKNOWN and name not in _NOT_UNKNOWN:
                code = "not_sealed" if "not_sealed" in endpoint.refusals else "not_found"
                yield Case(f"{name}: unknown {parameter}", service, _elsewhere(name, {parameter: ""}), code, asked=name)


def _elsewhere(name: str, parameters: Mapping[str, str]) -> Callable[[World], Ask]:
    values = {**GOOD[name].path, **{each: value or _UNKNOWN[each] for each, value in parameters.items()}}
    return lambda world: replace(good(world, name), path=filled(world, name, values))


def _keys_used_again() -> Iterator[Case]:
    for name, (service, endpoint) in ENDPOINTS.items():
        if endpoint.once:
            yield Case(
                f"{name}: key of another request", service, _with_used_key(name), "idempotency_key_reused", asked=name
            )


def _with_used_key(name: str) -> Callable[[World], Ask]:
    def ask(world: World) -> Ask:
        first, _ = world.first[name]
        given = GOOD[name]
        changed = first.body
        if given.other is not None:
            changed = as_json({**json.loads(first.body or b"{}"), **given.other})
        path = filled(world, name, {**given.path, **given.other_path})
        return replace(first, body=changed, path=path, headers={**first.headers, **_fresh(world, name)})

    return ask


def _fresh(world: World, name: str) -> dict[str, str]:
    return {"X-Correlation-Id": good(world, name).headers["X-Correlation-Id"]}


# ── What only the gateway answers ───────────────────────────────────────────────────────────────


def _at_the_gateway() -> Iterator[Case]:
    guarded: dict[str, str] = {}
    for name, (service, endpoint) in ENDPOINTS.items():
        if endpoint.action is not None:
            guarded.setdefault(service, name)
    for service, name in guarded.items():
        # Each costs the emulator a function's start, and the authorizer is the same for all: some are tried once.
        for fault, token in (_TOKENS | (_FORGERIES if service == "handover" else {})).items():
            yield Case(f"{name}: {fault}", service, _showing(name, token), "unauthorized")
        yield Case(f"{service}: unknown route", service, _at(service, "GET", "/v1/nothing"), "route_unknown")
        method, path = "DELETE", ENDPOINTS[name][1].path.format_map(_UNKNOWN)
        yield Case(f"{service}: wrong method", service, _at(service, method, path), "route_unknown")


def _showing(name: str, token: Callable[[World], str | None]) -> Callable[[World], Ask]:
    return lambda world: replace(good(world, name), desk=None, token=token(world))


def _at(service: str, method: str, path: str) -> Callable[[World], Ask]:
    return lambda _: Ask(method, f"/{service}{path}", "approver")


def _forged(world: World) -> str:
    head, _, signature = world.city.desk("approver").token.split(".")
    claims = _claims(world) | {"roles": ["system_admin"]}
    return ".".join((head, _part(claims), signature))


def expired(world: World) -> str:
    """A token as the stack signs them, of two hours ago."""
    head = world.city.desk("approver").token.split(".")[0]
    ago = int(time.time()) - 7200
    unsigned = f"{head}.{_part(_claims(world) | {'iat': ago, 'nbf': ago, 'exp': ago + 3600})}"
    signed = world.city.stack.client("kms").sign(
        KeyId=world.city.stack.running.outputs["TokenKeyId"],
        Message=unsigned.encode(),
        MessageType="RAW",
        SigningAlgorithm="ECDSA_SHA_256",
    )
    return f"{unsigned}.{_encoded(der_to_raw_signature(signed['Signature'], SECP256R1()))}"


_TOKENS: dict[str, Callable[[World], str | None]] = {"no token": lambda _: None, "an expired token": expired}
_FORGERIES: dict[str, Callable[[World], str | None]] = {
    "no token but words": lambda _: "open.sesame.please",
    "a token with a role added": _forged,
}


def _claims(world: World) -> dict[str, Any]:
    part = world.city.desk("approver").token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# ── What only a service's own rules refuse ──────────────────────────────────────────────────────

Spoil = Callable[[str], Callable[[World], Ask]]
"""Makes a request to the endpoint of a name that breaks a rule."""


def _as(desk: str, **ids: str) -> Spoil:
    """The good request of another desk, about what the world has under other names."""
    return lambda name: (
        lambda world: replace(good(world, name), desk=desk, path=filled(world, name, {**GOOD[name].path, **ids}))
    )


def _asking(desk: str, **query: str) -> Spoil:
    """The good request of another desk with another query."""
    return lambda name: (
        lambda world: replace(
            good(world, name),
            desk=desk,
            query={key: world.city.departments.get(value, value) for key, value in query.items()},
        )
    )


def _with(**changed: Any) -> Spoil:
    """The good request with some fields of its body changed."""

    def spoil(name: str) -> Callable[[World], Ask]:
        def ask(world: World) -> Ask:
            made = good(world, name)
            return replace(made, body=as_json({**json.loads(made.body or b"{}"), **changed}))

        return ask

    return spoil


def _again(name: str) -> Callable[[World], Ask]:
    """The good request once more, with a new key."""
    return lambda world: good(world, name)


def _at_version(version: int) -> Spoil:
    """The good request for another version of the record."""

    def spoil(name: str) -> Callable[[World], Ask]:
        def ask(world: World) -> Ask:
            made = good(world, name)
            return replace(made, headers={**made.headers, "If-Match": f'"v{version}"'})

        return ask

    return spoil


_ACCEPT = "handover POST /v1/acceptances"
_DECIDE = "handover POST /v1/decisions"
_ACT = "handover POST /v1/later-acts"
_CLAIM = "handover POST /v1/pushes/{push_id}/claim"
_PUSH = "handover POST /v1/pushes/{push_id}"
_CASE = "handover GET /v1/cases/{case_id}"
_SUSPEND = "registry POST /v1/departments/{department_id}/suspend"
_PUBLISH = "registry POST /v1/items/{item_id}/publish"
_SAY = "registry POST /v1/items/{item_id}/consultation/answer"
_COMPLETE = "registry POST /v1/documents/{document_id}/complete"
_UPLOAD_LINK = "registry POST /v1/documents/{document_id}/upload-link"
_NOTE = "registry POST /v1/notices/{notice_id}/acknowledge"
_ANSWER = "registry POST /v1/notices/{notice_id}/answer"
_CORRECT = "registry PUT /v1/transfers/{transfer_id}"
_APPLY = "registry POST /v1/imports/{import_id}/apply"
_ABANDON = "registry POST /v1/imports/{import_id}/abandon"
_TEMPLATE = "registry GET /v1/public/import-template/{format}"
_LIST = "registry GET /v1/public/items"
_CHANGES = "registry GET /v1/public/changes"
_REPORT = "feedback POST /v1/threads"
_WITNESS = "audit PUT /v1/witnesses/{name}"
_ACKNOWLEDGE = "feedback POST /v1/threads/{thread_id}/acknowledge"
_LOOK_UP = "credit POST /v1/lookups"

# The number is made up; it is as long as one, and so must not come in.
_PERSON = {"name": "某人", "kind": "person", "code": "110101190001010000", "phone": "0999-5550199"}
_OTHER_DECISION = {
    "result": "refused",
    "document_number": "临审批〔2026〕901号",
    "decided_at": "2026-03-06T10:00:00+08:00",
}
_AMENDMENT = {
    "stage": "amendment",
    "document_number": "临审批〔2026〕902号",
    "done_at": "2026-03-21T10:00:00+08:00",
    "conditions": "仅限冷食类",
}
_DEED = {"name": "注销决定书.pdf", "sha256": "1" * 64}
_NOBODYS = {"name": "申请书.pdf", "sha256": "0" * 64, "material_id": _UNKNOWN["material_id"]}

_RULES: tuple[tuple[str, str, Spoil, str], ...] = (
    # the public list
    ("for one character", _LIST, _asking("approver", q="许"), "invalid_fields"),
    ("at no instant", f"{_LIST}/{{code}}/in-force", _asking("approver", at="yesterday"), "invalid_fields"),
    (
        "of days in the wrong order",
        _CHANGES,
        _asking("approver", **{"from": "2026-02-01", "to": "2026-01-01"}),
        "invalid_fields",
    ),
    (
        "of more than a year",
        _CHANGES,
        _asking("approver", **{"from": "2024-01-01", "to": "2026-01-01"}),
        "invalid_fields",
    ),
    ("in no format of ours", "registry GET /v1/public/exports/{format}", _as("approver", format="pdf"), "not_found"),
    # wrong department
    ("of another department", "handover GET /v1/pushes/{push_id}", _as("stranger"), "not_your_department"),
    ("for another department", _CLAIM, _as("stranger", push_id="later_push"), "not_your_department"),
    *(
        ("for another department", f"{_PUSH}/{each}", _as("stranger"), "not_your_department")
        for each in ("offline-claim", "withdraw-claim", "return", "relay", "refer", "uphold", "reassign", "withdraw")
    ),
    *(
        ("of what another sent", f"{_PUSH}/{each}", _as("strange_approver"), "not_your_department")
        for each in ("offline-claim", "refer", "uphold", "reassign", "withdraw")
    ),
    ("of others", _CASE, _as("stranger"), "not_your_department"),
    ("of others", f"{_CASE}/timeline", _as("stranger"), "not_your_department"),
    ("of others", f"{_CASE}/responsibility", _as("stranger"), "not_your_department"),
    ("of others", f"{_CASE}/materials/{{material_id}}", _as("stranger"), "not_your_department"),
    *(
        ("of another department", f"handover {each}", _as("stranger"), "not_your_department")
        for each in (
            "POST /v1/materials/{material_id}/upload-link",
            "POST /v1/materials/{material_id}/complete",
            "GET /v1/materials/{material_id}",
            "GET /v1/materials/{material_id}/content",
        )
    ),
    ("for no department", "handover POST /v1/materials", _as("homeless_approver"), "not_your_department"),
    ("called another kind", "handover POST /v1/materials", _with(file_name="申请书.exe"), "invalid_fields"),
    ("of 200 MB and a byte", "handover POST /v1/materials", _with(size=200 * 1024 * 1024 + 1), "invalid_fields"),
    ("with nobody's material", _ACCEPT, _with(case_number="BAD-2026-000009", materials=[_NOBODYS]), "invalid_fields"),
    ("of no bureau", _ACCEPT, _as("homeless_approver"), "not_your_department"),
    ("of no bureau", _DECIDE, _as("homeless_approver"), "not_your_department"),
    (
        "of another department",
        "registry PUT /v1/departments/{department_id}",
        _as("strange_registrar"),
        "not_your_department",
    ),
    ("for another bureau", "registry POST /v1/items", _as("strange_registrar"), "not_your_department"),
    ("for another bureau", _PUBLISH, _as("strange_registrar"), "not_your_department"),
    (
        "of another department",
        "registry GET /v1/items",
        _asking("strange_registrar", department="bureau"),
        "not_your_department",
    ),
    (
        "of another department",
        "registry GET /v1/consultations",
        _asking("stranger", department="market"),
        "not_your_department",
    ),
    ("of another department", _COMPLETE, _as("strange_registrar"), "not_your_department"),
    ("of another department", _UPLOAD_LINK, _as("strange_registrar"), "not_your_department"),
    ("for no department", "registry POST /v1/documents", _as("city_registrar"), "not_your_department"),
    ("of others", "registry GET /v1/notices/{notice_id}", _as("stranger"), "not_your_department"),
    ("of others", "registry GET /v1/notices", _asking("stranger", department="market"), "not_your_department"),
    ("for another bureau", _NOTE, _as("strange_approver"), "not_your_department"),
    ("for another bureau", _ANSWER, _as("strange_approver"), "not_your_department"),
    ("for another taker", "registry POST /v1/transfers", _as("strange_registrar"), "not_your_department"),
    ("of another taker", _CORRECT, _as("strange_registrar"), "not_your_department"),
    *(
        ("of another bureau", f"registry {path}", _as("strange_registrar"), "not_your_department")
        for path in (
            "GET /v1/imports/{import_id}",
            "GET /v1/imports/{import_id}/rows",
            "GET /v1/imports/{import_id}/sheet",
            "POST /v1/imports/{import_id}/start",
            "POST /v1/imports/{import_id}/apply",
            "POST /v1/imports/{import_id}/abandon",
        )
    ),
    ("for no bureau", "registry POST /v1/imports", _as("city_registrar"), "not_your_department"),
    ("over ten megabytes", "registry POST /v1/imports", _with(size=50 * 1024 * 1024), "file_too_large"),
    (
        "in no format of ours",
        "registry GET /v1/public/import-template/{format}",
        _as("approver", format="pdf"),
        "not_found",
    ),
    ("on a case of others", _REPORT, _as("stranger"), "not_your_department"),
    ("of others", "feedback GET /v1/threads/{thread_id}", _as("stranger"), "not_your_department"),
    ("of others", "feedback GET /v1/cases/{case_id}/threads", _as("stranger"), "not_your_department"),
    ("for another bureau", _ACKNOWLEDGE, _as("strange_approver"), "not_your_department"),
    ("of others", "credit GET /v1/lookups/{lookup_id}", _as("strange_approver"), "not_your_department"),
    (
        "of others",
        "notification GET /v1/deliveries",
        _asking("stranger", department="market"),
        "not_your_department",
    ),
    ("of others", "oversight GET /v1/findings", _asking("stranger", department="market"), "not_your_department"),
    ("by no registrar of the city", _SUSPEND, _as("registrar"), "city_registrar_only"),
    # wrong state
    ("of what was merged", _SUSPEND, _at_version(6), "wrong_state"),
    ("with a name that is taken", "registry POST /v1/departments", _with(name="临江市卫生健康委员会"), "name_taken"),
    ("of what is claimed", _CLAIM, _as("second_liaison"), "already_claimed"),
    ("of what is claimed", f"{_PUSH}/offline-claim", _again, "already_claimed"),
    *(
        ("of what is done", f"{_PUSH}/{each}", _again, "wrong_state")
        for each in ("withdraw-claim", "return", "relay", "refer", "uphold", "reassign", "withdraw")
    ),
    ("of a push named twice", "handover POST /v1/claims", _with(push_ids=[_UNKNOWN["push_id"]] * 2), "invalid_fields"),
    ("of what is said", "handover POST /v1/reviews/{review_id}/opinion", _again, "opinion_given"),
    ("of what is withdrawn", "handover POST /v1/reviews/{review_id}/withdraw", _again, "wrong_state"),
    ("of what is withdrawn", "handover POST /v1/public-notices/{notice_id}/withdraw", _again, "wrong_state"),
    ("to what is withdrawn", "handover POST /v1/public-notices/{notice_id}/objections", _again, "wrong_state"),
    ("to what is withdrawn", "handover POST /v1/public/notices/{notice_id}/objections", _again, "wrong_state"),
    ("of what runs", "handover POST /v1/cases/{case_id}/resumptions", _again, "wrong_state"),
    ("of what is extended", "handover POST /v1/cases/{case_id}/extension", _again, "wrong_state"),
    (
        "for no time",
        "handover POST /v1/cases/{case_id}/public-notices",
        _with(until="2026-03-02"),
        "invalid_fields",
    ),
    (
        "of nobody known",
        "handover POST /v1/cases/{case_id}/reviews",
        _with(departments=[_UNKNOWN["department_id"]]),
        "invalid_fields",
    ),
    ("of what is acknowledged", _ACKNOWLEDGE, _again, "wrong_state"),
    ("without a draft", _PUBLISH, _at_version(8), "wrong_state"),
    ("of what is retired", "registry POST /v1/items/{item_id}/suspend", _at_version(8), "wrong_state"),
    ("of what is retired", "registry POST /v1/items/{item_id}/consultation", _at_version(8), "wrong_state"),
    ("to what is over", _SAY, _again, "consultation_ended"),
    ("of what is stored", _UPLOAD_LINK, _again, "wrong_state"),
    ("of what is stored", "handover POST /v1/materials/{material_id}/upload-link", _again, "wrong_state"),
    ("of what came", "handover POST /v1/reconciliations/{reconciliation_id}/upload-link", _again, "wrong_state"),
    ("of what is answered", _NOTE, _again, "wrong_state"),
    ("of what is answered", _ANSWER, _again, "wrong_state"),
    ("of what is started", "registry POST /v1/imports/{import_id}/start", _again, "wrong_state"),
    ("of what is applied", _APPLY, _again, "wrong_state"),
    ("of what is given up", _ABANDON, _again, "wrong_state"),
    ("of what is entered", "registry POST /v1/transfers", _again, "transfer_recorded"),
    ("of the same case with another applicant", _ACCEPT, _with(applicant=shop(901)), "case_conflict"),
    ("of the same case to another end", _DECIDE, _with(decision=_OTHER_DECISION), "case_conflict"),
    ("with a code that is taken", "registry POST /v1/items", _again, "code_taken"),
    ("of what is cancelled", _ACT, _with(act=_AMENDMENT), "wrong_state"),
    ("of the same document with another content", _ACT, _with(materials=[_DEED]), "case_conflict"),
    # what is named does not exist
    (
        "under nobody known",
        "registry POST /v1/departments",
        _with(superior=_UNKNOWN["department_id"]),
        "department_unknown",
    ),
    (
        "from nobody known",
        "registry POST /v1/transfers",
        _with(giver=_UNKNOWN["department_id"]),
        "department_unknown",
    ),
    ("of items somebody else supervises", "registry POST /v1/notices", _as("stranger"), "invalid_fields"),
    ("of items nobody knows", "registry POST /v1/notices", _with(items=["999999999999"]), "invalid_fields"),
    ("of tomorrow", "registry POST /v1/transfers", _with(transferred_on="2999-01-01"), "invalid_fields"),
    ("issued tomorrow", "registry POST /v1/documents", _with(issued_on="2999-01-01"), "invalid_fields"),
    ("on an unknown case", _REPORT, _with(case_id=_UNKNOWN["case_id"]), "not_found"),
    # fields that do not agree
    ("for nothing", _LOOK_UP, _with(case_number=None), "purpose_missing"),
    ("of a code that has another check character", _LOOK_UP, _with(subject_code=_MISTYPED), "invalid_fields"),
    ("with a person's id in the clear", _ACCEPT, _with(case_number="BAD-3", applicant=_PERSON), "invalid_fields"),
    (
        "before it was received",
        _ACCEPT,
        _with(case_number="BAD-4", received_at="2026-03-03T09:00:00+08:00"),
        "invalid_fields",
    ),
    ("of an unknown case without its item", _DECIDE, _with(case_number="BAD-5"), "invalid_fields"),
    ("of an unknown case without its item", _ACT, _with(case_number="BAD-5"), "invalid_fields"),
    ("for no reason", _ACT, _with(act={**_AMENDMENT, "stage": "rescission"}), "invalid_fields"),
    (
        "who administers and claims",
        "identity POST /v1/clients",
        _with(roles=["system_admin", "liaison"]),
        "invalid_fields",
    ),
    (
        "of days that end before they begin",
        "audit GET /v1/events",
        _asking("auditor", **{"from": "2026-03-02", "to": "2026-03-01"}),
        "invalid_fields",
    ),
    (
        "of days that end before they begin",
        "audit POST /v1/exports",
        _with(**{"from": "2026-03-02", "to": "2026-03-01"}),
        "invalid_fields",
    ),
    (
        "that was never written",
        "audit GET /v1/exports/{export_id}/parts/{number}",
        lambda name: _elsewhere(name, {"number": "999"}),
        "not_found",
    ),
    ("under another's key", _WITNESS, lambda name: _elsewhere(name, {"name": "another"}), "witness_key_taken"),
    ("under a name that is none", _WITNESS, lambda name: _elsewhere(name, {"name": "A"}), "invalid_fields"),
    ("by plain http", _WITNESS, _with(url="http://witness.example"), "invalid_fields"),
    (
        "that is none",
        "audit DELETE /v1/witnesses/{name}",
        lambda name: _elsewhere(name, {"name": "nobody"}),
        "not_found",
    ),
    (
        "of a case that the log does not know",
        "audit PUT /v1/holds/{case_id}",
        lambda name: _elsewhere(name, {"case_id": "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"}),
        "not_found",
    ),
    (
        "that is not held",
        "audit DELETE /v1/holds/{case_id}",
        lambda name: _elsewhere(name, {"case_id": "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"}),
        "not_found",
    ),
    ("for a wrong secret", "identity POST /v1/token", _again, "client_credentials_wrong"),
    (
        "of a code that is none",
        "credit GET /v1/subjects/{code}/records",
        lambda name: _elsewhere(name, {"code": "nonsense"}),
        "invalid_fields",
    ),
)


def _by_rule() -> Iterator[Case]:
    for what, name, spoil, code in _RULES:
        yield Case(f"{name}: {what}", ENDPOINTS[name][0], spoil(name), code, asked=name)


CASES: tuple[Case, ...] = (
    *_spoilt(),
    *_unknown(),
    *_keys_used_again(),
    *_by_rule(),
    *_at_the_gateway(),
)
