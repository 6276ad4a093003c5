"""What notification hears, and its clock: the queue of events, and the retries of every minute."""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.notification import logic, wiring
from shared.aws.consumer import Handler, consume, system_principal
from shared.contracts.change import Context
from shared.contracts.departments import DepartmentChanged
from shared.contracts.event import Event, body_of
from shared.contracts.pushes import PushDelivered
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.observability import logger

SERVICE = "notification"

events = Blueprint(__name__)


def on_department_changed(event: Event, context: Context) -> None:
    """Keep the department's liaisons."""
    logic.keep_department(wiring.store(), context, body_of(event, DepartmentChanged).department)


def on_push_delivered(event: Event, context: Context) -> None:
    """Tell the department's liaisons by SMS."""
    logic.notify(wiring.store(), wiring.channel(), context, body_of(event, PushDelivered).push)


HANDLERS: dict[str, Handler] = {
    DepartmentChanged.TYPE: on_department_changed,
    PushDelivered.TYPE: on_push_delivered,
}


# The queue's address is filled in by the service's stack.
@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume_events(event: SQSEvent) -> dict[str, Any]:
    """Let each event of a batch take effect once; a poison message fails alone."""
    return consume(event.to_dict(), HANDLERS, SERVICE, utc_now)


@events.schedule("rate(1 minute)", name="deliver")
def deliver(_: CloudWatchEvent) -> None:
    """Try every delivery that is due."""
    correlation_id = new_id("job")
    principal = system_principal(SERVICE)
    tried = logic.deliver(wiring.store(), wiring.channel(), lambda: Context(principal, utc_now(), correlation_id))
    if tried:
        logger().info("delivered", extra={"tried": tried})
