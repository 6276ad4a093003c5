"""Exports of the log are written by the clock (R-AUD-7)."""

from chalice.app import Blueprint, CloudWatchEvent

from services.audit import wiring
from services.audit.logic import exports
from services.audit.store.exports import KIND
from shared.aws import due
from shared.aws.consumer import system_principal
from shared.contracts.change import Context
from shared.kernel.clock import utc_now

events = Blueprint(__name__)


def _go_on(context: Context, export_id: str) -> bool:
    return exports.go_on(wiring.exporting(), context, export_id, utc_now)


@events.schedule("rate(1 minute)", name="export")
def export(event: CloudWatchEvent) -> None:
    """Go on with exports that were asked for."""
    due.elapse(
        wiring.export_work(), {KIND: _go_on}, lambda: Context(system_principal("audit"), utc_now(), event.event_id)
    )
