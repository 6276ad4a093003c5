"""Witnesses are asked by the clock to cosign the newest checkpoint (R-AUD-3)."""

from chalice.app import Blueprint, CloudWatchEvent

from services.audit import wiring
from services.audit.domain.witnesses import Trouble
from services.audit.logic import cosigning
from shared.kernel.clock import utc_now
from shared.observability import count, logger

events = Blueprint(__name__)


@events.schedule("rate(1 minute)", name="cosign")
def cosign(_: CloudWatchEvent) -> None:
    """Have the newest checkpoint cosigned; say who would not, and apart from them who saw another history."""
    done = cosigning.cosign(wiring.log(), wiring.witnesses(), wiring.callers(), wiring.settings().quorum, utc_now())
    disagreeing = [name for name, trouble in done.troubles.items() if trouble is Trouble.DISAGREES]
    for name, trouble in done.troubles.items():
        logger().warning("a witness did not cosign", extra={"witness": name, "trouble": trouble, "size": done.size})
    if done.cosigned:
        logger().info("cosigned", extra={"size": done.size, "witnesses": len(done.cosigned)})
    count("WitnessesRefusing", len(done.troubles))
    count("WitnessesDisagreeing", len(disagreeing))
