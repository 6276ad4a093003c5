"""What indexing and searching need of the lists; store/postings.py is the real thing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from services.audit.domain.postings import Block, PostingList


class Postings(Protocol):
    """The lists of places in the log."""

    def put(self, start: int, end: int, lists: Mapping[PostingList, Sequence[int]]) -> None:
        """Keep what the entries from `start` up to `end` add to lists; to do it again changes nothing."""

    def blocks(self, which: PostingList, below: int | None = None) -> Iterable[Block]:
        """A list's blocks that start below an index, the latest start first; read as they are asked for."""

    def rising(self, which: PostingList) -> Iterable[Block]:
        """A list's blocks, the earliest start first."""
