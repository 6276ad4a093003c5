"""The change log in DynamoDB: rows `changes#<month>` / `<instant>#<code>#n`, written with the version (store.items)."""

from collections.abc import Sequence
from datetime import datetime

from services.registry.domain.changes import ChangeEntry
from services.registry.ports.changes import Logged
from services.registry.store.item_keys import changes_key
from shared.aws.journal import Journal
from shared.kernel.clock import to_text

_JUST_BEHIND = "!"
"""Sorts before every character that can follow in a sort key."""


class ChangeLogStore:
    """The change log on the registry's table; see ports.changes.ChangeLog for what it promises."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def entries(self, month: str, begin: datetime, end: datetime, limit: int, after: str | None) -> Sequence[Logged]:
        """A month's next entries (one query)."""
        first = f"{after}{_JUST_BEHIND}" if after is not None else to_text(begin)
        span = self.table.sk.between(first, f"{to_text(end)}#~")
        rows = self.table.query(changes_key(month), span, limit=limit, page_size=limit)
        return [Logged(ChangeEntry.model_validate_json(row.body or "{}"), row.sk) for row in rows]
