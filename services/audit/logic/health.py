"""Whether the log is sealing, and how far behind it is, end to end (R-AUD-6).

What counts is not what the sealer decided but what happened and is not published: an envelope that still waits, or that
its queue gave up, is as unsealed as one whose batch was left half-way. So the measure is *sealed through*: the newest
instant up to which every event is published. It is now when nothing waits; while something does, it is the oldest event
of the batch published last, since the queue delivers in about the order of sending. It never goes back, and stands
still while the queue has given up an envelope, which nobody seals until a person moves it back.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from services.audit.domain.health import Health, Progress, health_of
from services.audit.domain.log import Head, LogDamagedError, unstaged
from services.audit.logic.reading import published
from services.audit.ports.envelopes import Envelopes
from services.audit.ports.log import Log, Missing
from services.audit.ports.positions import Position, Positions
from shared.contracts.change import Outdated

MEASURE = "sealed through"
"""The name under which the measure is kept among the log's positions."""

LOOKS = 4
PAUSE_SECONDS = 4.0
"""A message that comes just as one looks is sealed within this."""

_FRESH = timedelta(seconds=30)
"""A busy log is never without a message on its way; that its last batch is this young is enough."""


def health(log: Log, positions: Positions, now: datetime) -> Health:
    """How the sealing is doing, as last measured."""
    progress = Progress.model_validate_json(positions.read(MEASURE).state)
    return health_of(log.ledger.head(), published(log).size, progress, now)


def sealed_through(positions: Positions) -> datetime | None:
    """Up to which instant every event is published, as last measured; None before the first measurement."""
    return Progress.model_validate_json(positions.read(MEASURE).state).through


def measure(
    log: Log,
    envelopes: Envelopes,
    positions: Positions,
    clock: Callable[[], datetime],
    pause: Callable[[float], None],
) -> Progress:
    """Measure how far the log has come and keep it; `pause` waits so many seconds. One write a call."""
    before = positions.read(MEASURE)
    known = Progress.model_validate_json(before.state).through
    size, through = before.size, known
    for look in range(LOOKS):
        if look:
            pause(PAUSE_SECONDS)
        now = clock()
        size, found = _look(log, envelopes, now)
        through = max((each for each in (known, found) if each), default=None)
        if through and now - through < _FRESH:
            break
    progress = Progress(through=through, size=size)
    # Another run measured at the same time: its measure is as good.
    with suppress(Outdated):
        positions.move(MEASURE, before, Position(size, progress.model_dump_json()))
    return progress


def _look(log: Log, envelopes: Envelopes, now: datetime) -> tuple[int, datetime | None]:
    """The published size, and up to when everything is published as far as one look tells.

    The queue is asked first: a sealer takes a message off it when its batch is published, so what is not there is in
    what is read after.
    """
    waiting, given_up = envelopes.waiting(), envelopes.given_up()
    head, size = log.ledger.head(), published(log).size
    if given_up or head.size > size:
        return size, None
    return size, now if not waiting else _oldest_of_last(log, head, now)


def _oldest_of_last(log: Log, head: Head, now: datetime) -> datetime | None:
    """When the oldest event of the last batch happened, if its staged copy can still be read."""
    if head.batch is None:
        return None
    with suppress(Missing, LogDamagedError):
        entries = unstaged(head.batch.path, log.objects.read(head.batch.path))
        return min(now, *(entry.envelope.time for entry in entries))
    return None
