"""Input at the edge of what numbers, calendars and keys can hold: refused in words, never a failure inside."""

import json

import pytest

from shared.http.incoming import LONGEST_STEP
from tests.support.gateway import Gateway
from tests.support.things import sound

JSON = {"Content-Type": "application/json", "Idempotency-Key": "key-1"}
MORE_DIGITS_THAN_PYTHON_READS = "9" * 5000


@pytest.mark.parametrize(
    "body",
    [
        f'{{"name": {MORE_DIGITS_THAN_PYTHON_READS}}}',
        f'{{"name": {MORE_DIGITS_THAN_PYTHON_READS}, "count":',
        "[" * 50_000,
    ],
)
def test_json_that_no_parser_takes_is_invalid_json(gateway: Gateway, body: str) -> None:
    answer = gateway.call("POST", "/v1/things", body, JSON)
    assert (answer.status, answer.json["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    "instant",
    ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59Z", "0001-12-31T00:00:00Z"],
)
def test_an_instant_that_no_other_offset_can_tell_is_named_as_out_of_range(gateway: Gateway, instant: str) -> None:
    """Beijing's date is taken of every instant that law counts from (R-HND-14)."""
    answer = gateway.post("/v1/things", sound(made_at=instant))
    assert answer.status == 400
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == [
        ("/made_at", "datetime_out_of_range")
    ]
    assert "年份" in answer.json["errors"][0]["zh"]


@pytest.mark.parametrize("given", ["11010119800101001X", "call-13900000001", "x" * 65, "a\nb-12345"])
def test_a_request_is_not_called_by_a_persons_number(gateway: Gateway, given: str) -> None:
    """Its name stands in every log line and event (R-AUD-1, R-CRD-1)."""
    answer = gateway.get("/v1/things/thing_1", **{"X-Correlation-Id": given})
    assert answer.headers["X-Correlation-Id"].startswith("req_")


@pytest.mark.parametrize(
    "given", ["01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "6f1c2d3e-0000-4b5c-8d9e-1a2b3c4d5e6f", "counter-7_2026-03-02"]
)
def test_a_request_is_called_what_its_caller_calls_it(gateway: Gateway, given: str) -> None:
    answer = gateway.get("/v1/things/thing_1", **{"X-Correlation-Id": given})
    assert answer.headers["X-Correlation-Id"] == given


def test_a_name_longer_than_any_of_ours_names_nothing(gateway: Gateway) -> None:
    """DynamoDB answers a key over 2048 bytes with an error and not with nothing; moto does not."""
    answer = gateway.get(f"/v1/things/{'x' * 2049}")
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert len(json.dumps(answer.json, ensure_ascii=False)) < 10 * LONGEST_STEP
