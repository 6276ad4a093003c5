"""What an endpoint does with sound requests, repeated ones, and its own failures (R-HND-13, R-AUD-1)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from pynamodb.exceptions import GetError

from shared.aws.failures import is_passing
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.access import RecordRead
from shared.contracts.change import AlreadyDone, Answer, Context, Once, Outdated
from shared.contracts.event import Body, body_of
from shared.contracts.model import Contract
from shared.http.endpoints import ATTEMPTS, Call, Endpoints, Nothing
from shared.http.service_app import ServiceApp
from shared.kernel.errors import Refused, Unavailable
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.gateway import Gateway
from tests.support.things import SECRET, approver, make_app, sound

EDIT = {"Content-Type": "application/json"}


def _types(table: type[Row]) -> list[str]:
    return sorted(event.type for event in unsent_events(table))


# ── Once ────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_key_and_request_get_the_first_answer_and_nothing_is_written(
    gateway: Gateway, table: type[Row]
) -> None:
    first = gateway.post("/v1/things", sound(), key="key-1")
    before = all_rows(table)
    again = gateway.post("/v1/things", sound(), key="key-1")
    assert first.status == again.status == 201
    assert again.text == first.text
    assert (first.headers.get("Idempotent-Replayed"), again.headers.get("Idempotent-Replayed")) == (None, "true")
    assert all_rows(table) == before


def test_the_same_key_for_another_request_is_refused(gateway: Gateway, table: type[Row]) -> None:
    gateway.post("/v1/things", sound(), key="key-1")
    other = gateway.post("/v1/things", sound(name="茶馆"), key="key-1")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert _types(table) == ["request.refused.v1", "thing.made.v1"]


def test_a_key_belongs_to_its_client(gateway: Gateway, table: type[Row]) -> None:
    other = gateway.with_principal("dept_01BUREAU0000000000000000000", Role.APPROVER, client_id="cli_other_0001")
    answers = [each.post("/v1/things", sound(), key="key-1") for each in (gateway, other)]
    assert [answer.status for answer in answers] == [201, 201]
    assert len({answer.json["thing_id"] for answer in answers}) == 2
    assert _types(table) == ["thing.made.v1"] * 2


def test_spelling_the_same_request_otherwise_is_the_same_request(gateway: Gateway) -> None:
    first = gateway.post("/v1/things", sound(), key="key-1")
    spelt = json.dumps(dict(reversed(sound(name=" 面馆 ", made_at="2026-03-02T01:30:00Z").items())), indent=3)
    again = gateway.call("POST", "/v1/things", spelt, EDIT | {"Idempotency-Key": "key-1"})
    assert again.text == first.text


# ── Edits ───────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_needs_the_version_that_was_read(gateway: Gateway, table: type[Row]) -> None:
    thing = gateway.post("/v1/things", sound()).json
    url = f"/v1/things/{thing['thing_id']}"
    tag = str(gateway.get(url).headers["ETag"])
    new = {"name": "茶馆", "size": 1}
    edited = gateway.call("PUT", url, new, EDIT | {"If-Match": tag})
    assert (edited.status, edited.headers["ETag"], edited.json["name"]) == (200, '"v2"', "茶馆")
    stale = gateway.call("PUT", url, new, EDIT | {"If-Match": tag})
    assert (stale.status, stale.json["code"]) == (412, "version_stale")
    assert "2" in stale.json["detail_en"]
    assert _types(table).count("thing.made.v1") == 2


# ── Reading what is personal ────────────────────────────────────────────────────────────────────


def test_a_personal_read_is_recorded_with_who_and_what(gateway: Gateway, table: type[Row]) -> None:
    """R-AUD-1."""
    thing = gateway.post("/v1/things", sound()).json
    gateway.get(f"/v1/things/{thing['thing_id']}", **{"X-Correlation-Id": "correlation-42"})
    event = next(event for event in unsent_events(table) if event.type == "record.read.v1")
    assert body_of(event, RecordRead) == RecordRead(route="/v1/things/{thing_id}", target=thing["thing_id"])
    assert event.data.actor.client_id == gateway.principal.client_id if gateway.principal else False
    assert event.data.correlation_id == "correlation-42"


@dataclass
class BrokenDesk:
    """A journal that cannot note anything."""

    journal: Journal
    noted: list[Body] = field(default_factory=list)

    def answer(self, key: str) -> Answer | None:
        return self.journal.answer(key)

    def note(self, body: Body, context: Context) -> None:
        assert context.correlation_id
        self.noted.append(body)
        raise Unavailable

    def note_once(self, body: Body, context: Context, once: Once) -> bool:
        assert once.key
        self.note(body, context)
        return True


def test_a_personal_read_that_cannot_be_recorded_is_not_shown(journal: Journal, gateway: Gateway) -> None:
    """R-AUD-1: fail closed."""
    thing = gateway.post("/v1/things", sound(name="甲某")).json
    broken = approver(make_app(journal, lambda: BrokenDesk(journal)))
    answer = broken.get(f"/v1/things/{thing['thing_id']}")
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    assert "甲某" not in answer.text


def test_a_refusal_that_cannot_be_recorded_still_reaches_its_caller(journal: Journal) -> None:
    desk = BrokenDesk(journal)
    answer = approver(make_app(journal, lambda: desk)).get("/v1/things/thing_unknown")
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert [body.TYPE for body in desk.noted] == ["request.refused.v1"]


# ── Our own failures ────────────────────────────────────────────────────────────────────────────


def test_a_defect_is_a_500_that_tells_nothing_of_what_was_sent(
    gateway: Gateway, table: type[Row], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = gateway.post("/v1/broken", {"name": SECRET, "size": 1})
    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert SECRET not in answer.text
    assert "RuntimeError" not in answer.text
    assert str(answer.headers["X-Correlation-Id"]) in answer.json["detail_zh"]
    assert all_rows(table) == []
    failure, request = lines()
    assert (request["code"], request["status"]) == ("internal", 500)
    assert failure["exception_name"] == "RuntimeError"
    assert "could not store" in failure["exception"]
    assert SECRET not in json.dumps([failure, request])


class _Empty(Contract):
    pass


def _failing(journal: Journal, *raised: Exception) -> tuple[Gateway, list[int]]:
    """An endpoint that raises these, one a call, and then answers."""
    api = Endpoints("tests.failing", lambda: journal)
    calls: list[int] = []

    @api.endpoint("POST", "/v1/act", summary="Act", action=None, response=_Empty)
    def act(_: Call[Nothing, Nothing]) -> _Empty:
        calls.append(len(calls))
        if len(calls) <= len(raised):
            raise raised[len(calls) - 1]
        return _Empty()

    return Gateway(ServiceApp("failing", api)), calls


def test_a_lost_race_is_decided_again(journal: Journal) -> None:
    gateway, calls = _failing(journal, Outdated(), Outdated())
    assert gateway.post("/v1/act", {}).status == 200
    assert len(calls) == 3


def test_whoever_loses_every_race_is_told_to_repeat(journal: Journal, table: type[Row]) -> None:
    gateway, calls = _failing(journal, *(Outdated() for _ in range(ATTEMPTS)))
    answer = gateway.post("/v1/act", {})
    assert (answer.status, answer.json["code"]) == (409, "changed_meanwhile")
    assert len(calls) == ATTEMPTS
    assert _types(table) == ["request.refused.v1"]


def test_an_outage_is_a_503_to_be_repeated_and_no_refusal_of_ours(journal: Journal, table: type[Row]) -> None:
    gateway, _ = _failing(journal, Unavailable())
    answer = gateway.post("/v1/act", {})
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "unavailable", "2")
    assert all_rows(table) == []


def test_what_is_done_already_without_a_key_to_ask_for_is_a_defect(journal: Journal) -> None:
    gateway, _ = _failing(journal, AlreadyDone())
    assert gateway.post("/v1/act", {}).status == 500


def test_a_refusal_by_a_rule_is_its_status(journal: Journal) -> None:
    gateway, _ = _failing(journal, Refused("liaison_missing", department="dept_x"))
    assert gateway.post("/v1/act", {}).status == 422


# ── Correlation ─────────────────────────────────────────────────────────────────────────────────


def test_the_callers_correlation_id_travels_into_answer_event_and_log(
    gateway: Gateway, table: type[Row], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = gateway.post("/v1/things", sound(), **{"X-Correlation-Id": "counter-7-0001"})
    assert answer.headers["X-Correlation-Id"] == "counter-7-0001"
    (event,) = unsent_events(table)
    assert event.data.correlation_id == "counter-7-0001"
    (line,) = lines()
    assert (line["correlation_id"], line["route"], line["status"]) == ("counter-7-0001", "POST /v1/things", 201)


@pytest.mark.parametrize("given", ["short", "x" * 65, "line\nbreak-0001", "中文中文中文中文", '{"a":"b"}'])
def test_a_correlation_id_that_could_forge_a_log_line_is_replaced(given: str, gateway: Gateway) -> None:
    answer = gateway.post("/v1/things", sound(), **{"X-Correlation-Id": given})
    assert str(answer.headers["X-Correlation-Id"]).startswith("req_")


# ── Logs ────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_is_one_line_of_json_without_its_content(
    gateway: Gateway, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """R-AUD-1, privacy: lines carry ids, codes and counts only."""
    gateway.post("/v1/things", sound(name=SECRET))
    gateway.post("/v1/things", sound(name=SECRET, colour=SECRET))
    written = lines()
    assert [line["code"] for line in written] == ["ok", "invalid_fields"]
    assert SECRET not in json.dumps(written)
    assert all(line["client"] == "cli_approver_0000" for line in written)


# ── Chalice's own answers ───────────────────────────────────────────────────────────────────────


def test_a_method_there_is_not_is_a_problem_too(gateway: Gateway) -> None:
    answer = gateway.call("DELETE", "/v1/things", None, {})
    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_sound_list_has_a_cursor_that_leads_on(gateway: Gateway) -> None:
    first = gateway.get("/v1/things?limit=7").json
    assert first["limit"] == 7
    assert gateway.get(f"/v1/things?cursor={first['cursor']}").status == 200


@dataclass
class ThrottledDesk(BrokenDesk):
    """A journal whose table is throttled."""

    def answer(self, key: str) -> Answer | None:
        cause = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "GetItem")
        raise GetError(key, cause)


def test_a_throttled_table_is_no_defect_and_the_caller_may_try_again(journal: Journal) -> None:
    gateway = approver(make_app(journal, lambda: ThrottledDesk(journal)))
    gateway.post("/v1/things", sound(), key="again")
    answer = gateway.post("/v1/things", sound(), key="again")
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "unavailable", "2")


@pytest.mark.parametrize(
    ("failure", "passes"),
    [
        (ReadTimeoutError(endpoint_url="here"), True),
        (GetError("get", ReadTimeoutError(endpoint_url="here")), True),
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"), True),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "Query"), False),
        (GetError("get"), False),
        (ValueError("ours"), False),
    ],
)
def test_only_what_passes_by_itself_asks_for_another_try(failure: Exception, passes: bool) -> None:
    assert is_passing(failure) is passes


def test_an_answer_names_a_hundred_faults_and_counts_the_rest(gateway: Gateway) -> None:
    answer = gateway.post("/v1/things", {f"unknown{number}": 1 for number in range(5000)})
    assert len(answer.json["errors"]) == 100
    assert "5005" in answer.json["detail_en"]
