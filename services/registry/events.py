"""What the registry does by its own queue and by the clock: work that its own events owe."""

from typing import Any

from chalice.app import Blueprint, SQSEvent

from shared.aws.consumer import Handler
from shared.aws.consumer import consume as consume_batch
from shared.kernel.clock import utc_now

events = Blueprint(__name__)

HANDLERS: dict[str, Handler] = {}


@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume(event: SQSEvent) -> dict[str, Any]:
    """Take events from the service's queue."""
    return consume_batch(event.to_dict(), HANDLERS, "registry", utc_now)
