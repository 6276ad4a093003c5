"""What handover hears (the registry, how far the log is sealed), and what it does by the clock: every case's terms."""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.handover import wiring
from services.handover.domain import announced, terms
from services.handover.domain.waits import WAKE
from services.handover.logic import course, exports, reconciliations, revocations, unrouted
from services.handover.logic.exports import EXPORT
from services.handover.logic.reconciliations import RECONCILE
from services.handover.schemas.receipts import RevokeRequest
from shared.aws import due
from shared.aws.consumer import Handler, system_principal
from shared.aws.consumer import consume as consume_batch
from shared.contracts.change import Context
from shared.contracts.departments import DepartmentChanged
from shared.contracts.event import Event, body_of
from shared.contracts.items import VERSION_EVENTS, ItemVersionBody
from shared.contracts.sealed import LogSealed
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.observability import count, logger

events = Blueprint(__name__)


def _on_item_version(event: Event, context: Context) -> None:
    wiring.directory().keep_item(body_of(event, ItemVersionBody).item, context)


def _on_department_changed(event: Event, context: Context) -> None:
    wiring.directory().keep_department(body_of(event, DepartmentChanged).department, context)


def _on_log_sealed(event: Event, _context: Context) -> None:
    # Told every minute: an instant that only moves forward needs no memory of each event.
    wiring.sealed_log().keep(body_of(event, LogSealed).through)


HANDLERS: dict[str, Handler] = {
    **{body.TYPE: _on_item_version for body in VERSION_EVENTS},
    DepartmentChanged.TYPE: _on_department_changed,
    LogSealed.TYPE: _on_log_sealed,
}


def _let_case_elapse(context: Context, case_id: str) -> bool:
    return course.let_case_elapse(wiring.office(), wiring.public_notices(), context, case_id)


def _wake(context: Context, news: str) -> bool:
    return unrouted.wake(wiring.office(), wiring.waits(), context, news)


def _export(context: Context, export_id: str) -> bool:
    return exports.go_on(wiring.exporting(), context, export_id)


def _reconcile(context: Context, identifier: str) -> bool:
    return reconciliations.go_on(wiring.reconciling(), context, identifier)


ELAPSES: dict[str, due.Elapse] = {
    terms.CASE: _let_case_elapse,
    WAKE: _wake,
}
"""What happens when a deadline has come, by its kind."""

JOBS: dict[str, due.Elapse] = {
    EXPORT: _export,
    RECONCILE: _reconcile,
}
"""What is worked on in the background, by its kind."""


@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume(event: SQSEvent) -> dict[str, Any]:
    """Take events from the service's queue."""
    return consume_batch(event.to_dict(), HANDLERS, "handover", utc_now)


def _set_limits_anew(context: Context, case_id: str) -> bool:
    return course.set_limits_anew(wiring.office(), wiring.calendar(), context, case_id)


ANNOUNCED: dict[str, due.Elapse] = {announced.CALENDAR: _set_limits_anew}
"""What happens when a year's official calendar is out."""


@events.schedule("rate(10 minutes)", name="recompute")
def recompute(event: CloudWatchEvent) -> None:
    """Set limits anew that waited for a calendar which is announced by now (R-HND-14)."""
    changed = due.elapse(wiring.calendar(), ANNOUNCED, lambda: _by_the_clock(event))
    if changed:
        count("LimitsRescheduled", changed)


def _by_the_clock(event: CloudWatchEvent) -> Context:
    return Context(system_principal("handover"), utc_now(), event.event_id)


@events.schedule("rate(1 minute)", name="elapse")
def elapse(event: CloudWatchEvent) -> None:
    """Let everything whose time has come take its course (R-HND-5, R-HND-14)."""
    wiring.office()  # threads share it, so it is made before there are any
    elapsed = due.elapse(
        wiring.deadlines(),
        ELAPSES,
        lambda: _by_the_clock(event),
        run=due.MOST_OF_A_MINUTE,
        at_once=wiring.settings().elapse_at_once,
    )
    if elapsed:
        count("DeadlinesElapsed", elapsed)


@events.schedule("rate(1 minute)", name="work")
def work(event: CloudWatchEvent) -> None:
    """Go on with what was asked for in the background; no limit of a case waits for it (R-HND-16, R-HND-17)."""
    due.elapse(wiring.work(), JOBS, lambda: _by_the_clock(event))


@events.lambda_function(name="revoke")
def revoke(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Revoke the certificate of a receipts' key that leaked; an operator's command asks for it (R-HND-8)."""
    context = Context(system_principal("handover"), utc_now(), new_id("cor"))
    asked = RevokeRequest.model_validate(event)
    revoked = revocations.revoke(wiring.revocations(), wiring.receipt_issuer(), context, asked)
    logger().warning(
        "certificate revoked", extra={"certificate": asked.serial, "correlation_id": context.correlation_id}
    )
    return revoked.model_dump(mode="json")
