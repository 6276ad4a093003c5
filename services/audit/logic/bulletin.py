"""Telling the other services that the log is sealing, so that one may stop when it is not (R-AUD-6, ADR 24)."""

from collections.abc import Callable, Iterable
from datetime import datetime

from services.audit.domain import SOURCE
from services.audit.domain.health import Progress
from shared.contracts.event import GENESIS, Actor, Event, make_event
from shared.contracts.sealed import LogSealed
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal

Announce = Callable[[Iterable[Event]], int]
"""Tells audit's topic of events that are in no table. Raises Unavailable."""


def tell(announce: Announce, sender: Principal, progress: Progress, now: datetime) -> None:
    """Say how far the log is sealed; before it was ever measured there is nothing to say."""
    if progress.through is None:
        return
    event = make_event(
        LogSealed(through=progress.through, size=progress.size),
        source=SOURCE,
        subject=new_id("log"),
        sequence=1,
        previous=GENESIS,
        actor=Actor.of(sender),
        correlation_id=new_id("cor"),
        time=now,
    )
    announce([event])
