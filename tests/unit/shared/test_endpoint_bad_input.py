"""Bad input of every kind: right status and code, every fault named in both languages, nothing changed, recorded."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.aws.table import Row
from shared.contracts.access import RequestRefused
from shared.contracts.event import Event, body_of
from shared.http.incoming import MAX_BODY_BYTES
from shared.kernel.errors import MESSAGES
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.things import sound

JSON = {"Content-Type": "application/json", "Idempotency-Key": "key-1"}

WITHOUT = object()


def _changed(**changed: object) -> dict[str, object]:
    return {name: value for name, value in sound(**changed).items() if value is not WITHOUT}


BODIES: dict[str, tuple[object, set[tuple[str, str]]]] = {
    "a missing field": (_changed(name=WITHOUT), {("/name", "missing")}),
    "several at once": (
        _changed(name=WITHOUT, colour="green", count=0, extra=1),
        {
            ("/name", "missing"),
            ("/colour", "enum"),
            ("/count", "greater_than_equal"),
            ("/extra", "extra_forbidden"),
        },
    ),
    "nothing at all": (
        {},
        {(f"/{name}", "missing") for name in ("name", "colour", "count", "made_at", "origin")},
    ),
    "a number for a text": (_changed(name=7), {("/name", "string_type")}),
    "a text for a number": (_changed(count="1"), {("/count", "int_type")}),
    "a broken number": (_changed(count=1.5), {("/count", "int_type")}),
    "a truth for a number": (_changed(count=True), {("/count", "int_type")}),
    "a text for a truth": (_changed(fragile="yes"), {("/fragile", "bool_type")}),
    "null for a text": (_changed(name=None), {("/name", "string_type")}),
    "an over-long text": (_changed(name="长" * 201), {("/name", "string_too_long")}),
    "an empty text": (_changed(name=""), {("/name", "string_too_short")}),
    "a text of blanks": (_changed(name="  \t"), {("/name", "string_too_short")}),
    "no id": (_changed(owner="Dept-1"), {("/owner", "string_pattern_mismatch")}),
    "a time without its offset": (_changed(made_at="2026-03-02T09:30:00"), {("/made_at", "timezone_aware")}),
    "no time": (_changed(made_at="soon"), {("/made_at", "datetime_parsing")}),
    "a number for a time": (_changed(made_at=1772415000), {("/made_at", "datetime_type")}),
    "a day that is none": (_changed(day="2026-02-30"), {("/day", "date_parsing")}),
    "a time for a day": (_changed(day="2026-03-02T09:30:00Z"), {("/day", "date_parsing")}),
    "an object for a list": (_changed(parts={}), {("/parts", "tuple_type")}),
    "too many entries": (_changed(parts=[{"name": "x", "size": 1}] * 4), {("/parts", "too_long")}),
    "faults inside a list": (
        _changed(parts=[{"name": "x", "size": 11}, {"size": 1, "a/b~c": 1}, 7]),
        {
            ("/parts/0/size", "less_than_equal"),
            ("/parts/1/name", "missing"),
            ("/parts/1/a~1b~0c", "extra_forbidden"),
            ("/parts/2", "model_type"),
        },
    ),
    "a kind there is not": (_changed(origin={"kind": "stolen"}), {("/origin", "union_tag_invalid")}),
    "no kind": (_changed(origin={"price": "1"}), {("/origin", "union_tag_not_found")}),
    "a fault inside a kind": (
        _changed(origin={"kind": "bought", "price": "dear", "place": "x"}),
        {("/origin/price", "string_pattern_mismatch"), ("/origin/place", "extra_forbidden")},
    ),
    "the field of another kind": (_changed(origin={"kind": "found"}), {("/origin/place", "missing")}),
    "a list for the whole": ([], {("", "model_type")}),
    "null for the whole": (None, {("", "model_type")}),
}


@pytest.fixture
def nothing_written(table: type[Row]) -> Iterator[None]:
    """Afterwards the table holds events that tell of refusals, and nothing else."""
    yield
    assert {row["sk"]["S"] for row in all_rows(table)} <= {"event#0000000001", "once"}
    assert {event.type for event in unsent_events(table)} == {"request.refused.v1"}


def _only_event(table: type[Row]) -> Event:
    (event,) = unsent_events(table)
    return event


def _refused(answer: Answer, table: type[Row]) -> dict[str, Any]:
    """The problem, after checking what is the same for every refusal."""
    problem: dict[str, Any] = answer.json
    message = MESSAGES[problem["code"]]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.status == problem["status"] == message.status
    assert problem["detail"] in {problem["detail_zh"], problem["detail_en"]}
    assert "{" not in problem["detail_zh"] + problem["detail_en"]
    assert problem["type"] == f"urn:shenguan:problem:{problem['code']}"
    event = _only_event(table)
    told = body_of(event, RequestRefused)
    assert (told.status, told.code) == (answer.status, problem["code"])
    assert answer.headers["X-Correlation-Id"] == event.data.correlation_id
    assert problem["instance"] == f"urn:shenguan:request:{event.data.correlation_id}"
    return problem


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("kind", BODIES)
def test_every_bad_field_is_named_at_once(kind: str, gateway: Gateway, table: type[Row]) -> None:
    body, expected = BODIES[kind]
    answer = gateway.call("POST", "/v1/things", body if body is not None else "null", JSON)
    problem = _refused(answer, table)
    assert problem["code"] == "invalid_fields"
    assert {(fault["pointer"], fault["code"]) for fault in problem["errors"]} == expected
    for fault in problem["errors"]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fault["zh"]), fault
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in fault["en"]), fault
        assert "Not acceptable" not in fault["en"], "this fault has no words of its own"
    assert str(len(expected)) in problem["detail_zh"]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("", 1, 1), ("{", 1, 2), ('{"name": }', 1, 10), ('{\n  "name": "x",,\n}', 2, 15), ("not json", 1, 1)],
)
def test_what_is_no_json_is_refused_with_the_place(
    text: str, line: int, column: int, gateway: Gateway, table: type[Row]
) -> None:
    problem = _refused(gateway.call("POST", "/v1/things", text, JSON), table)
    assert problem["code"] == "invalid_json"
    assert f"line {line}, column {column}" in problem["detail_en"]
    assert "errors" not in problem


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 20_000, '"\ud800"', '{"name": NaN}'])
def test_hostile_json_is_refused_and_is_no_defect(text: str, gateway: Gateway, table: type[Row]) -> None:
    raw = text.encode("utf-8", "surrogatepass").decode("latin-1") if "\ud800" in text else text
    assert _refused(gateway.call("POST", "/v1/things", raw, JSON), table)["code"] in {"invalid_json", "invalid_fields"}


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_content_type_is_refused(content_type: str, gateway: Gateway, table: type[Row]) -> None:
    headers = {"Idempotency-Key": "key-1"} | ({"Content-Type": content_type} if content_type else {})
    problem = _refused(gateway.call("POST", "/v1/things", sound(), headers), table)
    assert (problem["code"], problem["status"]) == ("media_type_unsupported", 415)
    assert "application/json" in problem["detail_en"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_the_content_type_may_carry_parameters_and_any_case(content_type: str, gateway: Gateway) -> None:
    headers = {"Content-Type": content_type, "Idempotency-Key": "key-1"}
    assert gateway.call("POST", "/v1/things", sound(), headers).status == 201


@pytest.mark.usefixtures("nothing_written")
def test_too_large_a_body_is_refused_unread(gateway: Gateway, table: type[Row]) -> None:
    body = '{"name": "' + "长" * (MAX_BODY_BYTES // 3) + '"'
    problem = _refused(gateway.call("POST", "/v1/things", body, JSON), table)
    assert (problem["code"], problem["status"]) == ("body_too_large", 413)
    assert str(MAX_BODY_BYTES) in problem["detail_zh"]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("key", ["", " ", "two words", "键", "x" * 129])
def test_a_write_without_a_sound_key_is_refused(key: str, gateway: Gateway, table: type[Row]) -> None:
    """R-HND-13."""
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    problem = _refused(gateway.call("POST", "/v1/things", sound(), headers), table)
    assert (problem["code"], problem["status"]) == ("idempotency_key_missing", 400)


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("tag", ["", "1", '"1"', "v1", 'W/"v1"', "*", '"v"', '"v1", "v2"'])
def test_an_edit_without_a_sound_version_is_refused(tag: str, gateway: Gateway, table: type[Row]) -> None:
    headers = {"Content-Type": "application/json"} | ({"If-Match": tag} if tag else {})
    answer = gateway.call("PUT", "/v1/things/thing_01", {"name": "x", "size": 1}, headers)
    problem = _refused(answer, table)
    assert (problem["code"], problem["status"]) == ("version_missing", 428)


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPROVER])
def test_who_may_not_is_refused_before_the_body_is_looked_at(role: Role, gateway: Gateway, table: type[Row]) -> None:
    """R-AUD-7."""
    somebody = gateway.with_principal("dept_01BUREAU0000000000000000000", role)
    problem = _refused(somebody.call("POST", "/v1/things", "no json", {}), table)
    assert (problem["code"], problem["status"]) == ("forbidden", 403)
    assert "case:push" in problem["detail_en"]


@pytest.mark.usefixtures("nothing_written")
def test_nobody_in_particular_may_do_nothing_that_is_protected(gateway: Gateway, table: type[Row]) -> None:
    problem = _refused(Gateway(gateway.app).post("/v1/things", sound()), table)
    assert problem["code"] == "forbidden"
    assert _only_event(table).data.actor.client_id == "anonymous"


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("limit=0", ("query:limit", "greater_than_equal")),
        ("limit=201", ("query:limit", "less_than_equal")),
        ("limit=ten", ("query:limit", "int_parsing")),
        ("cursor=" + "x" * 2001, ("query:cursor", "string_too_long")),
        ("page=2", ("query:page", "extra_forbidden")),
    ],
)
def test_a_bad_query_is_refused_by_parameter(
    query: str, fault: tuple[str, str], gateway: Gateway, table: type[Row]
) -> None:
    problem = _refused(gateway.get(f"/v1/things?{query}"), table)
    assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [fault]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("cursor", ["x", "AAAA", "!!!", "é", "A" * 60])
def test_a_cursor_nobody_made_is_refused(cursor: str, gateway: Gateway, table: type[Row]) -> None:
    assert _refused(gateway.get(f"/v1/things?cursor={cursor}"), table)["code"] == "cursor_invalid"


@pytest.mark.usefixtures("nothing_written")
def test_an_unknown_id_is_not_found(gateway: Gateway, table: type[Row]) -> None:
    problem = _refused(gateway.get("/v1/things/thing_unknown"), table)
    assert problem["code"] == "not_found"
    assert "thing_unknown" in problem["detail_zh"]
    assert body_of(_only_event(table), RequestRefused).target == "thing_unknown"


@pytest.mark.parametrize(("wanted", "language"), [("en-GB,en;q=0.9", "en"), ("zh-CN", "zh"), ("", "zh"), ("fr", "zh")])
def test_the_detail_is_in_the_language_asked_for_and_both_are_there(
    wanted: str, language: str, gateway: Gateway
) -> None:
    answer = gateway.get("/v1/things/thing_unknown", **({"Accept-Language": wanted} if wanted else {}))
    assert answer.headers["Content-Language"] == language
    assert answer.json["detail"] == answer.json[f"detail_{language}"]
    assert answer.json["detail_zh"] != answer.json["detail_en"]


def test_no_value_of_the_caller_stands_in_a_problem(gateway: Gateway) -> None:
    """A problem may be logged by anybody on its way; it names places, not what stood there (R-CRD-1)."""
    citizen = "11010119800101001X"
    bad = sound(colour=citizen, count=citizen, owner=citizen, origin={"kind": citizen}, parts=[citizen])
    answer = gateway.call("POST", "/v1/things", bad, JSON)
    assert len(answer.json["errors"]) == 5
    assert citizen not in answer.text
