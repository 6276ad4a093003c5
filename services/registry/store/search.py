"""The search index in DynamoDB: a row for each term of each name of an item.

| pk | sk | what |
|---|---|---|
| `find#<two characters>` | `<term>#<code>#<spelling's hash>` | that an item is found by a term; `body` = the spelling |
| `code#<code>` | `indexed` | which spellings of the item are in, and which are being taken away |

A row says nothing but what its keys and its spelling say, so that writing it twice, or late, changes nothing. Whether
the item still bears that name, the reader sees in the item.
"""

import hashlib
from collections.abc import Iterator, Sequence

from services.registry.domain.search import Indexed, Spelling, bucket, terms
from services.registry.ports.search import Hit
from services.registry.store.item_keys import code_key, row_of
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.aws.transactions import NOT_THERE, ConditionFailed, Write, client_of, transact

_INDEXED = "indexed"
_BEHIND_ALL = "\U0010ffff"
"""Sorts behind every character a term can have."""
_JUST_BEHIND = "!"
"""Sorts before every character that can follow in a sort key."""


class SearchStore:
    """The search index on the registry's table; see ports.search.SearchIndex for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.table = journal.table

    def hits(self, typed: str, limit: int, after: str | None) -> Sequence[Hit]:
        """The next terms that begin with what was typed (one query): cost follows the hits."""
        begin = f"{after}{_JUST_BEHIND}" if after is not None else typed
        span = self.table.sk.between(begin, f"{typed}{_BEHIND_ALL}")
        rows = self.table.query(_find_key(typed), span, limit=limit, page_size=limit)
        return [_hit(row) for row in rows]

    def indexed(self, code: str) -> Indexed:
        """What is in the index of an item (strongly consistent)."""
        row = row_of(self.table, code, _INDEXED)
        return Indexed.model_validate_json(row.body or "{}") if row else Indexed()

    def write(self, code: str, spelling: Spelling) -> None:
        """Put every term of an item's name there, 25 a request."""
        with self.table.batch_write() as batch:
            for row in self._rows(code, spelling):
                batch.save(row)

    def erase(self, code: str, spelling: Spelling) -> None:
        """Take every term of an item's name away, 25 a request."""
        with self.table.batch_write() as batch:
            for row in self._rows(code, spelling):
                batch.delete(row)

    def settle(self, code: str, before: Indexed, after: Indexed) -> bool:
        """Note what is in the index now, provided that it is noted as it was read; whether it was."""
        row = self.table(pk=code_key(code), sk=_INDEXED, version=after.revision, body=after.model_dump_json())
        unchanged = {":revision": {"N": str(before.revision)}} if before.revision else {}
        condition = "version = :revision" if before.revision else NOT_THERE
        try:
            transact(client_of(self.table), [Write(_INDEXED, "Put", row, condition, unchanged)])
        except ConditionFailed:
            return False
        return True

    def _rows(self, code: str, spelling: Spelling) -> Iterator[Row]:
        text = str(spelling)
        mark = hashlib.sha256(text.encode()).hexdigest()[:8]
        for term in terms(spelling, code):
            yield self.table(pk=_find_key(term), sk=f"{term}#{code}#{mark}", body=text)


def _find_key(term: str) -> str:
    return f"find#{bucket(term)}"


def _hit(row: Row) -> Hit:
    term, code, _ = row.sk.split("#")
    return Hit(code, term, Spelling.of(row.body or ""), row.sk)
