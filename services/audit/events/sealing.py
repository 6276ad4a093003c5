"""Envelopes of every service become leaves; what a sealer left is finished by the clock (R-AUD-3, R-AUD-6)."""

import time
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.audit import wiring
from services.audit.domain.health import Standing, lag_seconds, standing_of
from services.audit.domain.log import MOST_LEAVES, Message
from services.audit.logic import bulletin, health, sealing
from shared.aws.consumer import system_principal
from shared.contracts.dockets import NO_DOCKET, Docket
from shared.kernel.clock import utc_now
from shared.observability import MetricUnit, count, logger

events = Blueprint(__name__)


# Two seconds of gathering make one signature of many events; KMS signatures are what sealing costs.
@events.on_sqs_message(
    queue="replaced-when-packaged",
    name="seal",
    batch_size=MOST_LEAVES,
    maximum_batching_window_in_seconds=2,
)
def seal(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Seal a batch of envelopes into the log; a message that is none is laid aside, alone (R-AUD-3).

    It is not given back to the queue, where it would look like an envelope that cannot be sealed (R-AUD-6).
    """
    messages = _messages(event.to_dict())
    done = sealing.seal(wiring.log(), messages, utc_now())
    log = logger()
    for message_id, reason in done.rejected.items():
        log.error("a message cannot become a leaf", extra={"message_id": message_id, "reason": reason})
        wiring.envelopes().reject(messages[message_id].text, reason)
    log.info("sealed", extra={"messages": len(messages), "sealed": done.sealed})
    count("EventsSealed", done.sealed)
    return {"batchItemFailures": []}


@events.schedule("rate(1 minute)", name="publish")
def publish(_: CloudWatchEvent) -> None:
    """Publish a batch whose sealer died; then measure how far the log is behind what happened (R-AUD-6)."""
    try:
        sealing.finish(wiring.log())
    finally:
        _measure()


def _measure() -> None:
    """Whatever came of finishing: when it fails, the lag must show."""
    progress = health.measure(wiring.log(), wiring.envelopes(), wiring.positions(), utc_now, time.sleep)
    if wiring.settings().fail_closed_after:
        bulletin.tell(wiring.topic().republish, system_principal("audit"), progress, utc_now())
    lag = lag_seconds(progress, utc_now())
    count("SealingLagSeconds", lag, MetricUnit.Seconds)
    if standing_of(progress, utc_now()) in {Standing.LATE, Standing.STOPPED}:
        logger().error("the log is behind", extra={"lag_seconds": lag})


def _messages(batch: dict[str, Any]) -> dict[str, Message]:
    return {record["messageId"]: Message(record["body"], _docket(record)) for record in batch["Records"]}


def _docket(record: dict[str, Any]) -> Docket:
    """What the relay said beside the envelope. What is no docket is left out: searching suffers, sealing does not."""
    given = {name: value.get("stringValue") for name, value in record.get("messageAttributes", {}).items()}
    try:
        return Docket.model_validate({name: given.get(name) for name in Docket.model_fields})
    except ValueError:
        logger().warning("a message's docket is not one", extra={"message_id": record["messageId"]})
        return NO_DOCKET
