"""What the passing of a liaison's items needs of its store."""

from collections.abc import Sequence
from typing import Protocol

from services.registry.domain.changes import ChangeEntry
from services.registry.domain.items import ItemFile, PublishedItem
from shared.contracts.change import Change, Context, Stored
from shared.contracts.departments import LiaisonWork


class LiaisonWorks(Protocol):
    """Hand-overs under way, and the items they are about."""

    def work(self, hand_id: str) -> Stored[LiaisonWork] | None:
        """How far a hand-over has come, or None while no item was looked at."""

    def items_after(self, department_id: str, *, approving: bool, after: str | None, limit: int) -> Sequence[str]:
        """Ids of the next items that a department approves, or that name it, in the order of their ids."""

    def item(self, item_id: str) -> Stored[ItemFile] | None:
        """An item as it stands now, or None."""

    def passed_before(self, context: Context) -> bool:
        """Whether this act on an item took effect before."""

    def save_item(
        self, change: Change[ItemFile], before: ItemFile, made: Sequence[tuple[PublishedItem, ChangeEntry]]
    ) -> None:
        """Write an item with the versions made of it, if any. Raises AlreadyDone, Outdated."""

    def save_work(self, change: Change[LiaisonWork]) -> None:
        """Write how far a hand-over has come. Raises AlreadyDone, Outdated."""
