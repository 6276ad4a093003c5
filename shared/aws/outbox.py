"""From the table to everybody: publish events that are marked unsent, and unmark them only when both places have them.

The stream makes it fast, the sweeper makes it certain. Publishing may happen twice (a crash before unmarking);
consumers take each event once. A publish failure never blocks the stream: the mark stays and the sweeper tries again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from pynamodb.exceptions import UpdateError

from shared.aws.table import ALL_SHARDS, Row
from shared.contracts.dockets import docket_of
from shared.contracts.event import Event
from shared.kernel.clock import from_text, to_text
from shared.kernel.errors import Unavailable
from shared.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

GRACE = timedelta(minutes=1)
"""How long the stream is given before the sweeper steps in."""

BATCH = 10
"""SNS and SQS take ten messages in one request …"""
BATCH_BYTES = 240_000
"""… and 256 KiB together; the rest is left for attributes."""

SWEEP_LIMIT = 500
"""Events one sweep publishes per shard; the next sweep goes on."""


class Swept(NamedTuple):
    """What one sweep did: how many events it published, and since when the oldest that it found had waited."""

    sent: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Publishes one service's events to its topic, and their envelopes to the audit log's queue."""

    table: type[Row]
    sns: "SNSClient"
    sqs: "SQSClient"
    topic: str
    log_queue: str

    def publish(self, events: Sequence[Event]) -> int:
        """Publish and unmark; returns how many arrived in both places. Never raises for a failed publish."""
        sent = 0
        for batch in _batches(events):
            for event in self._deliver(batch):
                self._unmark(event)
                sent += 1
        return sent

    def sweep(self, now: datetime) -> Swept:
        """Publish what has been unsent for longer than GRACE, oldest first. Never raises for a failed publish."""
        sent, oldest = 0, None
        before = to_text(now - GRACE)
        for shard in ALL_SHARDS:
            index = self.table.outbox_index
            keys = [(row.pk, row.sk) for row in index.query(shard, self.table.outbox_at < before, limit=SWEEP_LIMIT)]
            if keys:
                rows = self.table.batch_get(keys, consistent_read=True)
                # An index may be a moment old: what the stream published meanwhile is marked no more.
                unsent = [row for row in rows if row.outbox_at]
                oldest = min((each for each in (oldest, *(row.outbox_at for row in unsent)) if each), default=None)
                found = (_read(row.body or "", row.pk, row.sk) for row in unsent)
                waiting = [event for event in found if event is not None]
                waiting.sort(key=lambda event: (event.time, event.sequence))
                sent += self.publish(waiting)
        return Swept(sent, from_text(oldest) if oldest else None)

    def republish(self, events: Iterable[Event]) -> int:
        """Tell the topic once more of events that were published long ago, so that a consumer can be rebuilt; how many.

        The audit log holds them already and is not told. Raises Unavailable when the topic did not take all: whoever
        asked does the same step again, since each consumer takes an event once.
        """
        told = 0
        for batch in _batches(events):
            try:
                arrived = self._announce(batch)
            except (BotoCoreError, ClientError) as error:
                logger().warning("publishing again failed", extra={"error": _code(error)})
                raise Unavailable from error
            if len(arrived) < len(batch):
                raise Unavailable
            told += len(batch)
        return told

    def _announce(self, batch: Sequence[Event]) -> set[str]:
        """Publish to the topic; the numbers of those it took."""
        published = self.sns.publish_batch(
            TopicArn=self.topic,
            PublishBatchRequestEntries=[
                {
                    "Id": str(number),
                    "Message": event.model_dump_json(),
                    "MessageAttributes": {"type": {"DataType": "String", "StringValue": event.type}},
                }
                for number, event in enumerate(batch)
            ],
        )
        return {entry["Id"] for entry in published["Successful"]}

    def _deliver(self, batch: Sequence[Event]) -> list[Event]:
        try:
            arrived = self._announce(batch)
            logged = self.sqs.send_message_batch(
                QueueUrl=self.log_queue,
                Entries=[
                    {
                        "Id": str(number),
                        "MessageBody": event.canonical().decode(),
                        "MessageAttributes": _docket(event),
                    }
                    for number, event in enumerate(batch)
                ],
            )
        except (BotoCoreError, ClientError) as error:
            logger().warning("publishing failed, the sweeper will try again", extra={"error": _code(error)})
            return []
        arrived &= {entry["Id"] for entry in logged["Successful"]}
        if len(arrived) < len(batch):
            logger().warning("events were not taken", extra={"events": len(batch), "taken": len(arrived)})
        return [event for number, event in enumerate(batch) if str(number) in arrived]

    def _unmark(self, event: Event) -> None:
        row = self.table(pk=event.subject, sk=f"event#{event.sequence:010d}")
        try:
            row.update(
                actions=[self.table.outbox_shard.remove(), self.table.outbox_at.remove()],
                condition=self.table.pk.exists(),
            )
        except UpdateError as error:
            code = error.cause_response_code or type(error).__name__
            logger().warning("unmarking failed, the event may be published twice", extra={"error": code})


def stream_event(image: dict[str, dict[str, str]]) -> Event | None:
    """The event in a stream record's new image, or None when the row is no unsent event."""
    if "outbox_shard" not in image or "body" not in image:
        return None
    return _read(image["body"]["S"], image["pk"]["S"], image["sk"]["S"])


def _read(body: str, pk: str, sk: str) -> Event | None:
    """The event a row holds; None, loudly, for one that somebody damaged: it stays marked and holds up no other."""
    try:
        return Event.model_validate_json(body)
    except ValidationError:
        logger().error("an event cannot be read and is not published", extra={"pk": pk, "sk": sk})
        return None


def _docket(event: Event) -> "dict[str, MessageAttributeValueTypeDef]":
    """What auditors search by and the envelope does not say (R-AUD-3, privacy)."""
    told = docket_of(event).model_dump(exclude_none=True)
    return {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}


def _code(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


def _batches(events: Iterable[Event]) -> Iterable[list[Event]]:
    batch: list[Event] = []
    size = 0
    for event in events:
        length = len(event.model_dump_json().encode())
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch
