"""What the measurements of the log found; apart, so that to show it nothing of what they need is imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from time import process_time
from typing import TypeVar

from infra.bench.recorder import Figures

R = TypeVar("R")


class Measure(StrEnum):
    """What can be measured of more than one implementation. Rates are per second of processor time: of one core."""

    APPEND = "entries added to the tree"
    SEAL = "entries, until they are kept and signed"
    PROVE = "inclusion proofs made, each from tiles read anew"
    PROVE_HELD = "inclusion proofs made, the tree being held"
    CHECK = "inclusion proofs checked"
    PROVE_CONSISTENCY = "consistency proofs made, from tiles"
    PROVE_CONSISTENCY_HELD = "consistency proofs made, tree held"
    CHECK_CONSISTENCY = "consistency proofs checked"
    VERIFY = "entries verified, the whole log"


@dataclass(slots=True)
class Peer:
    """One implementation: its rates, what it keeps of each entry, and the root it arrived at."""

    name: str
    rates: dict[Measure, float] = field(default_factory=dict)
    bytes_kept: float | None = None
    root: str = ""

    def time(self, measure: Measure, times: int, work: Callable[[], R]) -> R:
        """Do some work that does something so many times, and note how often it was done a second."""
        began = process_time()
        done = work()
        self.rates[measure] = times / (process_time() - began)
        return done


@dataclass(frozen=True, slots=True)
class Sealed:
    """What sealing one batch asked of AWS, on Amazon's engine."""

    events: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class LogFigures:
    """Everything about the log. The first peer is ours; rates of bare hashing are those of hashlib alone."""

    entries: int
    verified: int
    seconds: float
    """How long the full verification took by the clock, on all processors."""
    peers: tuple[Peer, ...]
    bare: Mapping[str, float]
    left_out: tuple[str, ...]

    @property
    def disagreeing(self) -> tuple[str, ...]:
        """Peers whose root is another than ours."""
        return tuple(peer.name for peer in self.peers if peer.root != self.peers[0].root)
