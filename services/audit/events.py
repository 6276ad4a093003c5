"""What audit hears (envelopes of every service's events) and what it does by the clock (finish what a sealer left)."""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.audit import logic, wiring
from services.audit.domain import MOST_LEAVES
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
    messages = _bodies(event.to_dict())
    sealing = logic.seal(wiring.log(), messages, utc_now())
    log = logger()
    for message_id, reason in sealing.rejected.items():
        log.error("a message cannot become a leaf", extra={"message_id": message_id, "reason": reason})
    log.info("sealed", extra={"messages": len(messages), "sealed": sealing.sealed})
    count("EventsSealed", sealing.sealed)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in sealing.rejected]}


@events.schedule("rate(1 minute)", name="publish")
def publish(_: CloudWatchEvent) -> None:
    """Publish a batch whose sealer died, and say how far publishing lags behind (R-AUD-6)."""
    log = wiring.log()
    health = logic.health(log, utc_now())
    count("SealingLagSeconds", health.lag_seconds, MetricUnit.Seconds)
    if health.pending_since:
        logger().warning("publishing a batch its sealer left", extra={"lag_seconds": health.lag_seconds})
    logic.finish(log)


def _bodies(batch: dict[str, Any]) -> dict[str, str]:
    return {record["messageId"]: record["body"] for record in batch["Records"]}
