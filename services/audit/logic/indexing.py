"""Indexing the log for those who search it: a follower (ADR 22, ADR 27).

An entry is indexed by what the published log says and by the docket beside its leaf. One that is no envelope is passed
over: it is the verifier's to report, and must not hold up what comes after it.
"""

from datetime import datetime, timedelta
from typing import Final

from services.audit.domain.postings import Found, posted
from services.audit.logic.dockets import docketed
from services.audit.logic.following import follow
from services.audit.logic.reading import entries
from services.audit.ports.log import Log
from services.audit.ports.positions import Positions
from services.audit.ports.postings import Postings
from shared.kernel.clock import Clock

INDEXER: Final = "indexer"

STEP: Final = 1_000
"""Entries indexed at once: what they add to a list is one row."""

RUN: Final = timedelta(seconds=40)
"""How long one run begins new steps."""


def index(log: Log, positions: Positions, postings: Postings, clock: Clock, until: datetime) -> int:
    """Index what was published and is not yet, until the time is up; how many entries."""

    def step(start: int, end: int, size: int, state: str) -> str:
        read = docketed(log, entries(log, start, end, size))
        found = (Found(each.index, each.envelope, each.docket) for each in read if each.envelope)
        postings.put(start, end, posted(found))
        return state

    return follow(log, positions, INDEXER, step, STEP, clock, until)


def indexed(positions: Positions) -> int:
    """How many entries can be searched: all before this index."""
    return positions.read(INDEXER).size
