"""What the registry does by its own queue and by the clock: work that its own events owe."""

from typing import Any

from chalice.app import Blueprint, SQSEvent

from services.registry import wiring
from services.registry.domain.republication import Walk
from services.registry.logic import republication
from shared.aws.consumer import Handler
from shared.aws.consumer import consume as consume_batch
from shared.kernel.clock import utc_now
from shared.observability import logger

events = Blueprint(__name__)

HANDLERS: dict[str, Handler] = {}


@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume(event: SQSEvent) -> dict[str, Any]:
    """Take events from the service's queue."""
    return consume_batch(event.to_dict(), HANDLERS, "registry", utc_now)


@events.lambda_function(name="republish")
def republish(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Tell consumers once more of what the registry once told: one step; an operator's command drives it."""
    step = republication.republish(wiring.past(), wiring.announcer(), Walk.model_validate(event.get("walk") or {}))
    logger().info("republished", extra={"aggregates": step.aggregates, "events": step.events})
    return step.model_dump(mode="json")
