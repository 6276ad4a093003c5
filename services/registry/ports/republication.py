"""What publishing the registry's past again needs of its store."""

from collections.abc import Sequence
from typing import Protocol

from services.registry.ports.departments import Position
from shared.contracts.event import Event


class Past(Protocol):
    """Every department, item and notice there is, a few at a time, and the events of each."""

    def departments(self, limit: int, position: Position | None) -> tuple[Sequence[str], Position | None]:
        """Ids of departments, in a stable order."""

    def of_department(
        self, listing: str, department: str, limit: int, position: Position | None
    ) -> tuple[Sequence[str], Position | None]:
        """Ids of what a department's list of a kind holds, in a stable order."""

    def events(self, aggregate: str) -> Sequence[Event]:
        """The chain of one of them, without what was erased."""


class Announcer(Protocol):
    """The way to the consumers."""

    def republish(self, events: Sequence[Event]) -> int:
        """Tell them once more; how many events. Raises Unavailable: do the same step again."""
