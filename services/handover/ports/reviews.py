"""What requests for opinions need of their store, beside the cases they are part of."""

from collections.abc import Sequence
from typing import Protocol

from services.handover.ports.cases import Position
from shared.contracts.reviews import ReviewRequest


class Reviews(Protocol):
    """Whom a request waits for."""

    def asked(
        self, department: str, *, limit: int, position: Position | None
    ) -> tuple[Sequence[ReviewRequest], Position | None]:
        """A page of the requests that a department has not answered yet, oldest first."""
