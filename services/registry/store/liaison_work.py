"""Hand-overs under way in DynamoDB.

| pk | sk | what |
|---|---|---|
| `hand_…` | `head`, `event#n` | how far the giver's items have passed, part by part |
| `once#hand_…#item_…` | `once` | that an item was passed on by a hand-over: it is never passed on twice |
"""

from collections.abc import Sequence

from services.registry.domain.changes import ChangeEntry
from services.registry.domain.items import ItemFile, PublishedItem
from services.registry.store.item_keys import approved, naming
from services.registry.store.items import ItemStore
from shared.aws.journal import Journal
from shared.contracts.change import Change, Context, Stored
from shared.contracts.departments import LiaisonWork
from shared.kernel.ids import is_id


class LiaisonWorkStore:
    """Hand-overs on the registry's table; see ports.liaison_work.LiaisonWorks for what each method promises."""

    def __init__(self, journal: Journal, items: ItemStore) -> None:
        self.journal = journal
        self.table = journal.table
        self.items = items

    def work(self, hand_id: str) -> Stored[LiaisonWork] | None:
        """How far a hand-over has come (strongly consistent), or None while no item was looked at."""
        return self.journal.read(hand_id, LiaisonWork) if is_id(hand_id, "hand") else None

    def items_after(self, department_id: str, *, approving: bool, after: str | None, limit: int) -> Sequence[str]:
        """Ids of the next items that a department approves, or that name it, in the order of their ids."""
        listing = approved(department_id) if approving else naming(department_id)
        behind = self.table.listing_at > after if after else None
        rows = self.table.listing_index.query(listing, behind, limit=limit, page_size=limit)
        return [row.pk for row in rows]

    def item(self, item_id: str) -> Stored[ItemFile] | None:
        """An item as it stands now (strongly consistent), or None."""
        return self.items.item(item_id)

    def passed_before(self, context: Context) -> bool:
        """Whether this act on an item took effect before (strongly consistent)."""
        return self.journal.answer(context.event.key) is not None

    def save_item(
        self, change: Change[ItemFile], before: ItemFile, made: Sequence[tuple[PublishedItem, ChangeEntry]]
    ) -> None:
        """Write an item with the versions made of it, if any."""
        if made:
            self.items.publish_versions(change, before, made)
        else:
            self.items.save_item(change, before)

    def save_work(self, change: Change[LiaisonWork]) -> None:
        """Write how far a hand-over has come."""
        self.journal.commit(change)
