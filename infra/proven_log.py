"""The entries of a log, each proven by a checkpoint that the log's key signed, out of objects that nobody believes.

First from the locked copy, then, for what was not copied yet, from every version of the live log's files. Whoever may
write to either can leave anything there: what leads to no signed checkpoint is set aside and named, and the next object
that holds the same entries is tried (R-AUD-7, ADR 24).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Final, NamedTuple, Protocol

from services.audit.domain.copies import (
    CHECKPOINTS,
    ENTRIES,
    LONGEST_RANGE,
    EntryRange,
    checkpoint_path,
    range_of,
    size_of,
)
from services.audit.ports.locked import PutAway
from shared.kernel.frontier import Frontier
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint
from shared.kernel.tiles import TILE_WIDTH, Bundle, TileError, decode_bundle, parse_path

_PUT_AWAY: Final = (
    f"lies in a storage class that is not read at once. Bring the objects under {ENTRIES} back "
    "(aws s3api restore-object, or S3 Batch Operations), then run the same command again."
)

MOST_NAMED: Final = 20
"""Of the objects set aside so many are shown."""

_MOST_OPENED: Final = 1_000
"""Checkpoints opened, from the largest down, before somebody has to say which."""

_MOST_TRIED: Final = 512
"""Ways in which versions of the live log's files are put together before it is held to be lost."""


class RestoreFailedError(RuntimeError):
    """No objects give the log; the text says what is wrong with them and where."""


class Versioned(Protocol):
    """The locked copy or the live log's files, wherever they lie."""

    def after(self, prefix: str, path: str = "") -> Iterable[str]:
        """The paths that begin with `prefix` and come after `path`, in order; hidden ones too."""

    def versions(self, path: str) -> Iterator[bytes]:
        """Everything that was ever written under a path, the oldest first. Raises PutAway."""


class Signed(NamedTuple):
    """A checkpoint that the key signed, and its note."""

    note: bytes
    checkpoint: Checkpoint


class Proven(NamedTuple):
    """Entries that lead from one signed checkpoint to the next, and the edge of the tree there."""

    entries: Sequence[bytes]
    edge: Frontier


# --- Checkpoints ---------------------------------------------------------------------------------


def last_signed(copy: Versioned, key: VerifierKey, aside: list[str], size: int | None = None) -> Signed:
    """The copy's checkpoint of a size, or of the largest there is one of. Raises RestoreFailedError."""
    for wanted in [size] if size is not None else _sizes(copy, aside)[: -_MOST_OPENED - 1 : -1]:
        found = _signed(copy, key, wanted, aside)
        if found is not None:
            return found
    if not aside:
        raise RestoreFailedError("The copy holds no checkpoint: there is nothing to prove a log by.")
    raise _failed(aside, "The key signed none of these checkpoints. If it is the right key, name an older one: --size.")


def _sizes(copy: Versioned, aside: list[str]) -> list[int]:
    found = []
    for path in copy.after(CHECKPOINTS):
        try:
            found.append(size_of(path))
        except ValueError as error:
            aside.append(f"{error}.")
    return found


def _signed(copy: Versioned, key: VerifierKey, size: int, aside: list[str]) -> Signed | None:
    """The first version of a checkpoint that the key signed for that size."""
    path, wrong = checkpoint_path(size), list[str]()
    for note in copy.versions(path):
        try:
            checkpoint = open_checkpoint(note, key)
        except NoteError as error:
            wrong.append(f"{path}: {error}. Is it the right --key?")
        else:
            if checkpoint.size == size:
                return Signed(note, checkpoint)
            wrong.append(f"{path} is the checkpoint of {checkpoint.size} entries.")
    aside += wrong or [f"{path} is missing."]
    return None


# --- Entries of the copy -------------------------------------------------------------------------


class Ranges:
    """The copy's ranges in the order of the log; only those are remembered that may still be needed."""

    def __init__(self, copy: Versioned, aside: list[str]) -> None:
        self._named = _parsed(copy.after(ENTRIES), aside)
        self._coming = next(self._named, None)
        self._held: list[EntryRange] = []

    def holding(self, index: int) -> list[EntryRange]:
        """Those that hold an entry, the one that goes furthest first. `index` never goes back."""
        while self._coming is not None and self._coming.start <= index:
            self._held.append(self._coming)
            self._coming = next(self._named, None)
        self._held = sorted((each for each in self._held if each.end > index), key=lambda each: -each.end)
        return list(self._held)

    def drop(self, unfit: EntryRange) -> None:
        """Never name this one again."""
        self._held.remove(unfit)

    def reach(self, size: int) -> int:
        """How far they go on from a size without a gap, by their names alone: nothing proves what they hold.

        Those that are longer than the copier writes any are left out.
        """
        while further := [each.end for each in self.holding(size) if each.end - each.start <= LONGEST_RANGE]:
            size = further[0]
        return size

    @property
    def next_start(self) -> int | None:
        """Where the first one begins after those that hold the entry asked for last."""
        return self._coming.start if self._coming else None


