"""How the locked copy is laid out: entries in ranges, each once; every checkpoint, and cosigned ones (R-AUD-7).

    entries/<start, 20 digits>-<end, 20 digits>     the entries from start up to end, exclusive, as an entry bundle
    checkpoints/<size, 20 digits>                   a checkpoint with the log's own signature
    cosigned/<size, 20 digits>-<hash>               a checkpoint with witnesses' cosignatures

No tile is copied: tiles follow from entries.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final, NamedTuple

from shared.contracts.model import Contract, Sha256
from shared.kernel.canonical import sha256_hex
from shared.kernel.frontier import Frontier
from shared.kernel.notes import Note, VerifierKey, parse_note

ENTRIES: Final = "entries/"
CHECKPOINTS: Final = "checkpoints/"
COSIGNED: Final = "cosigned/"

LONGEST_RANGE: Final = 20_000
"""Entries in one range: some ten megabytes."""

_RANGE: Final = re.compile(rf"{ENTRIES}(\d{{20}})-(\d{{20}})")
_NAME_DIGITS: Final = 16


class EntryRange(NamedTuple):
    """Entries from `start` up to `end`, exclusive, in one object of the copy."""

    start: int
    end: int

    @property
    def path(self) -> str:
        """The object's path; text order is the order of the log."""
        return f"{ENTRIES}{self.start:020d}-{self.end:020d}"


class Copied(Contract):
    """What the copier remembers: the edge of the tree it has copied, and the last cosigned checkpoint."""

    peaks: tuple[Sha256, ...] = ()
    cosigned: int = 0

    def frontier(self, size: int) -> Frontier:
        """The edge of the tree of the entries copied."""
        return Frontier(size, tuple(map(bytes.fromhex, self.peaks)))


class Differs(StrEnum):
    """How copy and log differ."""

    MISSING_IN_COPY = "missing_in_copy"
    MISSING_IN_LOG = "missing_in_log"
    OTHER = "other"


class Difference(NamedTuple):
    """One place where copy and log differ: an entry's index or a checkpoint's size."""

    how: Differs
    path: str
    """The object of the copy that has, or should have, what is compared."""
    at: int


def range_of(path: str) -> EntryRange:
    """What a path under `entries/` names. Raises ValueError."""
    found = _RANGE.fullmatch(path)
    if found is None:
        raise ValueError(f"no range of entries: {path!r}")
    return EntryRange(int(found[1]), int(found[2]))


def checkpoint_path(size: int) -> str:
    """Where the checkpoint of a size is."""
    return f"{CHECKPOINTS}{size:020d}"


def cosigned_path(size: int, note: str) -> str:
    """Where a cosigned checkpoint is: two that differ in their cosignatures are two objects."""
    return f"{COSIGNED}{size:020d}-{sha256_hex(note.encode())[:_NAME_DIGITS]}"


def own_part(note: str, key: VerifierKey) -> str:
    """A checkpoint with the log's signature alone: the same at every time, whoever cosigned it since."""
    parsed = parse_note(note)
    own = tuple(each for each in parsed.signatures if (each.name, each.key_id) == (key.name, key.key_id))
    return replace(parsed, signatures=own).encode()


def is_cosigned(note: str) -> bool:
    """Whether anybody but the log signed a checkpoint."""
    parsed: Note = parse_note(note)
    return len(parsed.signatures) > 1


def chosen(sizes: Sequence[int], start: int) -> int:
    """How many of these checkpoints, in order of size, make one range from `start`; at least one."""
    return max(1, sum(size - start <= LONGEST_RANGE for size in sizes))
