"""What services attest: compared as it comes, and its numbers by the clock (R-AUD-4, ADR 23)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from chalice.app import Blueprint, CloudWatchEvent

from services.audit import wiring
from services.audit.logic import attesting
from shared.aws.consumer import system_principal
from shared.contracts.attestations import HELD, HELD_SEGMENT, HeldSegment, Holdings
from shared.contracts.change import Context
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.observability import count, logger

events = Blueprint(__name__)


def on_holdings(text: str, now: datetime) -> None:
    """Compare what a service holds with the log."""
    held = Holdings.model_validate_json(text)
    _told(attesting.compare(wiring.scales(), held, _context(now)), held.source)


def on_segment(text: str, now: datetime) -> None:
    """Keep that a service has told of a whole segment."""
    attesting.hear(wiring.scales(), HeldSegment.model_validate_json(text), now)


HANDLERS: Final[Mapping[str, Callable[[str, datetime], None]]] = {HELD: on_holdings, HELD_SEGMENT: on_segment}


@events.schedule("rate(10 minutes)", name="reckon")
def reckon(_: CloudWatchEvent) -> None:
    """Judge the numbers of the passes whose time has come; say how many services are overdue with attesting."""
    context = _context(utc_now())
    _told(attesting.judge_passes(wiring.scales(), context), "counts")
    days = wiring.settings().attest_days
    every = timedelta(days=days) if days else None
    count("AttestationsOverdue", attesting.overdue_services(wiring.scales(), every, context.now))


def _told(new: int, source: str) -> None:
    if new:
        logger().error("tables and log differ", extra={"found": new, "source": source})
        count("LogFaults", new)


def _context(now: datetime) -> Context:
    return Context(system_principal("audit"), now, new_id("job"))
