"""What notification hears, and its clock: the queue of events, and the retries of every minute."""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.notification import domain, logic, wiring
from shared.aws.consumer import Handler, consume, system_principal
from shared.contracts.change import Context
from shared.contracts.departments import DepartmentChanged
from shared.contracts.event import Event, body_of
from shared.contracts.pushes import PushDelivered, PushReturned
from shared.contracts.terms import TermMissed, TermReminded
from shared.contracts.vocabulary import Moment
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
    _notify(context, domain.delivered_message(body_of(event, PushDelivered).push))


def on_push_returned(event: Event, context: Context) -> None:
    """Tell those of who sent it (R-NTF-1)."""
    _notify(context, domain.returned_message(body_of(event, PushReturned).push, event.id))


def on_term_reminded(event: Event, context: Context) -> None:
    """Tell those of who owes it, before its end or once more after it (R-NTF-1)."""
    told = body_of(event, TermReminded)
    _notify(context, domain.term_message(told, told.term.told or Moment.BEFORE, event.id))


def on_term_missed(event: Event, context: Context) -> None:
    """Tell those of who owes it at its end (R-NTF-1)."""
    _notify(context, domain.term_message(body_of(event, TermMissed), Moment.AT, event.id))


def _notify(context: Context, message: domain.Message) -> None:
    logic.notify(wiring.store(), wiring.channel(), context, message)


HANDLERS: dict[str, Handler] = {
    DepartmentChanged.TYPE: on_department_changed,
    PushDelivered.TYPE: on_push_delivered,
    PushReturned.TYPE: on_push_returned,
    TermMissed.TYPE: on_term_missed,
    TermReminded.TYPE: on_term_reminded,
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
