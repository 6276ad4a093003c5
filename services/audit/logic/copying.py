"""The copy that nobody can change: every entry once, every checkpoint (R-AUD-7, ADR 24).

A follower of the log (ADR 22). What it locks it has checked against every signed checkpoint on the way: from the edge
of the tree it has copied and the entries that are new, each checkpoint's root must follow. So damage of the log's
bucket is found here, and never copied.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from services.audit.domain.copies import (
    CHECKPOINTS,
    ENTRIES,
    LONGEST_RANGE,
    Copied,
    Difference,
    Differs,
    EntryRange,
    checkpoint_path,
    chosen,
    cosigned_path,
    is_cosigned,
    own_part,
    range_of,
)
from services.audit.domain.log import LogDamagedError
from services.audit.logic.reading import entries
from services.audit.ports.locked import Locked
from services.audit.ports.log import Log
from services.audit.ports.positions import Position, Positions
from shared.contracts.change import Outdated
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import NoteError, open_checkpoint, parse_note
from shared.kernel.tiles import TileError, decode_bundle, encode_bundle

COPIER: Final = "copier"

_MOST_CHECKPOINTS: Final = 200
"""Read at once."""


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


def differences(
    locked: Locked, entries: Mapping[int, bytes], checkpoints: Mapping[int, str], start: int, end: int
) -> Iterator[Difference]:
    """Where the copy differs from a range of the log, given its `entries` by index and `checkpoints`' texts by size.

    Of entries those given are compared; a checkpoint above `start` and up to `end` that is not given is missing in the
    log. `end`: at most `copied`.
    """
    for piece in _pieces(locked, start, end):
        yield from _different_entries(locked, piece, entries)
    yield from _different_checkpoints(locked, checkpoints, start, end)


def covering(locked: Locked, start: int, end: int) -> Iterator[EntryRange]:
    """The ranges of the copy that hold any of these entries, in order."""
    first = max(start - LONGEST_RANGE, 0)
    for path in locked.after(ENTRIES, f"{ENTRIES}{first:020d}"):
        found = range_of(path)
        if found.start >= end:
            return
        if found.end > start:
            yield found


def _copy_range(log: Log, locked: Locked, at: Position, notes: Sequence[str]) -> Position:
    opened = [open_checkpoint(note, log.signer.key) for note in notes]
    taken = chosen([each.size for each in opened], at.size)
    known = Copied.model_validate_json(at.state)
    end = opened[taken - 1].size
    data = [entry for _, entry in entries(log, at.size, end, end)]
    frontier = known.frontier(at.size)
    for checkpoint in opened[:taken]:
        fresh = data[frontier.size - at.size : checkpoint.size - at.size]
        frontier = frontier.grown(map(leaf_hash, fresh))
        if (frontier.size, frontier.root) != (checkpoint.size, checkpoint.root):
            raise LogDamagedError(f"the entries up to {checkpoint.size} are not those of its signed checkpoint")
    locked.put(EntryRange(at.size, end).path, encode_bundle(data))
    for note, checkpoint in zip(notes, opened[:taken], strict=False):
        locked.put(checkpoint_path(checkpoint.size), own_part(note, log.signer.key).encode())
    peaks = tuple(each.hex() for each in frontier.peaks)
    return Position(end, known.model_copy(update={"peaks": peaks}).model_dump_json())


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


class _Piece(NamedTuple):
    """Entries from `start` up to `end`, and the range of the copy that holds them; None where none does."""

    start: int
    end: int
    held_in: EntryRange | None


def _pieces(locked: Locked, start: int, end: int) -> Iterator[_Piece]:
    """The entries asked for, piece by piece. Ranges may overlap, where two copied at once."""
    at = start
    for found in covering(locked, start, end):
        if found.start > at:
            yield _Piece(at, found.start, None)
        if found.end > at:
            begin, at = max(at, found.start), min(found.end, end)
            yield _Piece(begin, at, found)
    if at < end:
        yield _Piece(at, end, None)


def _different_entries(locked: Locked, piece: _Piece, logged: Mapping[int, bytes]) -> Iterator[Difference]:
    asked = [index for index in range(piece.start, piece.end) if index in logged]
    if piece.held_in is None:
        path = EntryRange(piece.start, piece.end).path
        yield from (Difference(Differs.MISSING_IN_COPY, path, index) for index in asked)
        return
    start, end = piece.held_in
    held = _entries_in(locked.read(piece.held_in.path))
    if len(held) != end - start:
        yield Difference(Differs.OTHER, piece.held_in.path, piece.start)
        return
    for index in asked:
        if held[index - start] != logged[index]:
            yield Difference(Differs.OTHER, piece.held_in.path, index)


def _entries_in(content: bytes) -> Sequence[bytes]:
    try:
        return decode_bundle(content)
    except TileError:
        return ()


def _different_checkpoints(locked: Locked, logged: Mapping[int, str], start: int, end: int) -> Iterator[Difference]:
    there = set()
    for path in locked.after(CHECKPOINTS, checkpoint_path(start)):
        size = int(path.removeprefix(CHECKPOINTS))
        if size > end:
            break
        there.add(size)
        if size not in logged:
            yield Difference(Differs.MISSING_IN_LOG, path, size)
        elif _text_of(locked.read(path)) != logged[size]:
            yield Difference(Differs.OTHER, path, size)
    missing = sorted(size for size in logged.keys() - there if start < size <= end)
    yield from (Difference(Differs.MISSING_IN_COPY, checkpoint_path(size), size) for size in missing)


def _text_of(note: bytes) -> str | None:
    try:
        return parse_note(note).text
    except NoteError:
        return None
