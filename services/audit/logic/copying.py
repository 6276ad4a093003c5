"""The copy that nobody can change: every entry, every checkpoint (R-AUD-7, ADR 24).

A follower of the log (ADR 22). What it locks it has checked against every signed checkpoint on the way: from the edge
of the tree it has copied and the entries that are new, each checkpoint's root must follow. So damage of the log's
bucket is found here, and never copied.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from services.audit.domain.copies import (
    CHECKPOINTS,
    ENTRIES,
    GATHERED,
    LONGEST_RANGE,
    Copied,
    Difference,
    Differs,
    EntryRange,
    Piece,
    checkpoint_path,
    chosen,
    cosigned_path,
    edge,
    is_cosigned,
    own_part,
    pieces,
    range_of,
    size_of,
)
from services.audit.domain.log import LogDamagedError
from services.audit.logic.ahead import AT_ONCE
from services.audit.logic.reading import entries
from services.audit.ports.locked import Locked, PutAway
from services.audit.ports.log import Log
from services.audit.ports.positions import Position, Positions
from shared.contracts.change import Outdated
from shared.kernel.frontier import Frontier
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint
from shared.kernel.tiles import TileError, decode_bundle, encode_bundle

COPIER: Final = "copier"

_MOST_CHECKPOINTS: Final = 200
"""Read at once."""

_MOST_DOUBTED: Final = 1_000
"""Checkpoints of the copy that are read for one range of the log: whoever is told of so many differences knows."""

_MOST_TRIED: Final = 8
"""Objects of the copy that are read for one entry, where those before differ."""

_STEP: Final = 8 * AT_ONCE
"""Objects of the copy that are compared before the next are read."""


class Logged(NamedTuple):
    """What a range of the log holds, to be compared with its copy.

    Of entries those given are compared. A checkpoint of the range that is not given is missing in the log. A checkpoint
    follows from the entries, so only those `doubted` are read, whose root is not that of the log's files.
    """

    entries: Mapping[int, bytes]
    """By index."""
    checkpoints: Mapping[int, str]
    """Texts by size."""
    doubted: Collection[int] = ()


def copy(log: Log, locked: Locked, positions: Positions, clock: Callable[[], datetime], until: datetime) -> int:
    """Copy what is published and not copied, until the time is up; how many entries.

    Raises LogDamagedError when the log's entries are not those of a signed checkpoint; then nothing of them is copied.
    """
    begin = at = positions.read(COPIER)
    while clock() < until:
        notes = list(log.ledger.checkpoints(at.size, _MOST_CHECKPOINTS))
        if not notes:
            _copy_cosigned(log, locked, positions, at)
            break
        after = _copy_range(log, locked, at, notes)
        try:
            positions.move(COPIER, at, after)
        except Outdated:
            break
        at = after
    return at.size - begin.size


def copied(positions: Positions) -> int:
    """How many entries the copy holds."""
    return positions.read(COPIER).size


def differences(locked: Locked, key: VerifierKey, logged: Logged, start: int, end: int) -> Iterator[Difference]:
    """Where the copy differs from a range of the log. `key`: the log's; `end`: at most `copied`.

    What is called neither range nor checkpoint is passed over: it says nothing of the log. Of checkpoints in doubt the
    first thousand are read.
    """
    ranges = list(covering(locked, start, end))
    doubted = {*logged.doubted, *(piece.end for piece in pieces(ranges, start, end))}
    first = end
    for found in _different_entries(locked, ranges, logged.entries, start, end):
        if found.how is Differs.OTHER:
            first = min(first, found.at)
        yield found
    yield from _different_checkpoints(locked, key, logged.checkpoints, doubted, start, end, first)


def covering(locked: Locked, start: int, end: int) -> Iterator[EntryRange]:
    """The ranges of the copy that hold any of these entries, in order."""
    first = max(start - LONGEST_RANGE, 0)
    for path in locked.after(ENTRIES, f"{ENTRIES}{first:020d}"):
        with suppress(ValueError):
            found = range_of(path)
            if found.start >= end:
                return
            if found.end > start:
                yield found


def open_copied(locked: Locked, key: VerifierKey, size: int) -> tuple[bytes, Checkpoint] | None:
    """The checkpoint of a size that is in the copy and signed by the log's key; None where there is none."""
    for note in locked.versions(checkpoint_path(size)):
        with suppress(NoteError):
            found = open_checkpoint(note, key)
            if found.size == size:
                return note, found
    return None


# --- Copying -------------------------------------------------------------------------------------


def _copy_range(log: Log, locked: Locked, at: Position, notes: Sequence[str]) -> Position:
    opened = [open_checkpoint(note, log.signer.key) for note in notes]
    known = Copied.model_validate_json(at.state)
    gathered = known.begin(at.size)
    taken = opened[: chosen([each.size for each in opened], gathered.size)]
    end = taken[-1].size
    begin = gathered if end - gathered.size >= GATHERED else known.frontier(at.size)
    data = [entry for _, entry in entries(log, begin.size, end, end)]
    frontier = _checked(begin, data, taken)
    locked.put(EntryRange(begin.size, end).path, encode_bundle(data))
    for note, checkpoint in zip(notes, taken, strict=False):
        locked.put(checkpoint_path(checkpoint.size), own_part(note, log.signer.key).encode())
    kept = {"peaks": edge(frontier).peaks, "gathered": edge(frontier if begin is gathered else gathered)}
    return Position(end, known.model_copy(update=kept).model_dump_json())


