"""The two functions every service has beside its API: the stream's relay and the sweeper (one write, one truth)."""

from functools import cache

from chalice.app import Blueprint, CloudWatchEvent, DynamoDBEvent

from shared.aws.clients import sns, sqs
from shared.aws.outbox import Outbox, stream_event
from shared.aws.settings import settings
from shared.aws.table import bound_table
from shared.kernel.clock import utc_now
from shared.observability import count, logger

outbox = Blueprint(__name__)


@cache
def _outbox() -> Outbox:
    given = settings()
    return Outbox(bound_table(given.table), sns(), sqs(), given.topic, given.log_queue)


# The stream's address is filled in by the service's stack.
@outbox.on_dynamodb_record(stream_arn="replaced-when-packaged", name="relay")
def relay(event: DynamoDBEvent) -> dict[str, list[str]]:
    """Publish the events a stream batch holds. Never blocks the stream: what fails is left to the sweeper."""
    found = [stream_event(record.new_image) for record in event if record.event_name == "INSERT"]
    events = [each for each in found if each is not None]
    sent = _outbox().publish(events)
    logger().info("relayed", extra={"events": len(events), "sent": sent})
    return {"batchItemFailures": []}


@outbox.schedule("rate(1 minute)", name="sweep")
def sweep(_: CloudWatchEvent) -> None:
    """Publish what the stream did not manage to publish within a minute."""
    sent = _outbox().sweep(utc_now())
    if sent:
        logger().warning("swept", extra={"sent": sent})
        count("OutboxSwept", sent)
