"""A message nobody can read goes into the dead-letter queue alone; those beside it take effect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from localstack.demo.desk import eventually
from shared.contracts.event import GENESIS, Actor, Event, body_of, make_event
from shared.contracts.items import ItemPublished
from tests.support.aws import TICK
from tests.support.deployed import Deployed
from tests.support.small_city import EVENTS_SECONDS, FOOD, SmallCity

pytestmark = pytest.mark.stack

# A failed message comes back after so many seconds and is given up at the fifth time; a test need not wait for minutes.
_SOON = "10"
NEW_CODE = "000131016555"


@dataclass(frozen=True)
class Poisoned:
    """What was put into handover's queue and into the log's: damaged messages, and a good one beside them."""

    damaged: dict[str, list[str]]
    logged: Event


@contextmanager
def _impatient(stack: Deployed, url: str) -> Iterator[None]:
    """A queue that gives failed messages back soon."""
    sqs = stack.client("sqs")
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": _SOON})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@pytest.fixture(scope="module")
def poisoned(stack: Deployed, city: SmallCity) -> Iterator[Poisoned]:
    assert city.departments
    published = _published(stack)
    whole = published.model_dump_json()
    envelope = published.canonical().decode()
    damaged = {
        "handover": [
            whole[: len(whole) // 2],
            json.dumps({**json.loads(whole), "data": {**json.loads(whole)["data"], "body": {"item": "none"}}}),
        ],
        "log-rejected": [envelope[:-1], envelope.replace("{", '{"comment":"not canonical",', 1)],
    }
    queues = stack.queues()
    with _impatient(stack, queues["handover"]):
        _put(stack, queues["handover"], [damaged["handover"][0], whole, damaged["handover"][1]])
        _put(stack, queues["log"], [damaged["log-rejected"][0], envelope, damaged["log-rejected"][1]])
        yield Poisoned(damaged, published)


def _published(stack: Deployed) -> Event:
    """The publication of an item that the registry never published: only this message tells of it."""
    events = (event for event in stack.events("registry") if event.type == ItemPublished.TYPE)
    origin = next(event for event in events if body_of(event, ItemPublished).item.code == FOOD)
    item = body_of(origin, ItemPublished).item.model_copy(update={"code": NEW_CODE})
    return make_event(
        ItemPublished(item=item),
        source=origin.source,
        subject=origin.subject,
        sequence=origin.sequence + 1,
        previous=GENESIS,
        actor=Actor(client_id="cli_poison_0000000000"),
        correlation_id="poison-test",
        time=origin.time,
    )


def _put(stack: Deployed, url: str, bodies: list[str]) -> None:
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    answer = stack.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert not answer.get("Failed")


def _dead(stack: Deployed, name: str) -> list[str]:
    """The bodies in a dead-letter queue; reading leaves them there."""
    url = stack.queues()[f"{name}-dead"]
    messages: list[dict[str, Any]] = (
        stack.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    ).get("Messages", [])
    return sorted(message["Body"] for message in messages)


def test_the_good_message_beside_the_damaged_ones_takes_effect(city: SmallCity, poisoned: Poisoned) -> None:
    route = city.await_event(f"/handover/v1/routes/{NEW_CODE}", "approver")

    assert route["item_code"] == NEW_CODE
    assert poisoned.damaged["handover"]


def test_the_good_envelope_beside_the_damaged_ones_is_sealed(city: SmallCity, poisoned: Poisoned) -> None:
    found = city.await_event(f"/audit/v1/events/{poisoned.logged.id}/evidence", "auditor")

    assert found["entries"][0]["envelope"]["id"] == poisoned.logged.id


@pytest.mark.parametrize("queue", ["handover", "log-rejected"])
def test_the_damaged_messages_end_in_the_dead_letter_queue_alone(
    queue: str, stack: Deployed, poisoned: Poisoned
) -> None:
    eventually(
        lambda: len(_dead(stack, queue)) >= len(poisoned.damaged[queue]),
        seconds=EVENTS_SECONDS,
        what=f"the damaged messages in the dead-letter queue of {queue}",
    )

    assert _dead(stack, queue) == sorted(poisoned.damaged[queue])


def test_nothing_else_was_given_up(stack: Deployed, poisoned: Poisoned) -> None:
    assert stack.dead_letters() == {f"{name}-dead": len(bodies) for name, bodies in poisoned.damaged.items()}


def test_the_queues_go_on_after_the_poison(city: SmallCity, poisoned: Poisoned) -> None:
    assert poisoned.damaged
    receipt = city.accepted("AFTER-POISON", NEW_CODE)

    timeline = city.desk("liaison").get(f"/handover/v1/cases/{receipt['case_id']}/timeline")
    for entry in timeline["entries"]:
        city.await_event(f"/audit/v1/events/{entry['envelope']['id']}/evidence", "auditor")


def test_the_verifier_finds_the_envelope_that_no_service_wrote(
    stack: Deployed, city: SmallCity, poisoned: Poisoned
) -> None:
    """R-AUD-4: well-formed and sealed, it is no link of its chain."""
    city.await_event(f"/audit/v1/events/{poisoned.logged.id}/evidence", "auditor")
    functions = stack.client("lambda")
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    (verify,) = [name for name in names if "-audit-Verify-" in name]

    def found() -> list[dict[str, Any]]:
        functions.invoke(FunctionName=verify, Payload=json.dumps(TICK))
        faults = city.desk("auditor").get("/audit/v1/faults", limit="200")["faults"]
        return [each for each in faults if each["fault"]["subject"] == poisoned.logged.subject]

    (fault, *_) = eventually(found, seconds=EVENTS_SECONDS, what="a finding about the forged event's chain")
    assert fault["kind"] == "changed"
