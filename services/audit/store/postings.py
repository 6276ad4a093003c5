"""The lists by which entries are found again.

| pk | sk | what |
|---|---|---|
| `by#case#<id>` | `<start>-<end>`, 20 digits each | which entries of that range are the case's (`body`: runs) |
| `by#<principal, department or type>#<id>#<day>` | the same | the same for one day |
| `by#all#<day>` | the same | every entry of the day |
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from services.audit.domain.postings import Block, PostingList, packed, unpacked
from shared.aws.table import Row

_PAGE: Final = 25
"""Blocks read at once: a page of a search rarely needs more."""


class PostingStore:
    """The lists on audit's own table; see ports.postings.Postings for what each method promises."""

    def __init__(self, table: type[Row]) -> None:
        self._table = table

    def put(self, start: int, end: int, lists: Mapping[PostingList, Sequence[int]]) -> None:
        """Keep a step's blocks: twenty-five rows a request, what is throttled again."""
        key = f"{_key(start)}-{_key(end)}"
        with self._table.batch_write() as batch:
            for each, indices in lists.items():
                batch.save(self._table(pk=_list_key(each), sk=key, body=packed(start, indices)))

    def blocks(self, which: PostingList, below: int | None = None) -> Iterator[Block]:
        """Blocks that start below an index, the latest start first."""
        earlier = None if below is None else self._table.sk < _key(below)
        rows = self._table.query(
            _list_key(which), earlier, scan_index_forward=False, consistent_read=True, page_size=_PAGE
        )
        return map(_block, rows)

    def rising(self, which: PostingList) -> Iterator[Block]:
        """Blocks, the earliest start first."""
        return map(_block, self._table.query(_list_key(which), consistent_read=True))


def _block(row: Row) -> Block:
    start, _, end = row.sk.partition("-")
    return Block(int(start), int(end), unpacked(int(start), row.body or ""))


def _list_key(which: PostingList) -> str:
    day = which.day.isoformat() if which.day else ""
    return "#".join(each for each in ("by", which.dimension.value, which.of, day) if each)


def _key(index: int) -> str:
    return f"{index:020d}"
