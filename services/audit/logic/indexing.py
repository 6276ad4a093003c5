"""Indexing the log for those who search it: a follower (ADR 22, ADR 27).

An entry is indexed by what the published log says and by the docket beside its leaf. Where the bundles are not what
their tiles say the indexer waits until the log's files were put right (from the locked copy, say): it goes on then,
and leaves no hole that nobody would notice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from services.audit.domain.log import LogDamagedError
from services.audit.domain.postings import Found, posted
from services.audit.logic.ahead import around
from services.audit.logic.dockets import docketed
from services.audit.logic.following import follow
from services.audit.logic.reading import content, entries, published
from services.audit.ports.log import Log
from services.audit.ports.positions import Positions
from services.audit.ports.postings import Postings
from shared.kernel.clock import Clock
from shared.kernel.merkle import HASH_SIZE, leaf_hash
from shared.kernel.tiles import TILE_WIDTH

INDEXER: Final = "indexer"

STEP: Final = 1_000
"""Entries indexed at once: what they add to a list is one row. It may grow and never shrink: so far back from an entry
its lists are looked through for it."""

RUN: Final = timedelta(seconds=40)
"""How long one run begins new steps."""


def index(log: Log, positions: Positions, postings: Postings, clock: Clock, until: datetime) -> int:
    """Index what was published and is not yet, until the time is up; how many entries.

    Raises LogDamagedError or Missing at the first step whose files are damaged.
    """

    def step(start: int, end: int, size: int, state: str) -> str:
        read = docketed(log, _sound(log, start, end, size))
        found = (Found(each.index, each.envelope, each.docket) for each in read if each.envelope)
        postings.put(start, end, posted(found))
        return state

    return follow(log, positions, INDEXER, step, STEP, clock, until)


def _sound(log: Log, start: int, end: int, size: int) -> Sequence[tuple[int, bytes]]:
    """Some entries, each of which is what the tile above says."""
    read = list(entries(log, start, end, size))
    first = start // TILE_WIDTH
    leaves = b"".join(
        content(log, around(number * TILE_WIDTH, size)[1]) for number in range(first, -(-end // TILE_WIDTH))
    )
    skipped = first * TILE_WIDTH
    told = leaves[(start - skipped) * HASH_SIZE : (end - skipped) * HASH_SIZE]
    if b"".join(leaf_hash(data) for _, data in read) != told:
        raise LogDamagedError(f"entries {start} to {end - 1} are not what their tiles say")
    return read


def unindexed(log: Log, positions: Positions) -> int:
    """How many published entries cannot be searched yet."""
    return published(log).size - indexed(positions)


def indexed(positions: Positions) -> int:
    """How many entries can be searched: all before this index."""
    return positions.read(INDEXER).size
