"""Entries of the log with the docket that is kept beside each: what auditors are shown (R-AUD-1).

The object store is not trusted, the index of events is: an entry whose bytes are not those that were sealed is told
from one whose bytes are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from services.audit.domain.log import Leaf
from services.audit.logic.reading import content
from services.audit.ports.log import Log
from shared.contracts.dockets import NO_DOCKET, Docket
from shared.contracts.event import Envelope
from shared.kernel.merkle import leaf_hash
from shared.kernel.tiles import TILE_WIDTH, Bundle, decode_bundle


@dataclass(frozen=True, slots=True)
class DocketedEntry:
    """An entry as it is read, and the index row of the event it says it is. `envelope` is None where it is none."""

    index: int
    data: bytes
    envelope: Envelope | None
    leaf: Leaf | None

    @property
    def docket(self) -> Docket:
        """What is kept beside it: nothing where the event is not indexed."""
        return self.leaf.docket if self.leaf else NO_DOCKET

    @property
    def hash(self) -> str:
        """The leaf hash of the bytes, in hexadecimal."""
        return leaf_hash(self.data).hex()

    @property
    def intact(self) -> bool:
        """Whether the bytes are those sealed at this place (R-AUD-4)."""
        return self.leaf is not None and (self.leaf.index, self.leaf.hash) == (self.index, self.hash)


def bundle_of(log: Log, number: int, size: int) -> tuple[bytes, ...]:
    """The entries of a bundle in a log published at `size`. Raises Missing for one that has gone, TileError."""
    return decode_bundle(content(log, Bundle(number, min(TILE_WIDTH, size - number * TILE_WIDTH))))


def docketed(log: Log, entries: Iterable[tuple[int, bytes]]) -> Sequence[DocketedEntry]:
    """Entries with their dockets, in their order."""
    read = [(index, data, _envelope(data)) for index, data in entries]
    leaves = log.ledger.leaves([envelope.id for _, _, envelope in read if envelope])
    return [
        DocketedEntry(index, data, envelope, leaves.get(envelope.id) if envelope else None)
        for index, data, envelope in read
    ]


def _envelope(data: bytes) -> Envelope | None:
    try:
        return Envelope.model_validate_json(data)
    except ValidationError:
        return None
