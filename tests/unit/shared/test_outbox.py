"""From the table to everybody: nothing is unmarked before both places have it; nothing waits for a bad neighbour."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.aws.journal import Journal
from shared.aws.outbox import BATCH, BATCH_BYTES, Outbox, Swept, stream_event
from shared.aws.table import Row
from shared.contracts.event import Event
from shared.http import outbox as functions
from shared.kernel.ids import new_id
from tests.support.acts import NOW, SOURCE, Mailbox, act, all_rows, count_up, counting
from tests.support.aws import TICK, unsent_events

FAILURES = (
    EndpointConnectionError(endpoint_url="https://sns.example"),
    ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "PublishBatch"),
)


def _outbox(table: type[Row], mailbox: Mailbox) -> Outbox:
    return Outbox(table, mailbox, mailbox, "topic", "queue")  # type: ignore[arg-type]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def _events(table: type[Row], many: int, note: str = "") -> list[Event]:
    made = [count_up(table, new_id("case"), act(correlation_id=f"c-{number}{note}")) for number in range(many)]
    return [event for change in made for event in change.events]


def test_batches_are_of_ten_and_their_order_is_kept(table: type[Row], mailbox: Mailbox) -> None:
    events = _events(table, 23)
    assert _outbox(table, mailbox).publish(events) == 23
    assert mailbox.told_events() == events
    assert len(mailbox.batches) == 3
    assert unsent_events(table) == []


def test_a_batch_never_holds_more_bytes_than_a_request_may(table: type[Row], mailbox: Mailbox) -> None:
    long = _long_events(table, "长" * 20_000, 9)
    assert _outbox(table, mailbox).publish(long) == 9
    assert len(mailbox.batches) == 3
    assert max(mailbox.batches) <= BATCH_BYTES
    assert len(mailbox.told) == 9


def test_an_event_as_long_as_a_request_goes_alone(table: type[Row], mailbox: Mailbox) -> None:
    events = [*_events(table, 1), *_long_events(table, "x" * (BATCH_BYTES - 700), 1), *_events(table, 1)]
    assert _outbox(table, mailbox).publish(events) == 3
    assert len(mailbox.batches) == 3


@pytest.mark.parametrize("place", ["refused_topic", "refused_queue"])
def test_what_one_place_did_not_take_stays_marked_alone(place: str, table: type[Row], mailbox: Mailbox) -> None:
    events = _events(table, BATCH)
    getattr(mailbox, place).add(events[3].id)
    assert _outbox(table, mailbox).publish(events) == BATCH - 1
    assert unsent_events(table) == [events[3]]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failed_request_leaves_its_batch_and_not_the_next_one(
    failure: Exception, table: type[Row], mailbox: Mailbox
) -> None:
    events = _events(table, BATCH + 2)
    mailbox.fails = failure
    assert _outbox(table, mailbox).publish(events) == 2
    assert {event.id for event in unsent_events(table)} == {event.id for event in events[:BATCH]}


def test_the_log_gets_envelopes_and_no_payload(table: type[Row], mailbox: Mailbox) -> None:
    """R-AUD-3."""
    (event,) = _events(table, 1, "-secret")
    _outbox(table, mailbox).publish([event])
    assert mailbox.logged == [event.envelope().canonical().decode()]
    assert "secret" in mailbox.told[0]
    assert "secret" not in mailbox.logged[0]


def test_an_event_that_is_gone_is_published_and_not_brought_back_as_a_stump(table: type[Row], mailbox: Mailbox) -> None:
    (event,) = _events(table, 1)
    table.get(event.subject, "event#0000000001").delete()
    before = all_rows(table)
    assert _outbox(table, mailbox).publish([event]) == 1
    assert all_rows(table) == before


def test_the_sweeper_waits_for_the_stream_and_then_goes_oldest_first(
    table: type[Row], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BatchGetItem answers in any order, so here it answers in the wrong one."""
    aggregate = new_id("case")
    for minute in range(3):
        count_up(table, aggregate, act(now=NOW + timedelta(minutes=minute)))
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def backwards(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        answer = call(client, operation, given)
        for rows in answer.get("Responses", {}).values() if operation == "BatchGetItem" else ():
            rows.reverse()
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", backwards)
    outbox = _outbox(table, mailbox)
    assert outbox.sweep(NOW + timedelta(minutes=1)).sent == 0
    assert outbox.sweep(NOW + timedelta(minutes=3)).sent == 2
    assert [event.sequence for event in mailbox.told_events()] == [1, 2]
    assert outbox.sweep(NOW + timedelta(minutes=3)).sent == 0


def test_what_the_stream_published_meanwhile_is_not_published_again(
    table: type[Row], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index may be a moment old; the row itself, read consistently, tells."""
    (event,) = _events(table, 1)
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def between(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        if operation == "BatchGetItem":
            _outbox(table, Mailbox()).publish([event])
        return call(client, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", between)
    assert _outbox(table, mailbox).sweep(NOW + timedelta(days=1)).sent == 0
    assert mailbox.told == []


def test_an_event_somebody_damaged_holds_up_no_other(
    table: type[Row], mailbox: Mailbox, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    damaged, *sound = _events(table, 12)
    row = table.get(damaged.subject, "event#0000000001")
    row.body = '{"specversion": "1.0"}'
    row.save()
    assert stream_event(row.serialize()) is None
    assert _outbox(table, mailbox).sweep(NOW + timedelta(days=1)) == Swept(len(sound), damaged.time)
    assert {event.id for event in mailbox.told_events()} == {event.id for event in sound}
    assert table.get(damaged.subject, "event#0000000001").outbox_shard
    assert [(line["level"], line["pk"]) for line in lines()] == [("ERROR", damaged.subject)] * 2


def test_a_failed_publish_is_logged_by_its_code(
    table: type[Row], mailbox: Mailbox, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    mailbox.fails = FAILURES[1]
    _outbox(table, mailbox).publish(_events(table, 1))
    assert [(line["level"], line["error"]) for line in lines()] == [("WARNING", "Throttling")]


def test_a_stream_record_is_an_event_only_while_it_is_unsent() -> None:
    assert stream_event({"pk": {"S": "a"}, "sk": {"S": "head"}, "body": {"S": "{}"}}) is None
    assert stream_event({"pk": {"S": "a"}, "outbox_shard": {"S": "1"}}) is None


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning:chalice")
def test_the_relay_publishes_inserts_to_topic_and_log_and_never_blocks_its_stream(table: type[Row]) -> None:
    events = _events(table, 3)
    functions._outbox.cache_clear()
    records = [_record("INSERT", table, events[0]), _record("MODIFY", table, events[1]), _record("INSERT", table)]
    answer = functions.relay({"Records": records}, None)
    functions._outbox.cache_clear()
    assert answer == {"batchItemFailures": []}
    assert {event.id for event in unsent_events(table)} == {event.id for event in events[1:]}
    queue = boto3.client("sqs")
    url = queue.get_queue_url(QueueName="envelopes")["QueueUrl"]
    (message,) = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert message["Body"] == events[0].canonical().decode()


def test_the_sweeper_says_every_minute_how_long_something_waits_even_what_it_cannot_publish(
    table: type[Row], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-AUD-6: to count what was swept is silent about a topic that is gone, which nothing gets past."""
    monkeypatch.setattr(functions, "_outbox", lambda: _outbox(table, mailbox))
    monkeypatch.setattr(functions, "utc_now", lambda: NOW + timedelta(minutes=15))
    functions.sweep(TICK, None)
    _events(table, 1)
    mailbox.fails = FAILURES[0]
    functions.sweep(TICK, None)
    mailbox.fails = None
    functions.sweep(TICK, None)
    functions.sweep(TICK, None)
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["UnsentSeconds"] for line in written if "UnsentSeconds" in line] == [[0], [900], [900], [0]]
    assert [line["OutboxSwept"] for line in written if "OutboxSwept" in line] == [[1]]


def _record(name: str, table: type[Row], event: Event | None = None) -> dict[str, Any]:
    row = table.get(event.subject, "event#0000000001").serialize() if event else table(pk="a", sk="head").serialize()
    return {
        "eventID": "1",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "awsRegion": "cn-north-1",
        "eventSourceARN": "arn",
        "dynamodb": {
            "NewImage": row,
            "Keys": {},
            "SequenceNumber": "1",
            "ApproximateCreationDateTime": 0,
            "SizeBytes": 1,
            "StreamViewType": "NEW_IMAGE",
        },
    }


def _long_events(table: type[Row], note: str, many: int) -> list[Event]:
    journal = Journal(table, SOURCE)
    changes = [counting(new_id("case"), None, act(), note=note) for _ in range(many)]
    for change in changes:
        journal.commit(change)
    return [change.events[0] for change in changes]
