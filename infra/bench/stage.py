"""AWS in this process (moto), with every service set up as its stack would: what the job is measured on."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

import boto3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from moto import mock_aws

from infra.bench.recorder import Recorder
from infra.build import SERVICES
from services.audit.domain.log import Message
from shared.aws.clients import sns, sqs
from shared.aws.consumer import take
from shared.aws.outbox import Outbox
from shared.aws.settings import settings
from shared.aws.table import ALL_SHARDS, Row, bound_table
from shared.contracts.dockets import docket_of
from shared.contracts.event import Event
from shared.kernel.clock import utc_now
from shared.kernel.notes import SigningKey, VerifierKey
from shared.observability import metrics

_REGION: Final = "cn-north-1"
_ORIGIN = "bench.example/log"
_BUCKET = "log"
_TICK: Final[dict[str, Any]] = {
    "id": "bench-0000",
    "version": "0",
    "account": "123456789012",
    "region": _REGION,
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-03-06T00:00:00Z",
    "resources": [],
}
_BOOTSTRAP = "bootstrap-secret-of-the-bench"


@dataclass(frozen=True, slots=True)
class Stage:
    """The services, set up; `recorder` measures what is done on them."""

    recorder: Recorder
    bootstrap_secret: str = _BOOTSTRAP

    def table(self, service: str) -> type[Row]:
        """A service's table."""
        return bound_table(f"bench-{service}")

    def app(self, service: str) -> Any:  # noqa: ANN401 - a ServiceApp; Chalice ships no types
        """A service's application, in that service's environment."""
        _become(service)
        return _module(service, "app").app

    def outbox(self, service: str) -> Outbox:
        """What a service's relay publishes with."""
        return Outbox(self.table(service), sns(), sqs(), os.environ["TOPIC_ARN"], os.environ["LOG_QUEUE_URL"])

    def unsent(self, service: str) -> list[Event]:
        """A service's events that were not published yet, oldest first."""
        table = self.table(service)
        keys = [(row.pk, row.sk) for shard in ALL_SHARDS for row in table.outbox_index.query(shard)]
        rows = list(table.batch_get(keys)) if keys else []
        events = [Event.model_validate_json(row.body or "") for row in rows]
        return sorted(events, key=lambda event: (event.time, event.subject, event.sequence))

    def hand(self, service: str, events: Sequence[Event]) -> None:
        """Let a service's consumer take events, as its queue would give them."""
        _become(service)
        handlers = _module(service, "events").HANDLERS
        for event in events:
            take(event, handlers, service, utc_now)

    def run(self, service: str, function: str) -> None:
        """Let a service's scheduled function run, as its clock would."""
        _become(service)
        getattr(_module(service, "events"), function)(_TICK, None)
        # Written they are not, so they would gather until there are too many.
        metrics().clear_metrics()

    def seal(self, events: Sequence[Event]) -> None:
        """Let audit seal a batch of envelopes, each with its docket, as its queue would give them."""
        _become("audit")
        messages = {event.id: _message(event) for event in events}
        _module("audit", "logic.sealing").seal(_module("audit", "wiring").log(), messages, utc_now())

    def authorizer(self) -> Callable[[dict[str, Any], None], dict[str, Any]]:
        """Identity's authorizer."""
        _become("identity")
        function: Callable[[dict[str, Any], None], dict[str, Any]] = _module("identity", "events").authorizer
        return function


@contextmanager
def raised(dynamodb: str | None = None) -> Iterator[Stage]:
    """The stage, set up anew and taken down afterwards.

    Nothing leaves this process, unless `dynamodb` names the endpoint of an engine that runs beside it.
    """
    recorder = Recorder()
    with patch.dict(os.environ, _CREDENTIALS), recorder.installed(), mock_aws():
        os.environ.pop("AWS_ENDPOINT_URL", None)
        os.environ.pop("AWS_PROFILE", None)
        if dynamodb:
            os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb
        os.environ.update(_made())
        forget()
        with (
            patch.object(_module("audit", "wiring"), "kms_signer", _local_signer(recorder)),
            patch.object(_module("handover", "wiring"), "kms_signer", _local_signer(recorder)),
        ):
            for service in SERVICES:
                _become(service)
                bound_table(f"bench-{service}").create_table(billing_mode="PAY_PER_REQUEST", wait=True)
            yield Stage(recorder)
    forget()


def forget() -> None:
    """Drop what the process keeps for good, as everything that was made for another stage."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("services.", "shared.")):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear") and getattr(kept, "__module__", None) == name:
                    kept.cache_clear()


_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": _REGION,
    "LOG_LEVEL": "ERROR",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Shenguan",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


def _made() -> dict[str, str]:
    """What data.yaml would make, and the environment that names it."""
    boto3.client("s3").create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": _REGION})
    kms, secrets = boto3.client("kms"), boto3.client("secretsmanager")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    return {
        "SHENGUAN_STAGE": "bench",
        "TOPIC_ARN": boto3.client("sns").create_topic(Name="events")["TopicArn"],
        "LOG_QUEUE_URL": boto3.client("sqs").create_queue(QueueName="log")["QueueUrl"],
        "ATTESTATION_QUEUE_URL": boto3.client("sqs").create_queue(QueueName="audit")["QueueUrl"],
        "SECRET_ARN": secrets.create_secret(Name="master", SecretString="bench")["ARN"],
        "BOOTSTRAP_SECRET_ARN": secrets.create_secret(Name="bootstrap", SecretString=_BOOTSTRAP)["ARN"],
        "TOKEN_KEY_ID": key,
        "TOKEN_ISSUER": "https://bench.example/identity",
        "LOG_DEAD_LETTERS_URL": boto3.client("sqs").create_queue(QueueName="log-dead")["QueueUrl"],
        "LOG_REJECTED_URL": boto3.client("sqs").create_queue(QueueName="log-rejected-dead")["QueueUrl"],
        "CHECKPOINT_KEY_ID": "made-here",
        "LOG_BUCKET": _BUCKET,
        "LOCKED_BUCKET": _BUCKET,
        "LOG_ORIGIN": _ORIGIN,
        "RECEIPT_KEY_ID": "made-here",
        "FILES_BUCKET": _BUCKET,
    }


def _become(service: str) -> None:
    os.environ["SHENGUAN_SERVICE"] = service
    os.environ["TABLE_NAME"] = f"bench-{service}"
    settings.cache_clear()


def _local_signer(recorder: Recorder) -> Callable[[object, str, str], SigningKey]:
    """A `kms_signer` whose key lies here, since moto's KMS has no Ed25519; its use is counted as the request it is."""
    private = Ed25519PrivateKey.generate()

    def sign(message: bytes) -> bytes:
        recorder.note("kms:Sign")
        return private.sign(message)

    def signer(_client: object, _key_id: str, name: str) -> SigningKey:
        return SigningKey(VerifierKey(name, private.public_key().public_bytes_raw()), sign)

    return signer


def _message(event: Event) -> Message:
    return Message(event.canonical().decode(), docket_of(event))


def _module(service: str, part: str) -> Any:  # noqa: ANN401 - services are found by name
    return importlib.import_module(f"services.{service}.{part}")
