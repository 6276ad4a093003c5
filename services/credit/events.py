"""What credit does at others' events: it enters licences and penalties into files (R-CRD-2)."""

from collections.abc import Mapping

from chalice.app import Blueprint, SQSEvent

from services.credit import logic, wiring
from shared.aws.consumer import Handler, consume
from shared.contracts.cases import CaseDecided
from shared.contracts.change import Context
from shared.contracts.event import Event, body_of
from shared.contracts.feedback import FeedbackOpened
from shared.kernel.clock import utc_now

events = Blueprint(__name__)


def case_decided(event: Event, context: Context) -> None:
    """A licence may have been granted (Y 4)."""
    case = body_of(event, CaseDecided).case
    logic.enter_licence(wiring.store(), case, event.id, context, wiring.record_key())


def feedback_opened(event: Event, context: Context) -> None:
    """A penalty may have been reported (R-FBK-8)."""
    thread = body_of(event, FeedbackOpened).thread
    logic.enter_penalty(wiring.store(), thread, event.id, context, wiring.record_key())


HANDLERS: Mapping[str, Handler] = {
    CaseDecided.TYPE: case_decided,
    FeedbackOpened.TYPE: feedback_opened,
}


# The queue's name is filled in by the service's stack.
@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume_events(event: SQSEvent) -> dict[str, object]:
    """Take a batch from credit's queue; a message that fails, fails alone."""
    return consume(event.to_dict(), HANDLERS, "credit", utc_now)
