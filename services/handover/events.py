"""What handover hears (the registry) and what it does by the clock (claim limits)."""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.handover import logic, wiring
from shared.aws.consumer import Handler, system_principal
from shared.aws.consumer import consume as consume_batch
from shared.contracts.change import Context
from shared.contracts.departments import DepartmentChanged
from shared.contracts.event import Event, body_of
from shared.contracts.items import VERSION_EVENTS, ItemVersionBody
from shared.kernel.clock import utc_now
from shared.observability import count

events = Blueprint(__name__)


def _on_item_version(event: Event, context: Context) -> None:
    logic.keep_item(wiring.store(), context, body_of(event, ItemVersionBody).item)


def _on_department_changed(event: Event, context: Context) -> None:
    logic.keep_department(wiring.store(), context, body_of(event, DepartmentChanged).department)


HANDLERS: dict[str, Handler] = {
    **{body.TYPE: _on_item_version for body in VERSION_EVENTS},
    DepartmentChanged.TYPE: _on_department_changed,
}


@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume(event: SQSEvent) -> dict[str, Any]:
    """Take events from the service's queue."""
    return consume_batch(event.to_dict(), HANDLERS, "handover", utc_now)


@events.schedule("rate(1 minute)", name="lapse")
def lapse(event: CloudWatchEvent) -> None:
    """Let every push whose claim limit has passed become deemed claimed or visibly overdue (R-HND-5)."""
    context = Context(system_principal("handover"), utc_now(), event.event_id)
    lapsed = logic.lapse_due(wiring.store(), context)
    if lapsed:
        count("PushesLapsed", lapsed)
