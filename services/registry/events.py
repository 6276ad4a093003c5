"""What the registry does by its own queue and by the clock: work that its own events owe."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from services.registry import wiring
from services.registry.domain.consultation import CONSULTATION
from services.registry.domain.notices import NOTICE
from services.registry.domain.republication import Walk
from services.registry.logic import consultation, exports, importing, liaison_work, notices, republication, search
from shared.aws import due
from shared.aws.consumer import Handler, system_principal
from shared.aws.consumer import consume as consume_batch
from shared.contracts.change import Context
from shared.contracts.departments import DepartmentChanged, LiaisonWorkPassed
from shared.contracts.event import Event, body_of
from shared.contracts.imports import ImportAdvanced
from shared.contracts.items import VERSION_EVENTS, ItemVersionBody
from shared.kernel.clock import utc_now
from shared.observability import MetricUnit, count, logger

events = Blueprint(__name__)

STEP_SECONDS = 8.0
"""How long imports go on to further parts; the last one begun ends well inside the function's time."""


def _on_version(event: Event, context: Context) -> None:
    exports.owe_export(wiring.exports(), context, wiring.settings().export_minutes)
    item = ItemVersionBody.model_validate(event.data.body).item
    search.index_item(wiring.search(), wiring.public_list(), context, item.code, item.name)


def _on_department_changed(event: Event, context: Context) -> None:
    exports.owe_export(wiring.exports(), context, wiring.settings().export_minutes)  # it shows departments' names
    told = body_of(event, DepartmentChanged)
    liaison_work.begin_work(wiring.liaison_work(), context, told, event.data.actor)


def _on_liaison_work_passed(event: Event, context: Context) -> None:
    work = body_of(event, LiaisonWorkPassed).work
    liaison_work.go_on_with_work(wiring.liaison_work(), wiring.departments(), context, work)


def _on_import_advanced(event: Event, context: Context, more: Callable[[], bool] = lambda: False) -> None:
    shop = importing.Workshop(
        wiring.imports(), wiring.items(), wiring.departments(), wiring.files(), wiring.jurisdiction(), more
    )
    importing.advance(shop, context, event.subject, event.sequence)


def _time_left() -> Callable[[], bool]:
    """Whether there is time for another part of an import, counted from when the batch came."""
    ends = time.monotonic() + STEP_SECONDS
    return lambda: time.monotonic() < ends


HANDLERS: dict[str, Handler] = {
    **{each.TYPE: _on_version for each in VERSION_EVENTS},
    DepartmentChanged.TYPE: _on_department_changed,
    ImportAdvanced.TYPE: _on_import_advanced,
    LiaisonWorkPassed.TYPE: _on_liaison_work_passed,
}


def _fall_silent(context: Context, item_id: str) -> bool:
    return consultation.fall_silent(wiring.items(), context, item_id)


def _let_notice_elapse(context: Context, notice_id: str) -> bool:
    return notices.let_notice_elapse(wiring.notices(), context, notice_id)


ELAPSES: dict[str, due.Elapse] = {
    NOTICE: _let_notice_elapse,
    CONSULTATION: _fall_silent,
}
"""What happens when a deadline has come, by its kind."""


@events.on_sqs_message(queue="replaced-when-packaged", name="consume")
def consume(event: SQSEvent) -> dict[str, Any]:
    """Take events from the service's queue. The imports of a batch share its time: each gets on by a part at least."""
    on_import_advanced: Handler = partial(_on_import_advanced, more=_time_left())
    return consume_batch(event.to_dict(), HANDLERS | {ImportAdvanced.TYPE: on_import_advanced}, "registry", utc_now)


@events.schedule("rate(1 minute)", name="elapse")
def elapse(event: CloudWatchEvent) -> None:
    """Let every deadline that has come take its course (R-REG-4, R-REG-7)."""

    def begin() -> Context:
        return Context(system_principal("registry"), utc_now(), event.event_id)

    elapsed = due.elapse(wiring.deadlines(), ELAPSES, begin)
    if elapsed:
        count("DeadlinesElapsed", elapsed)


@events.schedule("rate(1 minute)", name="export")
def export(_: CloudWatchEvent) -> None:
    """Make the downloads of the list again, some minutes after it changed, and say how late they are (R-REG-5)."""
    minutes = wiring.settings().export_minutes
    overdue = exports.overdue(wiring.exports(), utc_now(), minutes)
    count("ExportLagSeconds", int(overdue.total_seconds()), MetricUnit.Seconds)
    made = exports.make_due_export(
        wiring.exports(),
        wiring.public_list(),
        wiring.departments(),
        wiring.files(),
        wiring.item_types(),
        utc_now,
        minutes,
    )
    if made:
        logger().info("exported", extra={"items": made.items})
        count("ExportsMade")


@events.lambda_function(name="republish")
def republish(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Tell consumers once more of what the registry once told: one step; an operator's command drives it."""
    step = republication.republish(wiring.past(), wiring.announcer(), Walk.model_validate(event.get("walk") or {}))
    logger().info("republished", extra={"aggregates": step.aggregates, "events": step.events})
    return step.model_dump(mode="json")
