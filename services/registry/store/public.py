"""The published list in DynamoDB: pointers list by list, and the items they point to in one batch (see store.items)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed
from services.registry.ports.public import Pointer
from services.registry.store.item_keys import PUBLIC, code_key, force_until, row_of, version_key
from shared.aws.journal import Journal
from shared.aws.table import ALL_SHARDS, Row, shard_of
from shared.contracts.model import LONGEST_CODE

_VERSIONS = "version#"


class PublicListStore:
    """The published list on the registry's table; see ports.public.PublicList for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def listed(self, code: str) -> Listed | None:
        """What the list shows of an item (strongly consistent), or None."""
        row = row_of(self.table, code, PUBLIC)
        return _listed(row) if row and row.body else None

    def items(self, codes: Collection[str]) -> Mapping[str, Listed]:
        """What the list shows of each of these items, by code; those there are not are left out."""
        keys = {code_key(code): code for code in codes}
        rows = self.table.batch_get([(key, PUBLIC) for key in keys]) if keys else ()
        return {keys[row.pk]: _listed(row) for row in rows if row.body}

    def pointers(self, listing: str, *, sharded: bool, limit: int, after: str | None) -> Sequence[Pointer]:
        """The next entries of a list after a place: by code, shard after shard, mostly one query a page."""
        if not sharded:
            return self._pointers(listing, limit, after)
        begin = ALL_SHARDS.index(shard_of(after)) if after is not None else 0
        found: list[Pointer] = []
        for shard in ALL_SHARDS[begin:]:
            found += self._pointers(f"{listing}#{shard}", limit - len(found), after)
            after = None
            if len(found) == limit:
                break
        return found

    def _pointers(self, listing: str, limit: int, after: str | None) -> Sequence[Pointer]:
        # An item is in a list once, at the place of its code.
        beyond = self.table.listing_at > after if after is not None else None
        rows = self.table.listing_index.query(listing, beyond, limit=limit, page_size=limit)
        places = [row.listing_at or "" for row in rows]
        return [Pointer(place, place) for place in places]

    def version(self, code: str, version: int) -> PublishedItem | None:
        """One version, as it was made, or None."""
        row = row_of(self.table, code, version_key(version))
        return _version(row) if row else None

    def versions(self, code: str, limit: int, before: int | None) -> Sequence[PublishedItem]:
        """An item's versions below a number, newest first (strongly consistent)."""
        if len(code) > LONGEST_CODE:
            return []
        if before is not None and before <= 1:
            return []  # a span that ends before it begins is refused
        newest = version_key(before - 1) if before is not None else f"{_VERSIONS}~"
        span = self.table.sk.between(version_key(1), newest)
        rows = self.table.query(
            code_key(code), span, scan_index_forward=False, consistent_read=True, limit=limit, page_size=limit
        )
        return [_version(row) for row in rows]

    def in_force(self, code: str, at: datetime) -> PublishedItem | None:
        """The version in force at an instant (one strongly consistent query of one row), or None."""
        if len(code) > LONGEST_CODE:
            return None
        until = self.table.sk.between("force#", force_until(at))
        rows = self.table.query(code_key(code), until, scan_index_forward=False, consistent_read=True, limit=1)
        found = next(iter(rows), None)
        return _version(found) if found else None


def _listed(row: Row) -> Listed:
    marked = {"notices": tuple(sorted(row.marks or ()))}
    return Listed.model_validate_json(row.body or "{}").model_copy(update=marked)


def _version(row: Row) -> PublishedItem:
    return PublishedItem.model_validate_json(row.body or "{}")
