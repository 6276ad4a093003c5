"""Forms and conditional reads: what OAuth clients and caches ask of an endpoint."""

from typing import Any

import pytest

from shared.contracts.model import Contract, ShortText
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.forms import FORM
from shared.http.service_app import ServiceApp
from tests.support.desk import RecordingDesk
from tests.support.gateway import Answer, Gateway


class _Asked(Contract):
    grant_type: ShortText
    client_id: ShortText | None = None


@pytest.fixture
def desk() -> RecordingDesk:
    return RecordingDesk()


@pytest.fixture
def gateway(desk: RecordingDesk) -> Gateway:
    api = Endpoints("tests.forms", lambda: desk)

    @api.endpoint(
        "POST", "/v1/form", summary="Say it back", action=None, body=_Asked, response=_Asked, content_types=(FORM,)
    )
    def ask(call: Call[_Asked, Nothing]) -> _Asked:
        return call.body

    @api.endpoint("GET", "/v1/known", summary="Something with a tag", action=None, response=_Asked)
    def known(_: Call[Nothing, Nothing]) -> Reply:
        return Reply(_Asked(grant_type="x"), version=3)

    return Gateway(ServiceApp("forms", api))


def _send(gateway: Gateway, form: str, kind: str = FORM) -> Answer:
    return gateway.call("POST", "/v1/form", form, {"Content-Type": kind})


def _pointers(answer: Answer) -> list[Any]:
    return [fault["pointer"] for fault in answer.json["errors"]]


def test_a_form_is_read_as_the_fields_of_its_model(gateway: Gateway) -> None:
    answer = _send(gateway, "grant_type=client%20credentials&client_id=%E4%B8%AD%2B", f"{FORM}; charset=utf-8")
    assert (answer.status, answer.json) == (200, {"grant_type": "client credentials", "client_id": "中+"})


def test_a_form_that_does_not_fit_is_a_problem_naming_every_field(gateway: Gateway, desk: RecordingDesk) -> None:
    answer = _send(gateway, "grant_typ=x&client_id=a&client_id=b")
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["code"] == "invalid_fields"
    assert sorted(_pointers(answer)) == ["/client_id", "/grant_typ", "/grant_type"]
    assert [body.TYPE for body in desk.noted] == ["request.refused.v1"]


def test_a_field_without_a_value_counts_as_left_out(gateway: Gateway) -> None:
    assert _pointers(_send(gateway, "grant_type=")) == ["/grant_type"]


def test_bytes_that_are_no_form_are_refused_and_not_a_defect(gateway: Gateway) -> None:
    assert _send(gateway, "\x00%ff%zz&&==").status == 400


def test_json_is_refused_where_a_form_is_wanted(gateway: Gateway) -> None:
    answer = _send(gateway, '{"grant_type": "x"}', "application/json")
    assert (answer.status, answer.json["code"]) == (415, "media_type_unsupported")


@pytest.mark.parametrize("held", ['"v3"', 'W/"v3"', '"v1", "v3"'])
def test_who_holds_the_answer_already_is_not_sent_it_again(gateway: Gateway, held: str) -> None:
    answer = gateway.get("/v1/known", **{"If-None-Match": held})
    assert (answer.status, answer.text, answer.headers["ETag"]) == (304, "", '"v3"')


def test_who_holds_another_version_is_sent_this_one(gateway: Gateway) -> None:
    answer = gateway.get("/v1/known", **{"If-None-Match": '"v2"'})
    assert (answer.status, answer.json["grant_type"]) == (200, "x")
