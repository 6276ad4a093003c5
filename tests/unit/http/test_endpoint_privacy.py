"""What endpoints keep of a request never tells a person's id (R-CRD-1)."""

from typing import NoReturn

import pytest

from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.change import Answer as FirstAnswer
from shared.contracts.change import Context, Once
from shared.contracts.event import Body
from shared.contracts.model import Contract
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.service_app import ServiceApp
from shared.kernel.errors import Refused
from shared.kernel.permissions import Action, Role
from tests.support.gateway import Gateway

CITIZEN = "11010119800101001X"


class _Person(Contract):
    code: str


class _Desk:
    def __init__(self) -> None:
        self.noted: list[Body] = []
        self.onces: list[Once] = []

    def answer(self, key: str) -> FirstAnswer | None:
        assert key
        return None

    def note(self, body: Body, context: Context) -> None:
        assert context.correlation_id
        self.noted.append(body)


@pytest.fixture
def desk() -> _Desk:
    return _Desk()


@pytest.fixture
def gateway(desk: _Desk) -> Gateway:
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


def test_an_id_in_an_address_is_masked_in_the_events_of_a_read_and_of_a_refusal(gateway: Gateway, desk: _Desk) -> None:
    gateway.get(f"/v1/read/{CITIZEN}")
    gateway.get(f"/v1/refused/{CITIZEN}")
    read, refused = desk.noted
    assert isinstance(read, RecordRead)
    assert isinstance(refused, RequestRefused)
    assert read.target == refused.target == "110***********001X"


def test_the_same_body_under_two_keys_leaves_two_fingerprints(gateway: Gateway, desk: _Desk) -> None:
    """A fingerprint that only the key's holder can make cannot be searched for a person."""
    for key in ("key-1", "key-1", "key-2"):
        gateway.post("/v1/asked", {"code": CITIZEN}, key=key)
    first, again, other = (once.fingerprint for once in desk.onces)
    assert first == again
    assert first != other
