"""What feedback does at others' events: it learns of cases and of the departments they were pushed to."""

from collections.abc import Mapping

from chalice.app import Blueprint, SQSEvent

from services.feedback import logic, wiring
from shared.aws.consumer import Handler, consume
from shared.contracts.cases import STAGE_EVENTS, StageBody
from shared.contracts.change import Context
from shared.contracts.event import Event, body_of
from shared.contracts.pushes import PushClaimed, PushDelivered
from shared.kernel.clock import utc_now

events = Blueprint(__name__)


_STAGE_BODIES: Mapping[str, type[StageBody]] = {body.TYPE: body for body in STAGE_EVENTS}


def case_told(event: Event, context: Context) -> None:
    """A case was accepted or decided, or something was done to its licence (R-HND-1 to R-HND-3)."""
    case = body_of(event, _STAGE_BODIES[event.type]).case
    logic.know_case(wiring.store(), case, event.sequence, context)


def push_delivered(event: Event, context: Context) -> None:
    """A department has the case before it and may report on it."""
    logic.know_push(wiring.store(), body_of(event, PushDelivered).push, event.sequence, context)


def push_claimed(event: Event, context: Context) -> None:
    """A department answers for the case; its delivery may reach us later than its claim."""
    logic.know_push(wiring.store(), body_of(event, PushClaimed).push, event.sequence, context)


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(_STAGE_BODIES, case_told),
    PushDelivered.TYPE: push_delivered,
    PushClaimed.TYPE: push_claimed,
}


# The queue's name is filled in by the service's stack.
@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume_events(event: SQSEvent) -> dict[str, object]:
    """Take a batch from feedback's queue; a message that fails, fails alone."""
    return consume(event.to_dict(), HANDLERS, "feedback", utc_now)
