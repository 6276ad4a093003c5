"""The consumer of a queue: a poison message fails alone, an event takes effect once, a lost race is decided again."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.aws.consumer import ATTEMPTS, consume
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import put_newer
from shared.contracts.access import RequestRefused
from shared.contracts.change import Context, Outdated
from shared.contracts.event import Event
from tests.support.acts import NOW, all_rows
from tests.support.aws import sqs_batch
from tests.support.event_samples import SAMPLES, as_event

Handler = Callable[[Event, Context], None]
REFUSAL = RequestRefused(method="GET", route="/v1/x", target="", status=403, code="forbidden")

POISON = (
    "",
    "not json",
    "[]",
    "{}",
    '{"specversion": "1.0"}',
    as_event(REFUSAL).model_dump_json().replace('"sequence":1', '"sequence":"one"'),
)


def _keeping(journal: Journal) -> Handler:
    def keep(event: Event, context: Context) -> None:
        assert context.once
        row = journal.table(pk=event.subject, sk=event.type, version=event.sequence, body=event.id)
        journal.keep(context.once, [put_newer("known", row)])

    return keep


def _run(batch: dict[str, Any], **handlers: Handler) -> list[str]:
    """The ids of the messages that failed."""
    by_type = {name.replace("_", "."): handler for name, handler in handlers.items()}
    answer = consume(batch, by_type, "tests", lambda: NOW)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize("text", POISON)
def test_a_poison_message_fails_alone(text: str, journal: Journal, table: type[Row]) -> None:
    good = [as_event(REFUSAL, sequence) for sequence in (1, 2)]
    failed = _run(sqs_batch(good[0], text, good[1]), request_refused_v1=_keeping(journal))
    assert failed == ["message-1"]
    assert len([row for row in all_rows(table) if row["sk"]["S"] == "once"]) == 2


def test_a_batch_of_poison_fails_message_by_message_and_not_as_a_whole(journal: Journal) -> None:
    """Otherwise SQS could not tell them from the rest of their batch."""
    assert _run(sqs_batch(*POISON), request_refused_v1=_keeping(journal)) == [f"message-{n}" for n in range(6)]


def test_an_event_delivered_again_takes_effect_once(journal: Journal, table: type[Row]) -> None:
    event = as_event(REFUSAL)
    assert _run(sqs_batch(event, event), request_refused_v1=_keeping(journal)) == []
    before = all_rows(table)
    assert _run(sqs_batch(event), request_refused_v1=_keeping(journal)) == []
    assert all_rows(table) == before


def test_an_event_nobody_handles_is_taken_off_the_queue(journal: Journal, table: type[Row]) -> None:
    assert _run(sqs_batch(*map(as_event, SAMPLES)), no_such_v1=_keeping(journal)) == []
    assert all_rows(table) == []


def test_a_lost_race_is_decided_again(journal: Journal) -> None:
    tries: list[int] = []

    def race(event: Event, context: Context) -> None:
        tries.append(event.sequence)
        if len(tries) < ATTEMPTS:
            raise Outdated
        _keeping(journal)(event, context)

    assert _run(sqs_batch(as_event(REFUSAL)), request_refused_v1=race) == []
    assert len(tries) == ATTEMPTS


def test_whoever_loses_every_race_is_delivered_again(journal: Journal, table: type[Row]) -> None:
    def lose(event: Event, _: Context) -> None:
        raise Outdated(event.id)

    batch = sqs_batch(as_event(REFUSAL))
    assert _run(batch, request_refused_v1=lose) == ["message-0"]
    assert all_rows(table) == []
    assert _run(batch, request_refused_v1=_keeping(journal)) == []


def test_a_handler_acts_as_the_service_on_the_requests_behalf() -> None:
    seen: list[Context] = []
    event = as_event(REFUSAL)
    _run(sqs_batch(event), request_refused_v1=lambda _, context: seen.append(context))
    (context,) = seen
    assert context.principal.client_id == "system:tests"
    assert not context.principal.roles
    assert context.correlation_id == event.data.correlation_id
    assert context.now == NOW
    assert context.once
    assert (context.once.key, context.once.fingerprint) == (f"event#{event.id}", event.commitment)
    assert context.once.kept_until is None


def test_each_message_is_one_line_with_its_requests_correlation_id(
    journal: Journal, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    event = as_event(REFUSAL)
    _run(sqs_batch(event, "poison 甲某", event), request_refused_v1=_keeping(journal))
    done, poison, again = lines()
    assert (done["correlation_id"], done["event_id"], done["outcome"]) == ("correlation-1", event.id, "done")
    assert (again["correlation_id"], again["outcome"]) == ("correlation-1", "done before")
    assert poison["message_id"] == "message-1"
    assert "correlation_id" not in poison
    assert "甲某" not in str(poison)
