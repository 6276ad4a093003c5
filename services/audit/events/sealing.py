"""Envelopes of every service become leaves; what a sealer left is finished by the clock (R-AUD-3, R-AUD-6)."""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.audit import wiring
from services.audit.domain.log import MOST_LEAVES, NO_DOCKET, Docket, Message
from services.audit.logic import sealing
from services.audit.logic.health import health
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
    """Seal a batch of envelopes into the log; a message that is none fails alone (R-AUD-3)."""
    messages = _messages(event.to_dict())
    done = sealing.seal(wiring.log(), messages, utc_now())
    log = logger()
    for message_id, reason in done.rejected.items():
        log.error("a message cannot become a leaf", extra={"message_id": message_id, "reason": reason})
    log.info("sealed", extra={"messages": len(messages), "sealed": done.sealed})
    count("EventsSealed", done.sealed)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in done.rejected]}


@events.schedule("rate(1 minute)", name="publish")
def publish(_: CloudWatchEvent) -> None:
    """Publish a batch whose sealer died, and say how far publishing lags behind (R-AUD-6)."""
    log = wiring.log()
    found = health(log, utc_now())
    count("SealingLagSeconds", found.lag_seconds, MetricUnit.Seconds)
    if found.pending_since:
        logger().warning("publishing a batch its sealer left", extra={"lag_seconds": found.lag_seconds})
    sealing.finish(log)


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
