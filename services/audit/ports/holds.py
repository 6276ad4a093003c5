"""What placing and working on holds needs of the store; store/holds.py is the real thing."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel

from services.audit.domain.holds import Hold, Task
from shared.contracts.change import Change, Once, Stored


class Holds(Protocol):
    """Holds, what is to be done for them, and which cases hold which object of the copy."""

    def hold(self, case_id: str) -> Stored[Hold] | None:
        """The hold of a case as it stands, or as it was released."""

    def save(self, change: Change[Hold]) -> None:
        """Write a hold, with what is to be done for it. Raises Outdated."""

    def remember(self, once: Once, response: BaseModel) -> None:
        """Keep an answer where nothing else is to be written."""

    def tasks(self) -> Sequence[Task]:
        """What is to be done: for every hold that lasts, since its case may grow, and every one not yet let go."""

    def finish(self, task: Task) -> None:
        """Nothing is left to be done for a hold, unless it was changed meanwhile."""

    def claim(self, path: str, case_id: str) -> None:
        """A case holds an object."""

    def let_go(self, path: str, case_id: str) -> bool:
        """A case holds an object no more; whether another does."""

    def is_claimed(self, path: str) -> bool:
        """Whether any case holds an object (strongly consistent)."""
