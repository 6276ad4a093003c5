"""Removing what follows from what stays (ADR 24): staged batches that are published, partial tiles that became full.

*Staged batches.* One whose first event is in the published log can never be needed again: whoever would stage the same
events finds that one indexed, and whoever chose them before loses the race for the head, which moved when it was
published. The head's own batch stays in any case.

*Partial tiles and bundles* of a row of which the full one is there: `reading.content` answers them from it. Those of
the row that is still growing stay: the next batch and every proof at the log's edge need them.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from services.audit.domain.log import STAGING, Head, LogDamagedError, unstaged
from services.audit.logic.following import follow
from services.audit.logic.reading import published
from services.audit.ports.log import Log, Missing
from services.audit.ports.positions import Positions
from shared.kernel.tiles import TILE_HEIGHT, TILE_WIDTH, Bundle, Tile

TIDIER: Final = "tidier"

_STEP: Final = 64 * TILE_WIDTH
"""Entries looked through at once: two listings for each 256 of them."""


def tidy(log: Log, positions: Positions, clock: Callable[[], datetime], until: datetime) -> int:
    """Remove what the log has grown out of since the last time; how many objects. Nothing new costs nothing."""
    size = published(log).size
    if size == positions.read(TIDIER).size:
        return 0
    removed = 0
    for path in log.objects.below(STAGING):
        if clock() >= until:
            break
        if _is_spent(log, path, log.ledger.head(), size):
            log.objects.delete([path])
            removed += 1

    def step(start: int, end: int, _size: int, state: str) -> str:
        nonlocal removed
        for full in _became_full(start, end):
            removed += _remove_parts(log, full)
        return state

    follow(log, positions, TIDIER, step, _STEP, clock, until)
    return removed


def _is_spent(log: Log, path: str, head: Head, size: int) -> bool:
    if head.batch is not None and head.batch.path == path:
        return False
    # A damaged one is evidence, and one that has just gone is gone.
    with suppress(Missing, LogDamagedError):
        first = unstaged(path, log.objects.read(path))[0].event_id
        leaf = log.ledger.leaves([first]).get(first)
        return leaf is not None and leaf.index < size
    return False


def _became_full(start: int, end: int) -> Iterator[Tile | Bundle]:
    """The rows of 256 that are full in a log of `end` entries and were not in one of `start`."""
    level = 0
    while (count := end >> (level * TILE_HEIGHT)) >= TILE_WIDTH:
        before = start >> (level * TILE_HEIGHT)
        for number in range(before // TILE_WIDTH, count // TILE_WIDTH):
            yield Tile(level, number)
            if level == 0:
                yield Bundle(number)
        level += 1


def _remove_parts(log: Log, full: Tile | Bundle) -> int:
    parts = list(log.objects.below(f"{full.path}.p/"))
    if not parts:
        return 0
    log.objects.read(full.path)  # raises Missing: partial ones are all there is of it then, and stay
    log.objects.delete(parts)
    return len(parts)