def _parsed(paths: Iterable[str], aside: list[str]) -> Iterator[EntryRange]:
    for path in paths:
        try:
            yield range_of(path)
        except ValueError as error:
            aside.append(f"{error}.")


def proven_entries(
    copy: Versioned, key: VerifierKey, last: Checkpoint, ranges: Ranges, aside: list[str]
) -> Iterator[Proven]:
    """All entries of the log of `last`, part by part. Raises RestoreFailedError where the copy does not give them."""
    edge = Frontier()
    while edge.size < last.size:
        found = _next(copy, key, edge, last, ranges, aside)
        edge = found.edge
        yield found


def _next(
    copy: Versioned, key: VerifierKey, edge: Frontier, last: Checkpoint, ranges: Ranges, aside: list[str]
) -> Proven:
    """The entries after an edge, out of the first range that leads to a signed checkpoint."""
    tried, candidates = len(aside), ranges.holding(edge.size)
    for each in candidates:
        try:
            found = _proven(copy, each, edge, _checkpoint(copy, key, each, last, aside), aside)
        except PutAway:
            aside.append(f"{each.path} {_PUT_AWAY}")
            continue
        if found is not None:
            return found
        ranges.drop(each)
    raise _failed(aside[tried:], _what_is_missing(candidates, edge.size, ranges.next_start, last))


def _checkpoint(
    copy: Versioned, key: VerifierKey, named: EntryRange, last: Checkpoint, aside: list[str]
) -> Checkpoint | None:
    """What a range is proven by: the checkpoint at its end, or the last one where it goes on beyond."""
    if named.end >= last.size:
        return last
    signed = _signed(copy, key, named.end, aside)
    if signed is None:
        aside.append(f"{named.path} does not end with a checkpoint.")
        return None
    return signed.checkpoint


def _proven(
    copy: Versioned, named: EntryRange, edge: Frontier, signed: Checkpoint | None, aside: list[str]
) -> Proven | None:
    """What some version of a range holds between an edge and a checkpoint, if it is what was signed."""
    if signed is None:
        return None
    for content in copy.versions(named.path):
        try:
            held = decode_bundle(content)
        except TileError as error:
            aside.append(f"{named.path}: {error}.")
            continue
        part = held[edge.size - named.start : signed.size - named.start]
        grown = edge.grown(map(leaf_hash, part))
        if len(held) == named.end - named.start and grown.root == signed.root:
            return Proven(part, grown)
        aside.append(
            f"{named.path} holds {len(held)} entries. "
            f"The entries up to {signed.size} are not those of the checkpoint signed at {signed.size}."
        )
    return None


def _what_is_missing(held: Sequence[EntryRange], at: int, coming: int | None, last: Checkpoint) -> str:
    if held:
        said = f"No object of the copy leads from {at} entries to a checkpoint that the key signed."
    elif coming is not None:
        said = f"The entries from {at} up to {coming} are missing in the copy."
    else:
        said = f"The copy ends after {at} entries; its last checkpoint has {last.size}."
    return f"{said} To make again what is proven: --size {at}." if at else said


def _failed(reasons: Sequence[str], said: str) -> RestoreFailedError:
    return RestoreFailedError("\n".join((*reasons[:MOST_NAMED], said)))


# --- What was not copied yet ---------------------------------------------------------------------


def not_copied(
    live: Versioned, notes: Iterable[bytes], key: VerifierKey, edge: Frontier
) -> tuple[Signed, Proven] | None:
    """The entries after the copy's edge, out of any versions of the live log's files that give a signed root.

    `notes`: the checkpoints kept of larger sizes. The largest is taken that can be proven; None where none can.
    """
    signed = [found for note in notes if (found := _opened(note, key)) and found.checkpoint.size > edge.size]
    for each in sorted(signed, key=lambda found: -found.checkpoint.size):
        for bundles in islice(product(*_bundles(live, edge.size, each.checkpoint.size)), _MOST_TRIED):
            entries = [entry for bundle in bundles for entry in bundle]
            grown = edge.grown(map(leaf_hash, entries))
            if grown.root == each.checkpoint.root:
                return each, Proven(entries, grown)
    return None


def _opened(note: bytes, key: VerifierKey) -> Signed | None:
    try:
        return Signed(note, open_checkpoint(note, key))
    except NoteError:
        return None


def _bundles(live: Versioned, start: int, end: int) -> Iterator[list[Sequence[bytes]]]:
    """For each bundle over these entries what its files' versions say they are, the newest first."""
    for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        first = number * TILE_WIDTH
        begin, stop = max(start - first, 0), min(end - first, TILE_WIDTH)
        versions = [held for path in live.after(Bundle(number).path) for held in _held(live, path)]
        yield list(dict.fromkeys(held[begin:stop] for held in reversed(versions) if len(held) >= stop))


def _held(live: Versioned, path: str) -> Iterator[tuple[bytes, ...]]:
    try:
        parse_path(path)
    except ValueError:
        return
    for content in live.versions(path):
        try:
            yield decode_bundle(content)
        except TileError:
            continue
