"""A service's table in moto, for tests that use one thread and no sockets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader
from moto import mock_aws

from shared.aws import clients, secrets
from shared.aws.settings import settings
from shared.aws.table import ALL_SHARDS, Row, bound_table
from shared.contracts.event import Event
from tests.support.granted import grant_callers_only
from tests.support.moto_versions import list_versions_as_s3_does
from tests.support.quick_moto import make_quick

REGION = "cn-north-1"

_read_model = JSONFileLoader.load_file


@cache
def _read_model_once(path: str) -> Any:
    return _read_model(JSONFileLoader(), path)


# Every client reads its service's description from disk again, which is half the time of a test; it never changes.
def _load_file(_self: JSONFileLoader, file_path: str) -> Any:
    return _read_model_once(file_path)


setattr(JSONFileLoader, "load_file", _load_file)  # noqa: B010 - its type differs in nothing that matters


@contextmanager
def service_in_moto(monkeypatch: pytest.MonkeyPatch, service: str, **extra: str) -> Iterator[type[Row]]:
    """AWS in moto with the service's table, topic, log queue and secret, and the environment its stack would give.

    What answers callers is granted there what its role is (tests.support.granted).
    """
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    make_quick()
    with mock_aws():
        forget_clients()
        topic = boto3.client("sns").create_topic(Name=f"{service}-events")["TopicArn"]
        queue = boto3.client("sqs").create_queue(QueueName="envelopes")["QueueUrl"]
        secret = boto3.client("secretsmanager").create_secret(Name="master", SecretString="master")
        environment = {
            "SHENGUAN_SERVICE": service,
            "SHENGUAN_STAGE": "test",
            "TABLE_NAME": f"test-{service}",
            "TOPIC_ARN": topic,
            "LOG_QUEUE_URL": queue,
            "SECRET_ARN": secret["ARN"],
            **extra,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        table = bound_table(f"test-{service}")
        table.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        grant_callers_only(monkeypatch)
        yield table
        forget_clients()


def make_log_queues() -> dict[str, str]:
    """What audit has beside its queue of envelopes: the variables and addresses of what that gave up and laid aside."""
    names = {
        "LOG_DEAD_LETTERS_URL": "log-dead",
        "LOG_REJECTED_URL": "log-rejected-dead",
        "ATTESTATION_QUEUE_URL": "audit",
    }
    sqs = boto3.client("sqs")
    return {variable: sqs.create_queue(QueueName=name)["QueueUrl"] for variable, name in names.items()}


def make_locked_bucket(name: str) -> None:
    """A bucket as infra/data.yaml makes the log's locked copy: what is put there is locked for ten years."""
    list_versions_as_s3_does()
    s3 = boto3.client("s3")
    place: Any = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=place)
    s3.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3653}},
        },
    )


def forget_clients() -> None:
    """Drop everything cached per process that was made for another AWS."""
    for cached in (
        clients.sns, clients.sns_once, clients.sqs, clients.s3, clients.kms, clients.secretsmanager,
        secrets.read_secret, secrets.derived_key, settings,
    ):  # fmt: skip
        cached.cache_clear()


def unsent_events(table: type[Row]) -> list[Event]:
    """Every event still in the outbox, in the order of writing."""
    keys = [(row.pk, row.sk) for shard in ALL_SHARDS for row in table.outbox_index.query(shard)]
    rows = table.batch_get(keys) if keys else []
    events = [Event.model_validate_json(row.body or "") for row in rows]
    return sorted(events, key=lambda event: (event.time, event.subject, event.sequence))


TICK: dict[str, Any] = {
    "version": "0", "id": "tick", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1", "time": "",
    "region": REGION, "resources": [], "detail": {},
}  # fmt: skip
"""What a schedule calls a function with."""


def sqs_batch(*events: Event | str) -> dict[str, Any]:
    """The event Lambda gets from a queue of events; a plain text is a poison message."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": event if isinstance(event, str) else event.model_dump_json(),
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:cn-north-1:123456789012:queue",
                "awsRegion": REGION,
            }
            for number, event in enumerate(events)
        ]
    }


def as_json(model: Any) -> Any:
    """A contract as plain JSON values."""
    return json.loads(model.model_dump_json())
