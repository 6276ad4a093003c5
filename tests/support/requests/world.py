"""What requests are made of: the city they are asked in, one request as it is sent, and what a good one consists of."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from localstack.demo.desk import eventually
from tests.support.file_builders import SCAN
from tests.support.import_builders import send_upload
from tests.support.small_city import EVENTS_SECONDS, SmallCity, shop

Json = dict[str, Any]

NUMBER = "BAD-2026-000001"
SHOP = shop(900)
JSON = "application/json"
CASE = {"case_id": "case"}
ANOTHER_REASON: Json = {"reason": "另一缘由"}


@dataclass
class World:
    """The city, and the ids of what stands in it, by name."""

    city: SmallCity
    ids: dict[str, str] = field(default_factory=dict)
    first: dict[str, tuple["Ask", httpx.Response]] = field(default_factory=dict)
    """The first request to each endpoint that is idempotent, with its answer."""


@dataclass(frozen=True)
class Ask:
    """One request as it goes over the wire. `desk` None shows no token; `token` overrides the desk's."""

    method: str
    path: str
    desk: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None

    def send(self, city: SmallCity) -> httpx.Response:
        token = self.token or (city.desk(self.desk).token if self.desk else None)
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{city.stack.base_url}{self.path}"
        return city.stack.http.request(
            self.method, url, params=self.query, content=self.body, headers={**shown, **self.headers}
        )


@dataclass(frozen=True)
class Good:
    """What a good request to one endpoint is made of."""

    desk: str | None
    body: Callable[[World], Json] | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    """Each path parameter, with the name of an id of the world, or the value itself."""
    query: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    learns: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Ids that its answer tells."""
    other: Json | None = None
    """Fields that make it another request, for its key to be refused."""
    other_path: Mapping[str, str] = field(default_factory=dict)
    prepare: "Callable[[World], None]" = field(default=lambda _: None)
    """What must have happened before it is asked for the first time."""


def market(world: World) -> str:
    return world.city.departments["market"]


def why(world: World) -> Json:
    del world
    return {"reason": "依据文件调整"}


def uploaded(name: str) -> Callable[[Any], str]:
    """What was declared by its id, once its bytes were sent where its link says."""

    def send(made: Any) -> str:
        send_upload(made["upload"], SCAN)
        return str(made[name])

    return send


def as_json(value: object) -> bytes:
    """JSON as an agency's system would write it."""
    return json.dumps(value, ensure_ascii=False).encode()


def succeeded(city: SmallCity, ask: Ask) -> httpx.Response:
    """The answer, once the service has heard of what the request is about."""
    early = {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}

    def answered() -> httpx.Response | None:
        answer = ask.send(city)
        return None if answer.status_code in early else answer

    answer = eventually(answered, seconds=EVENTS_SECONDS, what=ask.path)
    assert answer.is_success, f"{ask.method} {ask.path}: {answer.status_code} {answer.text}"
    return answer
