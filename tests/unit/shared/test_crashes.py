"""A process killed at any moment loses nothing and doubles nothing: write, relay, sweep, consume.

Each test is one moment of the whole way: just before or just after one call to AWS. Whoever was killed is started
again as AWS would: the caller repeats its request, the stream or the sweeper its event, the queue its message.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest

from shared.aws.consumer import consume
from shared.aws.journal import Journal
from shared.aws.outbox import Outbox
from shared.aws.table import Row, bound_table
from shared.contracts.chain import verify
from shared.contracts.change import AlreadyDone, Context
from shared.contracts.event import Event
from tests.support.acts import NOW, SOURCE, Counter, act, count_up, once
from tests.support.aws import sqs_batch, unsent_events
from tests.support.crashes import Killed, Wire

MOMENTS = 64
CASE, TALLY = "case_01CASE0000000000000000000000", "tally_01TALLY000000000000000000000"
LATER = NOW + timedelta(minutes=5)


@dataclass(frozen=True)
class City:
    """A service that tells, a service that hears, and what lies between them."""

    teller: type[Row]
    hearer: type[Row]
    outbox: Outbox
    hearers_queue: str
    log_queue: str

    def act(self, key: str) -> None:
        """A request; repeated with its key it is done once."""
        with suppress(AlreadyDone):
            count_up(self.teller, CASE, act(once(key)))

    def relay(self) -> None:
        """What the stream brings."""
        self.outbox.publish(unsent_events(self.teller))

    def sweep(self) -> None:
        """What the schedule finds."""
        self.outbox.sweep(LATER)

    def hear(self) -> None:
        """Take what is in the queue, as Lambda's poller does: what is not deleted comes again."""
        sqs = boto3.client("sqs")
        for message in _messages(self.hearers_queue):
            event = Event.model_validate_json(message["Body"])
            failed = consume(sqs_batch(event), {event.type: self._tally}, "hearer", lambda: LATER)
            if not failed["batchItemFailures"]:
                sqs.delete_message(QueueUrl=self.hearers_queue, ReceiptHandle=message["ReceiptHandle"])

    def _tally(self, _: Event, context: Context) -> None:
        count_up(self.hearer, TALLY, context)

    def go(self) -> None:
        """Everything that happens to two requests."""
        for key in ("request-1", "request-2"):
            self.act(key)
        self.relay()
        self.sweep()
        self.hear()


def _messages(url: str) -> list[dict[str, str]]:
    answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [
        {name: str(message.get(name)) for name in ("Body", "ReceiptHandle")} for message in answer.get("Messages", [])
    ]


@pytest.fixture
def city(table: type[Row]) -> City:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    hearer = bound_table("hearer")
    hearer.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    topic = sns.create_topic(Name="events")["TopicArn"]
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("hearer", "log")]
    queue = sqs.get_queue_attributes(QueueUrl=urls[0], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    return City(table, hearer, Outbox(table, sns, sqs, topic, urls[1]), *urls)


def _count(table: type[Row], aggregate: str) -> int:
    journal = Journal(table, SOURCE)
    stored = journal.read(aggregate, Counter)
    events = list(journal.events(aggregate))
    assert verify(events, stored.head if stored else None) == []
    assert len(events) == (stored.state.count if stored else 0)
    return len(events)


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_killed_at_any_moment_and_started_again(moment: int, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """One write, one truth: R-HND-13, R-AUD-2, R-AUD-3."""
    wire = Wire(moment)
    with wire.cut(monkeypatch), suppress(Killed):
        city.go()
    assert wire.passed > moment, "nobody was killed: there are fewer moments than that"
    city.go()

    assert _count(city.teller, CASE) == 2
    assert _count(city.hearer, TALLY) == 2
    assert unsent_events(city.teller) == []
    events = list(Journal(city.teller, SOURCE).events(CASE))
    logged = {message["Body"] for message in _messages(city.log_queue)}
    assert logged == {event.canonical().decode() for event in events}


def test_no_moment_is_left_out(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(-1)
    with wire.cut(monkeypatch):
        city.go()
    assert wire.passed == MOMENTS
