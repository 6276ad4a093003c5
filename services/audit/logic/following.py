"""Followers of the log: whatever is done for every entry once it is published, each at its own pace (ADR 21).

A follower has a position, and does the entries after it in steps. A step may be done twice (its follower was killed
before it moved, or two ran), so a step writes the same things again. Cost follows what is new.
"""

from collections.abc import Callable
from datetime import datetime

from services.audit.logic.reading import published
from services.audit.ports.log import Log
from services.audit.ports.positions import Position, Positions
from shared.contracts.change import Outdated

Step = Callable[[int, int, int, str], str]
"""Does the entries from a start to an end (exclusive) of a log published at a size, given what the follower remembered;
answers what it remembers now."""


def follow(
    log: Log, positions: Positions, follower: str, step: Step, most: int, clock: Callable[[], datetime], until: datetime
) -> int:
    """Do what is published and not done, `most` entries a step, until the time is up; how many entries were done.

    Another run of the same follower that moved it meanwhile goes on instead. What a step raises is raised: the position
    stays, and the next run begins there.
    """
    size = published(log).size
    begin = at = positions.read(follower)
    while at.size < size and clock() < until:
        end = min(size, at.size + most)
        after = Position(end, step(at.size, end, size, at.state))
        try:
            positions.move(follower, at, after)
        except Outdated:
            break
        at = after
    return at.size - begin.size
