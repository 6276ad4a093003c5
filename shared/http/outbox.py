"""The functions every service has beside its API, and what they have to do with its events.

`relay` and `sweep` tell of every event (one write, one truth). `attest` tells audit of everything that is held, so that
what was never told, or is not held any more, is found (R-AUD-4). `erase` erases a payload that law requires erased.
"""

from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Annotated, Any

from chalice.app import Blueprint, CloudWatchEvent, DynamoDBEvent
from pydantic import Field

from shared.aws.attestation import Witness, attest
from shared.aws.clients import sns, sqs
from shared.aws.consumer import system_principal
from shared.aws.journal import Journal
from shared.aws.outbox import Outbox, stream_event
from shared.aws.secrets import derived_key
from shared.aws.settings import Settings, read_settings, settings
from shared.aws.table import bound_table
from shared.contracts.change import Context
from shared.contracts.event import ErasedEvent, case_of
from shared.contracts.model import Contract, Identifier, ShortText
from shared.kernel.clock import utc_now
from shared.kernel.errors import Refused, Unavailable
from shared.kernel.ids import new_id
from shared.observability import MetricUnit, count, logger

outbox = Blueprint(__name__)


class AttestationSettings(Settings):
    """What `attest` is given beside the common settings: audit's queue, and how many days lie between two passes."""

    queue: str = Field(alias="ATTESTATION_QUEUE_URL")
    days: Annotated[int, Field(alias="ATTEST_DAYS", ge=0)] = 7


class ErasureAsked(Contract):
    """Which event's payload is to be erased, on which ground, for which operator; `look`: only say what it is."""

    subject: Identifier
    sequence: Annotated[int, Field(ge=1)]
    ground: ShortText
    operator: ShortText
    look: bool = False


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
    now = utc_now()
    sent, oldest = _outbox().sweep(now)
    if sent:
        logger().warning("swept", extra={"sent": sent})
        count("OutboxSwept", sent)
    count("UnsentSeconds", int((now - oldest).total_seconds()) if oldest else 0, MetricUnit.Seconds)


# An operator asks for a pass by invoking it with a detail of its own (`python -m infra attest`).
@outbox.schedule("rate(5 minutes)", name="attest")
def attest_holdings(event: CloudWatchEvent) -> dict[str, int | bool]:
    """Go on telling audit of everything that is held; a pass begins every so many days, or when asked (R-AUD-4).

    Answers what was told now, and whether there is more to tell.
    """
    given = read_settings(AttestationSettings)
    key = derived_key(f"attestation of {given.service}")
    witness = Witness(f"/shenguan/{given.service}", bound_table(given.table), sqs(), given.queue, key)
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


# No role of the API may do this: an operator's command asks for it, after looking whether the case is held (R-AUD-7).
@outbox.lambda_function(name="erase")
def erase_payload(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Erase the payload of one event because law requires it; its envelope stays (R-AUD-2).

    Answers what the event is and which case it is about, and its erasure, or the refusal in both languages.
    """
    asked = ErasureAsked.model_validate(event)
    given = settings()
    journal = Journal(bound_table(given.table), f"/shenguan/{given.service}")
    context = Context(system_principal(given.service), utc_now(), new_id("cor"))
    try:
        past = journal.stored(asked.subject, asked.sequence)
        if not asked.look:
            journal.erase(asked.subject, asked.sequence, asked.ground, asked.operator, context)
            logger().warning("payload erased", extra={"event_id": past.id, "correlation_id": context.correlation_id})
    except Refused as refused:
        return {"refused": {"zh": refused.zh, "en": refused.en}}
    erased = isinstance(past, ErasedEvent)
    case = past.subject if isinstance(past, ErasedEvent) else case_of(past)
    return {"event_id": past.id, "type": past.type, "case": case, "erased_before": erased}
