"""The log is indexed by the clock, for those who search it (R-AUD-1)."""

from chalice.app import Blueprint, CloudWatchEvent

from services.audit import wiring
from services.audit.logic import indexing
from shared.kernel.clock import utc_now
from shared.observability import count, logger

events = Blueprint(__name__)


@events.schedule("rate(1 minute)", name="index")
def index(_: CloudWatchEvent) -> None:
    """Index what was published since the last minute; what is left is left to the next."""
    log, positions = wiring.log(), wiring.positions()
    done = indexing.index(log, positions, wiring.postings(), utc_now, utc_now() + indexing.RUN)
    logger().info("indexed", extra={"entries": done})
    # Not where it failed: silence is what the alarm hears.
    count("EntriesUnindexed", indexing.unindexed(log, positions))
