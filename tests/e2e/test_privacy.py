"""Nothing that anybody said or is called leaves the services by way of the log (R-AUD-3).

After everything that the other tests did: what is confidential is taken from every payload there is, so that no list of
it can be forgotten. Looked at are the published files, the bucket, audit's index, the log's queue and what it gave up,
and every line that any function logged.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest

from infra.build import SERVICES
from localstack.demo.desk import eventually
from shared.contracts.event import Event
from shared.kernel.canonical import canonical_json
from tests.support import privacy
from tests.support.deployed import Deployed
from tests.support.privacy import Place
from tests.support.small_city import (
    EVENTS_SECONDS,
    LIAISONS,
    PHONES,
    SmallCity,
    decision_body,
    inspection_body,
    shop,
)

pytestmark = pytest.mark.stack

NUMBER = "SP-2026-000777"
SHOP = shop(777)


@contextmanager
def _sealing_paused(stack: Deployed) -> Iterator[None]:
    """The log's queue keeps what it is given while nobody seals."""
    functions = stack.client("lambda")
    queue = stack.queues()["log"].rsplit("/", 1)[1]
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    (sealing,) = [each["UUID"] for each in mappings if each["EventSourceArn"].endswith(f":{queue}")]
    functions.update_event_source_mapping(UUID=sealing, Enabled=False)
    yield
    functions.update_event_source_mapping(UUID=sealing, Enabled=True)


@pytest.fixture(scope="module")
def queued(stack: Deployed, city: SmallCity) -> list[Place]:
    """What lies in the log's queue after a case was accepted, claimed, decided and inspected, and a request refused."""
    with _sealing_paused(stack):
        accepted = city.accepted(NUMBER, applicant=SHOP)
        path = f"/handover/v1/pushes/{accepted['pushes'][0]['push_id']}"
        city.desk("liaison").get(path)
        city.desk("liaison").post(f"{path}/claim", None)
        city.desk("approver").post("/handover/v1/decisions", decision_body(NUMBER))
        city.desk("approver").post("/credit/v1/lookups", _question())
        city.desk("stranger").send(f"{path}/claim", None)
        _told(city, "inspector", inspection_body(accepted["case_id"]))
        eventually(lambda: not stack.unsent(), seconds=EVENTS_SECONDS, what="everything that happened in the queue")
        return list(privacy.waiting(stack, "log"))


@pytest.fixture(scope="module")
def events(stack: Deployed, queued: list[Place]) -> list[Event]:
    """Every event of every service, and the log with all of them in it."""
    assert queued
    eventually(stack.quiet, seconds=EVENTS_SECONDS, what="everything that happened in the log")
    return [event for service in SERVICES for event in stack.events(service)]


@pytest.fixture(scope="module")
def secrets(events: list[Event], city: SmallCity) -> set[str]:
    """What is confidential: every text of every payload, people's names and phones, and what opens doors."""
    said = privacy.confidential(privacy.texts_of(events))
    assert {SHOP["name"], SHOP["code"], NUMBER, *LIAISONS, f"{PHONES}1", f"{PHONES}2"} <= said
    return said | {SHOP["phone"]} | city.tokens


def _question() -> dict[str, str]:
    return {"subject_code": SHOP["code"], "subject_kind": "organisation", "case_number": NUMBER}


def _told(city: SmallCity, desk: str, body: object) -> None:
    """Send feedback until its service has heard of the case and of the push."""
    eventually(
        lambda: city.desk(desk).send("/feedback/v1/threads", body).is_success,
        seconds=EVENTS_SECONDS,
        what="the case at feedback",
    )


PLACES: dict[str, Callable[[Deployed], Iterable[Place]]] = {
    "what is published": privacy.published,
    "the bucket": privacy.stored,
    "the index": privacy.indexed,
    "the log's dead letters": lambda stack: privacy.waiting(stack, "log-dead"),
    "the lines that functions logged": privacy.written,
}


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES.keys())
def test_nothing_confidential_is_in(
    places: Callable[[Deployed], Iterable[Place]], stack: Deployed, secrets: set[str]
) -> None:
    """R-AUD-3: plain, as JSON escapes it, or as a bare hash that anybody could guess."""
    assert privacy.found(secrets, places(stack)) == []


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES.keys())
def test_no_chinese_is_in(places: Callable[[Deployed], Iterable[Place]], stack: Deployed, events: list[Event]) -> None:
    """No name, address or sentence of ours is written without Chinese characters."""
    assert events
    assert privacy.chinese(places(stack)) == []


def test_there_is_something_in_which_it_could_be(stack: Deployed, events: list[Event]) -> None:
    """None of the places is empty, but the dead letters when nothing was ever given up."""
    assert len(events) > 50
    for name, places in PLACES.items():
        assert "dead letters" in name or next(iter(places(stack)), None), name


def test_nothing_confidential_waits_in_the_logs_queue(queued: list[Place], secrets: set[str]) -> None:
    """R-AUD-3: bodies and attributes."""
    kinds = ("case.accepted", "push.claimed", "case.decided", "credit.looked_up", "feedback.opened", "request.refused")
    together = b"\n".join(content for _, content in queued)
    assert [kind for kind in kinds if kind.encode() not in together] == []
    assert privacy.found(secrets, queued) == []
    assert privacy.chinese(queued) == []


def test_a_commitment_cannot_be_guessed_from_the_payload_alone(stack: Deployed, events: list[Event]) -> None:
    """R-AUD-3: each has a nonce of its own, and the bare hash of no payload is anywhere in the log."""
    assert len({event.nonce for event in events}) == len(events)
    log = b"".join(stack.log_entries(stack.checkpoint().size))
    bare = [sha256(canonical_json(event.data.model_dump(mode="json"))).hexdigest() for event in events]
    assert not [each for each in bare if each.encode() in log]
    assert not [event.id for event in events if event.nonce.encode() in log]
