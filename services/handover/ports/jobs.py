"""What work in the background needs of its store; store/jobs.py is the real thing (R-HND-16, R-HND-17)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from services.handover.ports.cases import Position
from shared.contracts.change import Change, Stored
from shared.contracts.model import Contract

J = TypeVar("J", bound=Contract)
P = TypeVar("P", bound=Contract)


class Jobs(Protocol[J]):
    """Jobs of one kind: each an aggregate, in the due index while there is work to be done on it."""

    def job(self, identifier: str) -> Stored[J] | None:
        """A job as it stands now, strongly consistent."""

    def asked_by(self, owner: str, limit: int, position: Position | None) -> tuple[Sequence[J], Position | None]:
        """A page of the jobs of whoever asked for them, newest first."""

    def save(self, change: Change[J], due: datetime | None) -> None:
        """Write a change, and when there is work to be done next; None for never. Raises Outdated, AlreadyDone."""

    def progress(self, identifier: str, model: type[P]) -> tuple[int, P]:
        """How many steps were done, and how far they came; none, and the beginning, before the first."""

    def note(self, identifier: str, steps: int, progress: Contract) -> bool:
        """Note how far the steps came; False when somebody else has done this one already."""

    def put_rows(self, identifier: str, rows: Iterable[tuple[str, Contract]]) -> None:
        """Keep rows of a job's result under their keys; the same key again is the same row."""

    def rows(
        self, identifier: str, begins: str, limit: int, position: Position | None
    ) -> tuple[Sequence[str], Position | None]:
        """A page of rows by the beginning of their keys, as JSON, in their order."""
