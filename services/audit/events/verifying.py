"""The log is verified by the clock: what is new every ten minutes, all of it every week (R-AUD-4)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from chalice.app import Blueprint, CloudWatchEvent

from services.audit import wiring
from services.audit.domain.verifications import CHECK, START, RangeOrder, StartOrder
from services.audit.logic import full_verifying
from services.audit.logic.verifying import verify as verify_new
from services.audit.store.verifications import KIND
from shared.aws import due
from shared.aws.consumer import system_principal
from shared.contracts.change import Context
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.observability import count, logger

events = Blueprint(__name__)

RUN = timedelta(minutes=4)
"""When a run takes up its last step; the next one, ten minutes later, goes on."""


@events.schedule("rate(10 minutes)", name="verify")
def verify(event: CloudWatchEvent) -> None:
    """Verify what is new; begin the week's verification of the whole; look after those that did not finish."""

    def begin() -> Context:
        return Context(system_principal("audit"), utc_now(), event.event_id)

    done = verify_new(wiring.verifying(), begin, utc_now() + RUN)
    if done.found or done.stuck:
        damage = {"findings": done.found, "new": done.new, "stuck": done.stuck}
        logger().error("the log is not what it should be, see GET /v1/faults", extra=damage)
    logger().info("verified", extra={"entries": done.entries})
    count("LogFaults", done.found)
    full_verifying.request_weekly(wiring.full_verifying(), begin())
    due.elapse(wiring.verification_work(), {KIND: _look_after}, begin)


def _look_after(context: Context, verification_id: str) -> bool:
    going = full_verifying.go_on(wiring.full_verifying(), context, verification_id)
    if going:
        until = context.now + full_verifying.LOOKED_AFTER
        wiring.verification_work().put_off(due.Owed(KIND, verification_id), context.now, until)
    return going


def _start(text: str, now: datetime) -> None:
    order = StartOrder.model_validate_json(text)
    full_verifying.go_on(wiring.full_verifying(), _context(now), order.verification_id)


def _check(text: str, now: datetime) -> None:
    order = RangeOrder.model_validate_json(text)
    found = full_verifying.check(wiring.full_verifying(), _context(now), order)
    if found:
        logger().error("the log is not what it should be, see GET /v1/faults", extra={"findings": found})
        count("LogFaults", found)


def _context(now: datetime) -> Context:
    return Context(system_principal("audit"), now, new_id("req"))


HANDLERS: Final[Mapping[str, Callable[[str, datetime], None]]] = {START: _start, CHECK: _check}