def _checked(begin: Frontier, data: Sequence[bytes], signed: Sequence[Checkpoint]) -> Frontier:
    """The edge after these entries, all of whose signed checkpoints were met on the way."""
    frontier = begin
    for checkpoint in signed:
        fresh = data[frontier.size - begin.size : checkpoint.size - begin.size]
        frontier = frontier.grown(map(leaf_hash, fresh))
        if (frontier.size, frontier.root) != (checkpoint.size, checkpoint.root):
            raise LogDamagedError(f"the entries up to {checkpoint.size} are not those of its signed checkpoint")
    return frontier


def _copy_cosigned(log: Log, locked: Locked, positions: Positions, at: Position) -> None:
    """The newest checkpoint that enough witnesses cosigned, once it is there."""
    known = Copied.model_validate_json(at.state)
    note = log.ledger.cosigned()
    if note is None or not is_cosigned(note):
        return
    size = open_checkpoint(note, log.signer.key).size
    if size <= known.cosigned:
        return
    locked.put(cosigned_path(size, note), note.encode())
    with suppress(Outdated):
        positions.move(COPIER, at, Position(at.size, known.model_copy(update={"cosigned": size}).model_dump_json()))


# --- Comparing entries ---------------------------------------------------------------------------


def _different_entries(
    locked: Locked, ranges: Sequence[EntryRange], logged: Mapping[int, bytes], start: int, end: int, tried: int = 1
) -> Iterator[Difference]:
    """Where an object of the copy differs, whoever put it there, the others that hold the same entries are read too."""
    asked = pieces(ranges, start, end)
    with ThreadPoolExecutor(AT_ONCE) as together:
        while part := list(islice(asked, _STEP)):
            compared = together.map(partial(_compared, locked, logged), part)
            for piece, found in zip(part, compared, strict=True):
                if piece.held_in is None and tried > 1:
                    continue
                yield from found
                if tried < _MOST_TRIED and any(each.how is Differs.OTHER for each in found):
                    others = [each for each in ranges if each != piece.held_in]
                    yield from _different_entries(locked, others, logged, piece.start, piece.end, tried + 1)


def _compared(locked: Locked, logged: Mapping[int, bytes], piece: Piece) -> Sequence[Difference]:
    """What differs in one piece: nothing if any version of the object is right, else what differs in the oldest."""
    asked = [index for index in range(piece.start, piece.end) if index in logged]
    if piece.held_in is None:
        path = EntryRange(piece.start, piece.end).path
        return [Difference(Differs.MISSING_IN_COPY, path, index) for index in asked]
    oldest: Sequence[Difference] | None = None
    try:
        for content in locked.versions(piece.held_in.path):
            found = _different_in(content, piece.held_in, piece.start, asked, logged)
            if not found:
                return found
            oldest = found if oldest is None else oldest
    except PutAway:
        return [Difference(Differs.PUT_AWAY, piece.held_in.path, index) for index in asked]
    return oldest or ()


def _different_in(
    content: bytes, held_in: EntryRange, begin: int, asked: Sequence[int], logged: Mapping[int, bytes]
) -> Sequence[Difference]:
    start, end = held_in
    held = _entries_in(content)
    if len(held) != end - start:
        return [Difference(Differs.OTHER, held_in.path, begin)]
    return [Difference(Differs.OTHER, held_in.path, index) for index in asked if held[index - start] != logged[index]]


def _entries_in(content: bytes) -> Sequence[bytes]:
    try:
        return decode_bundle(content)
    except TileError:
        return ()


# --- Comparing checkpoints -----------------------------------------------------------------------


def _different_checkpoints(
    locked: Locked,
    key: VerifierKey,
    logged: Mapping[int, str],
    doubted: Collection[int],
    start: int,
    end: int,
    first: int,
) -> Iterator[Difference]:
    """`first`: the first entry that differs; checkpoints after it are doubted."""
    there = set(_sizes(locked, start, end))
    asked = sorted(size for size in there if size not in logged or size in doubted or size > first)[:_MOST_DOUBTED]
    with ThreadPoolExecutor(AT_ONCE) as together:
        read = zip(asked, together.map(partial(open_copied, locked, key), asked), strict=True)
        for size, found in read:
            how = _how(found, logged.get(size))
            if how is not None:
                yield Difference(how, checkpoint_path(size), size)
    missing = sorted(size for size in logged.keys() - there if start < size <= end)
    yield from (Difference(Differs.MISSING_IN_COPY, checkpoint_path(size), size) for size in missing)


def _how(found: tuple[bytes, Checkpoint] | None, logged: str | None) -> Differs | None:
    if found is None:
        return Differs.UNSIGNED
    if logged is None:
        return Differs.MISSING_IN_LOG
    return None if found[1].text == logged else Differs.OTHER


def _sizes(locked: Locked, start: int, end: int) -> Iterator[int]:
    """The sizes above `start` and up to `end` that the copy has something under a checkpoint's name for."""
    for path in locked.after(CHECKPOINTS, checkpoint_path(start)):
        with suppress(ValueError):
            size = size_of(path)
            if size > end:
                return
            yield size
