"""What the long measurements found; apart from them, so that to show it nothing of what they need is imported."""

from dataclasses import dataclass
from statistics import quantiles

from infra.bench.prices import Usage, summed
from infra.bench.recorder import Figures, Measured

_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a case's life: what it used itself, what followed from it, how many events it told in all."""

    name: str
    own: Usage
    following: Usage
    events: int

    @property
    def all(self) -> Usage:
        """Both together."""
        return summed((self.own, self.following))


@dataclass(frozen=True, slots=True)
class Scale:
    """The figures at each size, and how many seconds filling to it took."""

    measured: tuple[Measured, ...]
    seconds: tuple[float, ...]

    @property
    def differences(self) -> tuple[str, ...]:
        """Every step whose units are not the same at all sizes."""
        together = zip(*(each.steps for each in self.measured), strict=True)
        return tuple(steps[0].name for steps in together if len({units(step) for step in steps}) > 1)


def units(step: Figures) -> tuple[float, int, int]:
    """What a step costs in DynamoDB's units: read, write, index."""
    return step.read_units, step.write_units, step.index_units


@dataclass(frozen=True, slots=True)
class Spent:
    """What one kind of work took each time, in seconds of one thread's processor time."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """What it took half of the times at most."""
        return self._percentile(50)

    @property
    def ninety_ninth(self) -> float:
        """What it took 99 times of 100 at most."""
        return self._percentile(99)

    def _percentile(self, which: int) -> float:
        return quantiles(self.seconds, n=_HUNDREDTHS)[which - 1]
