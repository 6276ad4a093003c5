"""How the locked copy is laid out: entries in ranges; every checkpoint, and cosigned ones (R-AUD-7).

    entries/<start, 20 digits>-<end, 20 digits>     the entries from start up to end, exclusive, as an entry bundle
                                                    that ends with a checkpoint; a few at a time, and once more in
                                                    ranges of some thousands
    checkpoints/<size, 20 digits>                   a checkpoint with the log's own signature
    cosigned/<size, 20 digits>-<hash>               a checkpoint with witnesses' cosignatures

No tile is copied: tiles follow from entries. What is called otherwise, somebody else put there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
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

GATHERED: Final = 4_096
"""So many entries that were copied a few at a time are copied once more, as one range: who compares or restores the log
reads some objects instead of thousands, and S3 moves none that is small to a colder class."""

_RANGE: Final = re.compile(rf"{ENTRIES}(\d{{20}})-(\d{{20}})")
_CHECKPOINT: Final = re.compile(rf"{CHECKPOINTS}(\d{{20}})")
_NAME_DIGITS: Final = 16


class EntryRange(NamedTuple):
    """Entries from `start` up to `end`, exclusive, in one object of the copy."""

    start: int
    end: int

    @property
    def path(self) -> str:
        """The object's path; text order is the order of the log."""
        return f"{ENTRIES}{self.start:020d}-{self.end:020d}"


class Piece(NamedTuple):
    """Entries from `start` up to `end`, and the range of the copy that holds them; None where none does."""

    start: int
    end: int
    held_in: EntryRange | None


class Edge(Contract):
    """The edge of the tree of the first `size` entries, as it is remembered."""

    size: int = 0
    peaks: tuple[Sha256, ...] = ()

    @property
    def frontier(self) -> Frontier:
        """The edge itself."""
        return Frontier(self.size, tuple(map(bytes.fromhex, self.peaks)))


class Copied(Contract):
    """What the copier remembers: the edges of what it copied, and of what lies in long ranges; the last cosigned."""

    peaks: tuple[Sha256, ...] = ()
    gathered: Edge | None = None
    cosigned: int = 0

    def frontier(self, size: int) -> Frontier:
        """The edge of the tree of the entries copied."""
        return Edge(size=size, peaks=self.peaks).frontier

    def begin(self, size: int) -> Frontier:
        """The edge at which the next long range begins: where it was not remembered, with what is new."""
        return self.gathered.frontier if self.gathered else self.frontier(size)


class Differs(StrEnum):
    """How copy and log differ."""

    MISSING_IN_COPY = "missing_in_copy"
    MISSING_IN_LOG = "missing_in_log"
    OTHER = "other"
    UNSIGNED = "unsigned"
    """In the copy under a checkpoint's name, and none."""
    PUT_AWAY = "put_away"
    """No difference: the copy's object lies where it is not read at once, so nobody knows."""


class Difference(NamedTuple):
    """One place where copy and log differ: an entry's index or a checkpoint's size."""

    how: Differs
    path: str
    """The object of the copy that has, or should have, what is compared."""
    at: int


def range_of(path: str) -> EntryRange:
    """What a path under `entries/` names. Raises ValueError."""
    found = _RANGE.fullmatch(path)
    if found is None or found[1] >= found[2]:
        raise ValueError(f"{path!r} names no range of entries")
    return EntryRange(int(found[1]), int(found[2]))


def size_of(path: str) -> int:
    """The size that a path under `checkpoints/` names. Raises ValueError."""
    found = _CHECKPOINT.fullmatch(path)
    if found is None:
        raise ValueError(f"{path!r} names no checkpoint")
    return int(found[1])


def pieces(ranges: Iterable[EntryRange], start: int, end: int) -> Iterator[Piece]:
    """The entries from `start` up to `end` in as few pieces as these ranges allow."""
    waiting = iter(sorted(ranges))
    coming, furthest, at = next(waiting, None), None, start
    while at < end:
        while coming is not None and coming.start <= at:
            if furthest is None or coming.end > furthest.end:
                furthest = coming
            coming = next(waiting, None)
        if furthest is not None and furthest.end > at:
            piece = Piece(at, min(furthest.end, end), furthest)
        else:
            piece = Piece(at, min(coming.start, end) if coming else end, None)
        yield piece
        at = piece.end


def edge(frontier: Frontier) -> Edge:
    """An edge as it is remembered."""
    return Edge(size=frontier.size, peaks=tuple(each.hex() for each in frontier.peaks))


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
