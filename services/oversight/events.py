"""What oversight hears (pushes, notices, terms), and its clock: the look of every minute at what is late."""

from dataclasses import replace
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.oversight import logic, wiring
from services.oversight.domain import TERM_KINDS, OwedTerm, late_of
from shared.aws.consumer import Handler, consume, system_principal
from shared.contracts.change import Context
from shared.contracts.event import Event, body_of
from shared.contracts.notices import NoticeAcknowledged, NoticeAnswered, NoticeOverdue
from shared.contracts.pushes import PUSH_EVENTS, PushBody
from shared.contracts.terms import TermBody, TermMissed, TermSettled
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.observability import logger

SERVICE = "oversight"

events = Blueprint(__name__)

_NoticeEvent = type[NoticeOverdue | NoticeAcknowledged | NoticeAnswered]
_NOTICE_BODIES: tuple[_NoticeEvent, ...] = (NoticeOverdue, NoticeAcknowledged, NoticeAnswered)
_NOTICE_EVENTS: dict[str, _NoticeEvent] = {body.TYPE: body for body in _NOTICE_BODIES}


def on_push(event: Event, context: Context) -> None:
    """Watch where a push stands, whatever happened to it."""
    push = body_of(event, PushBody).push
    logic.observe(wiring.store(), context, push, event.sequence)


def on_notice(event: Event, context: Context) -> None:
    """Watch what a notice's bureau has become late with (R-REG-7)."""
    notice = body_of(event, _NOTICE_EVENTS[event.type]).notice
    for late in late_of(notice):
        # One event, two findings, each in a transaction of its own: so each has its own "seen".
        once = replace(context.event, key=f"{context.event.key}#{late.owed}")
        logic.observe(wiring.store(), replace(context, once=once), late, event.sequence)


def on_term(event: Event, context: Context) -> None:
    """Watch what was missed in a case until it is settled; claims are watched by their pushes (R-HND-14, R-OVS-1)."""
    told = body_of(event, TermBody)
    if told.term.kind not in TERM_KINDS:
        return
    settled = event.type == TermSettled.TYPE
    owed = OwedTerm(
        case_id=told.case_id, case_number=told.case_number, item_name=told.item_name, term=told.term, settled=settled
    )
    logic.observe(wiring.store(), context, owed, event.sequence)


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys((body.TYPE for body in PUSH_EVENTS), on_push),
    **dict.fromkeys(_NOTICE_EVENTS, on_notice),
    **dict.fromkeys((body.TYPE for body in (TermMissed, TermSettled)), on_term),
}


# The queue's address is filled in by the service's stack.
@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume_events(event: SQSEvent) -> dict[str, Any]:
    """Let each event of a batch take effect once; a poison message fails alone."""
    return consume(event.to_dict(), HANDLERS, SERVICE, utc_now)


@events.schedule("rate(1 minute)", name="examine")
def examine(_: CloudWatchEvent) -> None:
    """Find what has become late."""
    correlation_id = new_id("job")
    principal = system_principal(SERVICE)
    found = logic.examine(wiring.store(), lambda: Context(principal, utc_now(), correlation_id))
    if found:
        logger().info("examined", extra={"found": found})
