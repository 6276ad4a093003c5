"""The log is kept: copied to where nobody can change it, tidied, and held where a court asked for it (R-AUD-7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from chalice.app import Blueprint, CloudWatchEvent

from services.audit import wiring
from services.audit.logic import copying, holds, tidying
from shared.kernel.clock import utc_now
from shared.observability import count, logger

events = Blueprint(__name__)

RUN: Final = timedelta(seconds=18)
"""How long one run begins new steps; the function is given half a minute."""


def _copy(until: datetime) -> int:
    return copying.copy(wiring.log(), wiring.locked(), wiring.positions(), utc_now, until)


def _tidy(until: datetime) -> int:
    return tidying.tidy(wiring.log(), wiring.positions(), utc_now, until)


def _hold(until: datetime) -> int:
    return holds.carry_out(wiring.keeping(), utc_now, until)


DUTIES: dict[str, Callable[[datetime], int]] = {"copied": _copy, "tidied": _tidy, "held": _hold}
"""What is done each minute, by the word that its figure is logged under; what ails one does not stop the others."""


@events.schedule("rate(1 minute)", name="keep")
def keep(_: CloudWatchEvent) -> None:
    """Copy what is new and checked, remove what nothing needs any more, carry out holds (ADR 24)."""
    until = utc_now() + RUN
    for duty, do in DUTIES.items():
        try:
            done = do(until)
        except Exception:  # noqa: BLE001 - it is tried again in a minute, and an alarm watches
            logger().exception("the log could not be kept", extra={"duty": duty})
            count("KeepingFailed")
        else:
            logger().info("kept", extra={"duty": duty, "done": done})
