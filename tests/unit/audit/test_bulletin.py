"""Audit says every minute how far the log is sealed, where somebody waits for it (R-AUD-6)."""

import json

import boto3
import pytest

from services.audit import wiring
from services.audit.events.sealing import publish
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log
from shared.contracts.event import Event, body_of
from shared.contracts.sealed import LogSealed
from shared.kernel.clock import utc_now
from tests.support.acts import all_rows
from tests.support.audit_builders import NOW, envelopes, messages
from tests.support.aws import TICK, unsent_events


@pytest.fixture
def hearer(log: Log) -> str:
    """The address of a queue that hears audit's topic."""
    seal(log, messages(envelopes(4)), NOW)
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="hearer")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(
        TopicArn=wiring.settings().topic, Protocol="sqs", Endpoint=arn,
        Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"type": [LogSealed.TYPE]})},
    )  # fmt: skip
    return url


def heard(url: str) -> list[Event]:
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [Event.model_validate_json(message["Body"]) for message in found]


def test_it_says_up_to_when_everything_is_published(hearer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIL_CLOSED_AFTER_SECONDS", "120")
    wiring.settings.cache_clear()
    publish(TICK, None)
    (event,) = heard(hearer)
    told = body_of(event, LogSealed)
    assert event.is_committed()
    assert told.size == 4
    assert (utc_now() - told.through).total_seconds() < 60


def test_saying_so_is_no_event_of_the_log_nor_a_row(hearer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the log would grow by one entry a minute for ever."""
    publish(TICK, None)
    before = len(all_rows(wiring.store().journal.table))
    monkeypatch.setenv("FAIL_CLOSED_AFTER_SECONDS", "120")
    wiring.settings.cache_clear()
    publish(TICK, None)
    assert len(heard(hearer)) == 1
    assert len(all_rows(wiring.store().journal.table)) == before
    assert unsent_events(wiring.store().journal.table) == []
    assert wiring.envelopes().waiting() == 0


def test_by_default_nothing_is_said(hearer: str) -> None:
    publish(TICK, None)
    assert heard(hearer) == []
