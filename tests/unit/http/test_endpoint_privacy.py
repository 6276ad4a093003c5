"""What endpoints keep of a request never tells a person's id (R-CRD-1)."""

from typing import NoReturn

import pytest

from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.model import Contract
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.service_app import ServiceApp
from shared.kernel.clock import from_text
from shared.kernel.errors import Refused
from shared.kernel.permissions import Action, Role
from tests.support.desk import RecordingDesk
from tests.support.gateway import Gateway

CITIZEN = "11010119800101001X"


class _Person(Contract):
    code: str


@pytest.fixture
def desk() -> RecordingDesk:
    return RecordingDesk()


@pytest.fixture
def gateway(desk: RecordingDesk) -> Gateway:
    api = Endpoints("tests.privacy", lambda: desk)

    @api.endpoint("GET", "/v1/read/{code}", summary="Read", action=Action.CREDIT_READ, response=_Person, personal=True)
    def read(call: Call[Nothing, Nothing]) -> _Person:
        return _Person(code=call.path["code"])

    @api.endpoint("GET", "/v1/refused/{code}", summary="Refuse", action=Action.CREDIT_READ, response=_Person)
    def refuse(_: Call[Nothing, Nothing]) -> NoReturn:
        raise Refused("not_your_department")

    @api.endpoint(
        "POST", "/v1/asked", summary="Ask", action=Action.CREDIT_READ, body=_Person, response=_Person, once=True
    )
    def ask(call: Call[_Person, Nothing]) -> _Person:
        assert call.context.once
        desk.onces.append(call.context.once)
        return call.body

    return Gateway(ServiceApp("privacy", api)).with_principal(None, Role.CREDIT_AUTHORITY)


def test_an_id_in_an_address_is_masked_in_the_events_of_a_read_and_of_a_refusal(
    gateway: Gateway, desk: RecordingDesk
) -> None:
    gateway.get(f"/v1/read/{CITIZEN}")
    gateway.get(f"/v1/refused/{CITIZEN}")
    read, refused = desk.noted
    assert isinstance(read, RecordRead)
    assert isinstance(refused, RequestRefused)
    assert read.target == refused.target == "110***********001X"


def test_the_same_body_under_two_keys_leaves_two_fingerprints(gateway: Gateway, desk: RecordingDesk) -> None:
    """A fingerprint that only the key's holder can make cannot be searched for a person."""
    for key in ("key-1", "key-1", "key-2"):
        gateway.post("/v1/asked", {"code": CITIZEN}, key=key)
    first, again, other = (once.fingerprint for once in desk.onces)
    assert first == again
    assert first != other


def test_a_flood_of_anonymous_refusals_is_recorded_once_a_minute() -> None:
    """R-AUD-1: every kind of refusal is on record; whoever floods a public page cannot flood the log."""
    desk = RecordingDesk()
    now = [from_text("2026-03-02T01:30:10Z")]
    public = Endpoints("tests.flood", lambda: desk, clock=lambda: now[0])

    @public.endpoint("GET", "/v1/gone/{name}", summary="gone", action=None, response=Nothing)
    def gone(call: Call[Nothing, Nothing]) -> Nothing:
        raise Refused("not_found", id=call.path["name"])

    gateway = Gateway(ServiceApp("flood", public))
    for number in range(3):
        assert gateway.get(f"/v1/gone/{number}").status == 404
    assert len(desk.noted) == 1
    now[0] = from_text("2026-03-02T01:31:00Z")
    gateway.get("/v1/gone/3")
    assert len(desk.noted) == 2
