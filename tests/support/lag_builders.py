"""Measuring how far a log is behind: positions and a queue in memory, a meter that looks when it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn

from services.audit.domain.health import Progress, Standing
from services.audit.logic.health import health, measure
from services.audit.ports.log import Log
from services.audit.ports.positions import Position
from shared.contracts.change import Outdated
from tests.support.audit_builders import a_log


@dataclass
class MemoryPositions:
    """Positions in memory."""

    held: dict[str, Position] = field(default_factory=dict)
    lost: bool = False

    def read(self, follower: str) -> Position:
        return self.held.get(follower, Position())

    def move(self, follower: str, before: Position, after: Position) -> None:
        if self.lost or self.read(follower) != before:
            raise Outdated
        self.held[follower] = after


@dataclass
class Queue:
    """The queue of envelopes: how many wait at each look, the last for good; how many it gave up."""

    counts: Sequence[int] = (0,)
    dead: int = 0
    looks: int = 0

    def waiting(self) -> int:
        self.looks += 1
        return self.counts[min(self.looks, len(self.counts)) - 1]

    def given_up(self) -> int:
        return self.dead

    def reject(self, text: str, reason: str) -> NoReturn:
        raise AssertionError((text, reason))


@dataclass
class Meter:
    """Measures a log at instants of its choosing."""

    log: Log = field(default_factory=a_log)
    positions: MemoryPositions = field(default_factory=MemoryPositions)
    paused: float = 0

    def at(self, now: datetime, queue: Queue) -> Progress:
        return measure(self.log, queue, self.positions, lambda: now + timedelta(seconds=self.paused), self._pause)

    def standing(self, now: datetime) -> tuple[Standing, int]:
        found = health(self.log, self.positions, now)
        return found.standing, found.lag_seconds

    def _pause(self, seconds: float) -> None:
        self.paused += seconds
