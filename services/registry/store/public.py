"""The published list in DynamoDB: pages of pointers, and the items they point to in one batch (see store.items)."""

from collections.abc import Sequence
from datetime import datetime

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed
from services.registry.ports.departments import Position
from services.registry.store.items import PUBLIC, code_key, force_until, row_of, version_key
from services.registry.store.shards import walk
from shared.aws.journal import Journal
from shared.aws.listing import read_page

LONGEST_CODE = 64


class PublicListStore:
    """The published list on the registry's table; see ports.public.PublicList for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def listed(self, code: str) -> Listed | None:
        """What the list shows of an item (strongly consistent), or None."""
        row = row_of(self.table, code, PUBLIC) if len(code) <= LONGEST_CODE else None
        return Listed.model_validate_json(row.body) if row and row.body else None

    def version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was made, or None."""
        row = row_of(self.table, code, version_key(version)) if len(code) <= LONGEST_CODE else None
        return PublishedItem.model_validate_json(row.body or "{}") if row else None

    def in_force(self, code: str, at: datetime) -> PublishedItem | None:
        """The version in force at an instant (one strongly consistent query of one row), or None."""
        if len(code) > LONGEST_CODE:
            return None
        until = self.table.sk.between("force#", force_until(at))
        rows = self.table.query(code_key(code), until, scan_index_forward=False, consistent_read=True, limit=1)
        found = next(iter(rows), None)
        return PublishedItem.model_validate_json(found.body or "{}") if found else None

    def page(
        self, listing: str, *, sharded: bool, limit: int, position: Position | None
    ) -> tuple[Sequence[Listed], Position | None]:
        """One page of a list, in a stable order."""
        if sharded:
            rows, following = walk(self.table, listing, limit, position)
        else:
            page = read_page(self.table, listing, limit=limit, position=position, newest_first=False)
            rows, following = list(page.rows), page.position
        return self._listed([row.pk for row in rows]), following

    def _listed(self, keys: Sequence[str]) -> Sequence[Listed]:
        rows = self.table.batch_get([(key, PUBLIC) for key in keys]) if keys else ()
        found = {row.pk: row.body or "{}" for row in rows}
        return [Listed.model_validate_json(found[key]) for key in keys if key in found]
