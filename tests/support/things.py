"""A service made for tests: things that are made once, edited by version, read with a record of the reading."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.aws.journal import Journal
from shared.contracts.chain import ChainHead
from shared.contracts.change import Desk, change
from shared.contracts.event import Body
from shared.contracts.model import Contract, Day, Identifier, Instant, ShortText
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.http.service_app import ServiceApp
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Action, Role
from tests.support.gateway import Gateway

SOURCE = "/shenguan/things"
CURSOR_KEY = b"k" * 32
SECRET = "11010119800101001X"
"""What must never leave a service by an error, a log or an event: here a person's id."""


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(Contract):
    name: ShortText
    size: Annotated[int, Field(ge=1, le=10)]


class Bought(Contract):
    kind: Literal["bought"]
    price: Annotated[str, Field(pattern=r"^[0-9]+$")]


class Found(Contract):
    kind: Literal["found"]
    place: ShortText


class NewThing(Contract):
    """A thing as it is asked for: every kind of field that requests of the services have."""

    name: ShortText
    colour: Colour
    count: Annotated[int, Field(ge=1)]
    made_at: Instant
    day: Day | None = None
    fragile: bool = False
    owner: Identifier | None = None
    parts: Annotated[tuple[Part, ...], Field(max_length=3)] = ()
    origin: Annotated[Bought | Found, Field(discriminator="kind")]


class Thing(Contract):
    thing_id: str
    name: ShortText
    version: int


class ThingMade(Body):
    TYPE: ClassVar[str] = "thing.made.v1"
    thing: Thing


class Things(Contract):
    limit: int
    cursor: str | None


def sound(**changed: object) -> dict[str, object]:
    """A request nothing is wrong with."""
    return {
        "name": "面馆",
        "colour": "red",
        "count": 1,
        "made_at": "2026-03-02T09:30:00+08:00",
        "parts": [{"name": "门", "size": 1}, {"name": "窗", "size": 2}],
        "origin": {"kind": "bought", "price": "12"},
    } | changed


def make_app(journal: Journal, desk: Callable[[], Desk] | None = None) -> ServiceApp:
    """The service on a journal."""
    api = Endpoints("tests.things", desk or (lambda: journal))
    _declare_writes(api, journal)
    _declare_reads(api, journal)
    return ServiceApp("things", api)


def _declare_writes(api: Endpoints, journal: Journal) -> None:
    @api.endpoint(
        "POST", "/v1/things", summary="Make a thing", action=Action.CASE_PUSH,
        body=NewThing, response=Thing, status=201, once=True,
    )  # fmt: skip
    def make(call: Call[NewThing, Nothing]) -> Thing:
        thing = Thing(thing_id=new_id("thing"), name=call.body.name, version=1)
        body = ThingMade(thing=thing)
        journal.commit(change(SOURCE, thing.thing_id, ChainHead(), thing, [body], call.context, thing))
        return thing

    @api.endpoint(
        "PUT", "/v1/things/{thing_id}", summary="Rename a thing", action=Action.CASE_PUSH,
        body=Part, response=Thing, edits=True,
    )  # fmt: skip
    def rename(call: Call[Part, Nothing]) -> Reply:
        stored = journal.read(call.path["thing_id"], Thing)
        if stored is None:
            raise Refused("not_found", id=call.path["thing_id"])
        if stored.state.version != call.version:
            raise Refused("version_stale", current=stored.state.version, given=call.version)
        thing = stored.state.model_copy(update={"name": call.body.name, "version": call.version + 1})
        body = ThingMade(thing=thing)
        journal.commit(change(SOURCE, thing.thing_id, stored.head, thing, [body], call.context, thing))
        return Reply(thing, version=thing.version)

    @api.endpoint("POST", "/v1/broken", summary="Fail inside", action=None, body=Part, response=Thing)
    def break_down(call: Call[Part, Nothing]) -> Thing:
        raise RuntimeError(f"could not store {call.body.name}")


def _declare_reads(api: Endpoints, journal: Journal) -> None:
    @api.endpoint(
        "GET", "/v1/things/{thing_id}", summary="Read a thing", action=Action.CASE_READ, response=Thing, personal=True
    )
    def read(call: Call[Nothing, Nothing]) -> Reply:
        stored = journal.read(call.path["thing_id"], Thing)
        if stored is None:
            raise Refused("not_found", id=call.path["thing_id"])
        return Reply(stored.state, version=stored.state.version)

    @api.endpoint("GET", "/v1/things", summary="List", action=None, query=PageQuery, response=Things)
    def find(call: Call[Nothing, PageQuery]) -> Things:
        position = position_of(call.query, "things", lambda: CURSOR_KEY)
        following = cursor_for(position or {"after": "a"}, "things", lambda: CURSOR_KEY)
        return Things(limit=call.query.limit, cursor=following)


def approver(app: ServiceApp) -> Gateway:
    """Somebody who may do all of it."""
    return Gateway(app).with_principal("dept_01BUREAU0000000000000000000", Role.APPROVER)
