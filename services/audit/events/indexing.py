"""The log is indexed by the clock, for those who search it (R-AUD-1)."""

from chalice.app import Blueprint, CloudWatchEvent

from services.audit import wiring
from services.audit.logic import indexing
from shared.kernel.clock import utc_now
from shared.observability import logger

events = Blueprint(__name__)


@events.schedule("rate(1 minute)", name="index")
def index(_: CloudWatchEvent) -> None:
    """Index what was published since the last minute; what is left is left to the next."""
    until = utc_now() + indexing.RUN
    done = indexing.index(wiring.log(), wiring.positions(), wiring.postings(), utc_now, until)
    logger().info("indexed", extra={"entries": done})
