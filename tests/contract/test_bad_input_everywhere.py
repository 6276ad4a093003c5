"""Every endpoint of every service, asked wrongly in every common way: refused as documented, nothing changed, recorded.

What is special to a rule (wrong state, stale version, another department) is tested where the rule is.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from shared.aws.table import Row
from shared.contracts.access import RequestRefused
from shared.contracts.event import body_of
from shared.http.endpoints import Endpoint, Nothing
from shared.http.forms import FORM
from shared.http.incoming import MAX_BODY_BYTES
from shared.http.problems import _WORDS
from shared.kernel.errors import MESSAGES
from shared.kernel.permissions import PERMISSIONS, Principal
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.services import SERVICES, any_service_in_moto, app_of

DEPARTMENT = "dept_01NOBODYS000000000000000000"

ENDPOINTS = [(service, endpoint) for service in SERVICES for endpoint in app_of(service).endpoints]
PROTECTED = [(service, endpoint) for service, endpoint in ENDPOINTS if endpoint.action]
WRITES = [(service, endpoint) for service, endpoint in ENDPOINTS if endpoint.body is not Nothing]
# RFC 6749, 3.2: a token request's unrecognised parameters are ignored.
SPELT = [(service, endpoint) for service, endpoint in WRITES if FORM not in endpoint.content_types]
ONCE = [(service, endpoint) for service, endpoint in ENDPOINTS if endpoint.once]
EDITS = [(service, endpoint) for service, endpoint in ENDPOINTS if endpoint.edits]
NAMED_BY_CALLERS = frozenset({"register_witness"})
"""What is registered under any name the caller likes: none is unknown."""
BY_ID = [
    (service, endpoint)
    for service, endpoint in ENDPOINTS
    if "{" in endpoint.path and endpoint.name not in NAMED_BY_CALLERS
]


def _named(value: object) -> str:
    return f"{value.method} {value.path}" if isinstance(value, Endpoint) else str(value)


@pytest.fixture
def table(service: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with any_service_in_moto(monkeypatch, service) as made:
        yield made
        kept = {row["sk"]["S"] for row in all_rows(made)}
        assert kept <= {"event#0000000001", "once"}, "a refused request changed something"
        assert {event.type for event in unsent_events(made)} <= {"request.refused.v1", "record.read.v1"}


def _caller(service: str, endpoint: Endpoint) -> Gateway:
    """Somebody whose roles suffice and whose department has nothing to do with anything."""
    roles = PERMISSIONS[endpoint.action] if endpoint.action else frozenset()
    return Gateway(app_of(service), Principal("cli_everybody_0001", DEPARTMENT, roles))


def _url(endpoint: Endpoint) -> str:
    steps = endpoint.path.split("/")
    return "/".join("unknown" if step.startswith("{") else step for step in steps)


def _example(endpoint: Endpoint) -> Any:
    return endpoint.body.model_json_schema()["examples"][0]


def _ask(gateway: Gateway, endpoint: Endpoint, body: object = None, **headers: str) -> Answer:
    sound = {"Content-Type": endpoint.content_types[0], "Idempotency-Key": "key-1", "If-Match": '"v1"'}
    given = {name: value for name, value in (sound | headers).items() if value}
    if body is None and endpoint.body is not Nothing:
        body = _written(endpoint, _example(endpoint))
    return gateway.call(endpoint.method, f"{_url(endpoint)}{_needed(endpoint)}", body, given)


def _needed(endpoint: Endpoint) -> str:
    """The query an endpoint insists on; all are free text."""
    fields = endpoint.query.model_fields.items()
    given = "&".join(f"{field.alias or name}=needed" for name, field in fields if field.is_required())
    return f"?{given}" if given else ""


def _written(endpoint: Endpoint, fields: dict[str, Any]) -> str:
    if FORM in endpoint.content_types:
        return "&".join(f"{name}={value}" for name, value in fields.items())
    return json.dumps(fields)


def _refused(answer: Answer, service: str, endpoint: Endpoint, table: type[Row]) -> str:
    """The code, after checking that the document names it for this operation and that it was recorded."""
    problem = answer.json
    code = str(problem["code"])
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, MESSAGES[code].status) == (problem["status"], problem["status"])
    assert problem["detail_zh"]
    assert problem["detail_en"]
    (event,) = [each for each in unsent_events(table) if each.type == RequestRefused.TYPE]
    told = body_of(event, RequestRefused)
    assert (told.method, told.route, told.code) == (endpoint.method, endpoint.path, code)
    assert event.source == f"/shenguan/{service}"
    return code


@cache
def _document(service: str) -> dict[str, Any]:
    from shared.http.openapi import document

    return document(app_of(service), "x", "x")


def _documented(service: str, endpoint: Endpoint) -> set[str]:
    operation = _document(service)["paths"][endpoint.path][endpoint.method.lower()]
    answers = operation["responses"].values()
    return {code for answer in answers for code in answer["description"].split(", ")}


@pytest.mark.parametrize(("service", "endpoint"), PROTECTED, ids=_named)
def test_nobody_in_particular_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    """The gateway asks the authorizer first (401); should it ever not, the service itself says no."""
    assert _refused(_ask(Gateway(app_of(service)), endpoint), service, endpoint, table) == "forbidden"


@pytest.mark.parametrize(("service", "endpoint"), PROTECTED, ids=_named)
def test_a_client_without_the_role_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    """R-AUD-7."""
    nobody = Gateway(app_of(service), Principal("cli_nobody_0001", DEPARTMENT, frozenset()))
    assert _refused(_ask(nobody, endpoint), service, endpoint, table) == "forbidden"


@pytest.mark.parametrize(("service", "endpoint"), WRITES, ids=_named)
def test_another_content_type_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    answer = _ask(_caller(service, endpoint), endpoint, **{"Content-Type": "text/csv"})
    assert _refused(answer, service, endpoint, table) == "media_type_unsupported"


@pytest.mark.parametrize(("service", "endpoint"), WRITES, ids=_named)
def test_a_body_that_is_none_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    answer = _ask(_caller(service, endpoint), endpoint, "{]")
    expected = "invalid_fields" if FORM in endpoint.content_types else "invalid_json"
    assert _refused(answer, service, endpoint, table) == expected


@pytest.mark.parametrize(("service", "endpoint"), WRITES, ids=_named)
def test_too_large_a_body_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    answer = _ask(_caller(service, endpoint), endpoint, "x" * (MAX_BODY_BYTES + 1))
    assert _refused(answer, service, endpoint, table) == "body_too_large"


@pytest.mark.parametrize(("service", "endpoint"), SPELT, ids=_named)
def test_a_misspelt_field_is_named(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    body = _written(endpoint, _example(endpoint) | {"surprise": "x"})
    answer = _ask(_caller(service, endpoint), endpoint, body)
    assert _refused(answer, service, endpoint, table) == "invalid_fields"
    assert "/surprise" in [fault["pointer"] for fault in answer.json["errors"]]


@pytest.mark.parametrize(("service", "endpoint"), ONCE, ids=_named)
def test_a_write_without_a_key_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    """R-HND-13."""
    answer = _ask(_caller(service, endpoint), endpoint, **{"Idempotency-Key": ""})
    assert _refused(answer, service, endpoint, table) == "idempotency_key_missing"


@pytest.mark.parametrize(("service", "endpoint"), EDITS, ids=_named)
def test_an_edit_without_a_version_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    answer = _ask(_caller(service, endpoint), endpoint, **{"If-Match": ""})
    assert _refused(answer, service, endpoint, table) == "version_missing"


@pytest.mark.parametrize(("service", "endpoint"), ENDPOINTS, ids=_named)
def test_a_parameter_there_is_not_is_refused(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    gateway = _caller(service, endpoint)
    headers = {"Content-Type": endpoint.content_types[0], "Idempotency-Key": "key-1", "If-Match": '"v1"'}
    body = _written(endpoint, _example(endpoint)) if endpoint.body is not Nothing else None
    answer = gateway.call(endpoint.method, f"{_url(endpoint)}?surprise=1", body, headers)
    assert _refused(answer, service, endpoint, table) == "invalid_fields"
    assert "query:surprise" in [fault["pointer"] for fault in answer.json["errors"]]


@pytest.mark.parametrize(("service", "endpoint"), BY_ID, ids=_named)
def test_an_unknown_id_is_refused_as_documented(service: str, endpoint: Endpoint, table: type[Row]) -> None:
    answer = _ask(_caller(service, endpoint), endpoint)
    code = _refused(answer, service, endpoint, table)
    assert code in _documented(service, endpoint)
    assert answer.status in {400, 403, 404, 422}


@pytest.mark.parametrize(("service", "endpoint"), WRITES, ids=_named)
def test_every_fault_a_field_can_have_has_words_in_both_languages(service: str, endpoint: Endpoint) -> None:
    """Each value of the example is replaced by each wrong one; whatever is said of it is said in words."""
    from shared.http.incoming import _parse_body
    from shared.kernel.errors import Refused

    assert service
    for example in endpoint.body.model_json_schema()["examples"]:
        for place in _places(example):
            for wrong in WRONG:
                raw = json.dumps(_with(example, place, wrong)).encode()
                try:
                    _parse_body(endpoint, raw)
                except Refused as refused:
                    for fault in refused.faults:
                        assert fault.code in _WORDS or fault.code == "disagreement", (place, wrong, fault)
                        assert fault.zh != fault.en


WRONG: tuple[object, ...] = (
    None, True, 0, -1, 10**30, 1.5, "", " ", "x", "x" * 5_000, "中文", "2026-02-30", "2026-03-02T09:30:00",
    "2026-03-02", [], [None], ["x"] * 500, {}, {"kind": "x"}, {"x": 1},
)  # fmt: skip


def _places(value: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if above:
        yield above
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _places(each, (*above, name))
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _places(each, (*above, number))


def _with(value: Any, place: tuple[str | int, ...], new: object) -> Any:
    changed = json.loads(json.dumps(value))
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = new
    return changed
