"""The three functions every service has beside its API: the stream's relay, the sweeper, and the one that attests.

Relay and sweeper tell of every event (one write, one truth); `attest` tells audit of everything that is held, so that
what was never told, or is not held any more, is found (R-AUD-4).
"""

from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Annotated

from chalice.app import Blueprint, CloudWatchEvent, DynamoDBEvent
from pydantic import Field

from shared.aws.attestation import Witness, attest
from shared.aws.clients import sns, sqs
from shared.aws.outbox import Outbox, stream_event
from shared.aws.settings import Settings, read_settings, settings
from shared.aws.table import bound_table
from shared.kernel.clock import utc_now
from shared.kernel.errors import Unavailable
from shared.observability import count, logger

outbox = Blueprint(__name__)


class AttestationSettings(Settings):
    """What `attest` is given beside the common settings: audit's queue, and how many days lie between two passes."""

    queue: str = Field(alias="ATTESTATION_QUEUE_URL")
    days: Annotated[int, Field(alias="ATTEST_DAYS", ge=0)] = 7


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


# An operator asks for a pass by invoking it with a detail of its own (`python -m infra attest`).
@outbox.schedule("rate(5 minutes)", name="attest")
def attest_holdings(event: CloudWatchEvent) -> dict[str, int | bool]:
    """Go on telling audit of everything that is held; a pass begins every so many days, or when asked (R-AUD-4).

    Answers what was told now, and whether there is more to tell.
    """
    given = read_settings(AttestationSettings)
    witness = Witness(f"/shenguan/{given.service}", bound_table(given.table), sqs(), given.queue)
    every = timedelta(days=given.days) if given.days else None
    try:
        told = attest(witness, every, utc_now, asked=event.detail.get("begin") is True)
    except Unavailable:
        logger().warning("attesting was interrupted, the next run goes on")
        return {"events": 0, "ailing": 0, "under_way": True}
    if told.ailing:
        logger().error("the table does not bear itself out", extra={"ailing": told.ailing})
    if told.events:
        logger().info("attested", extra={"events": told.events, "under_way": told.under_way})
        count("EventsAttested", told.events)
    return asdict(told)
