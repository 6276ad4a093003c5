"""What re-routing needs of who waits for news of the registry; store/waits.py is the real thing (R-HND-15)."""

from collections.abc import Sequence
from typing import Protocol

from services.handover.domain.waits import Wait
from shared.contracts.model import Contract


class Walk(Contract):
    """How far the walk through a list of waiting parts has come; `failed`: some could not be tried, so walk again."""

    after: str = "!"
    """The last part that was tried; every id is greater than this."""
    failed: bool = False


class Waits(Protocol):
    """Lists of waiting parts, by what they wait for. A `wake` is the id of the news that a list is walked for."""

    def walk(self, wake: str) -> Walk | None:
        """How far a walk has come, strongly consistent; None where it is over."""

    def waiting(self, wake: str, after: str, limit: int) -> Sequence[str]:
        """The ids of the next waiting parts, strongly consistent."""

    def keep(self, waits: Sequence[Wait]) -> bool:
        """Leave parts waiting for what else they were judged by; False when that has changed meanwhile."""

    def forget(self, wake: str, unrouted_id: str) -> None:
        """A part that is placed waits no more."""

    def go_on(self, wake: str, walk: Walk) -> None:
        """Note how far a walk has come, unless it is over."""

    def end(self, wake: str) -> None:
        """The list was walked to its end."""
