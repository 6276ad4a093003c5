"""A consumer that lost everything is rebuilt from what the registry tells once more."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from services.handover import events as handover_events
from services.handover import wiring as handover
from services.registry import wiring
from services.registry.domain.republication import TOLD, Walk
from services.registry.logic import republication
from shared.aws.consumer import take
from shared.aws.settings import settings
from shared.aws.table import Row, bound_table
from shared.contracts.event import Event
from shared.kernel.errors import Unavailable
from tests.support.acts import NOW
from tests.support.aws import unsent_events
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_published_item,
    item_body,
    publish,
    put,
    registrar,
)

LATER = NOW.replace(year=NOW.year + 10)


class Heard:
    """Consumers at the other end of the topic; every third step is lost on the way."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.asked = 0

    def republish(self, events: Sequence[Event]) -> int:
        self.asked += 1
        if self.asked % 3 == 0:
            raise Unavailable
        self.events += events
        return len(events)


def everything(heard: Heard) -> int:
    """Walk from beginning to end as the operator's command does; how many steps it took."""
    walk: Walk | None = Walk()
    steps = 0
    while walk is not None:
        try:
            step = republication.republish(wiring.past(), heard, walk)
        except Unavailable:
            continue
        # What travels between command and function is JSON.
        walk = Walk.model_validate_json(step.walk.model_dump_json()) if step.walk else None
        steps += 1
    return steps


@pytest.fixture
def city(table: type[Row]) -> Mapping[str, str]:  # noqa: ARG001
    """Several departments, each list longer than a step, some items with several versions and one only drafted."""
    bureau, market = a_bureau(), a_department()
    for number in range(republication.AGGREGATES_A_STEP + 3):
        file = a_published_item(bureau, market, code=f"CODE-{number:02}")
        if number % 10 == 0:
            body = item_body(bureau, market, code=f"CODE-{number:02}", name="改名")
            edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", body, 2, key=f"edit-{number}")
            assert publish(registrar(bureau), edited.json, reason="改名").status == 200
    assert registrar(bureau).post("/v1/items", item_body(bureau, market, code="DRAFT")).status == 201
    return {"bureau": bureau, "market": market}


def told_at_first(table: type[Row]) -> set[str]:
    return {event.id for event in unsent_events(table) if event.type in TOLD}


@pytest.mark.usefixtures("city")
def test_everything_consumers_keep_is_told_again_and_nothing_else(table: type[Row]) -> None:
    """R-REG-4: old versions too, from the stored events themselves, so that each keeps its id and its proof."""
    heard = Heard()
    steps = everything(heard)
    assert {event.id for event in heard.events} == told_at_first(table)
    assert len(heard.events) == len({event.id for event in heard.events})
    assert all(event.is_committed() for event in heard.events)
    assert steps >= 4


@pytest.mark.usefixtures("city")
def test_of_one_aggregate_the_events_come_in_order() -> None:
    heard = Heard()
    everything(heard)
    seen: dict[str, int] = {}
    for event in heard.events:
        assert event.sequence > seen.get(event.subject, 0)
        seen[event.subject] = event.sequence


@pytest.mark.usefixtures("table")
def test_an_empty_registry_is_told_in_one_step() -> None:
    heard = Heard()
    assert everything(heard) == 1
    assert heard.events == []


@pytest.fixture
def handovers_table(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:  # noqa: ARG001
    """Handover with an empty table, in the same account."""
    found = bound_table("test-handover")
    found.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    monkeypatch.setenv("TABLE_NAME", "test-handover")
    monkeypatch.setenv("RECEIPT_KEY_ID", "key")
    settings.cache_clear()
    handover.journal.cache_clear()
    handover.directory.cache_clear()
    handover.settings.cache_clear()
    yield found
    handover.journal.cache_clear()
    handover.directory.cache_clear()
    handover.settings.cache_clear()
    settings.cache_clear()


def kept(table: type[Row]) -> dict[tuple[str, str], str | None]:
    return {(row.pk, row.sk): row.body for row in table.scan() if not row.pk.startswith("event#")}


@pytest.mark.usefixtures("city")
def test_an_emptied_handover_is_rebuilt_exactly(table: type[Row], request: pytest.FixtureRequest) -> None:
    """Whatever it had from the first telling it has again from the second, whatever came twice and in which order."""
    first = [event for event in unsent_events(table) if event.type in handover_events.HANDLERS]
    heard = Heard()
    everything(heard)
    handovers = request.getfixturevalue("handovers_table")

    def listen(events: Any) -> dict[tuple[str, str], str | None]:
        for event in events:
            take(event, handover_events.HANDLERS, "handover", lambda: LATER)
        return {key: body for key, body in kept(handovers).items() if not key[0].startswith("once")}

    had = listen(first)
    assert had
    for row in handovers.scan():
        row.delete()
    again = [event for event in heard.events if event.type in handover_events.HANDLERS]
    assert listen([*reversed(again), *again]) == had
