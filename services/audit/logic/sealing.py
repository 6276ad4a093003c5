"""Sealing events into the log (R-AUD-3).

The order of steps is Sunlight's. A batch is (0) preceded by finishing the one before, (1) staged, (2) decided by ONE
compare-and-swap of the head, (3) indexed and written out as tiles and bundles, (4) signed, (5) published. Before (2)
nothing has happened; after it everything follows from the head and what was staged, and can be done again by anyone, to
the same bytes. So a sealer may die anywhere, and several may run.

Each event once: a batch is chosen from what is not indexed *after* the head it will be appended to was published, so
that every event of every earlier batch is found in the index; and it is decided only while that head still stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from services.audit.domain.log import (
    MOST_LEAVES,
    Entry,
    Head,
    Leaf,
    LogDamagedError,
    Message,
    NotAnEnvelopeError,
    advanced,
    choose,
    files_of,
    leaves_from,
    read_entry,
    staged,
    unfinished_bundle,
    unstaged,
)
from services.audit.logic.reading import tiles
from services.audit.ports.log import Log
from shared.contracts.change import Outdated
from shared.kernel.errors import Unavailable
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import Checkpoint, sign_checkpoint
from shared.kernel.tiles import Growth, decode_bundle, grow

ATTEMPTS = 20
"""How often a batch is tried again after losing the race for the head: some ten seconds of bad luck."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """What became of some messages. Those neither sealed now nor rejected were in the log already."""

    sealed: int
    rejected: Mapping[str, str]
    """Why, by message id: these fail, alone, and end in the dead-letter queue."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What follows from a decision: the new tree, the files it adds, the index rows of its events."""

    growth: Growth
    files: Mapping[str, bytes]
    leaves: Mapping[str, Leaf]


def seal(log: Log, messages: Mapping[str, Message], now: datetime) -> Sealing:
    """Bring the envelopes of some messages (by message id) into the log, each event once.

    Raises Unavailable when other sealers won every race, LogDamagedError when the stored log is not what it should be.
    Then, and when killed, all messages are to be delivered again: what was sealed is found and passed over.
    """
    entries: dict[str, Entry] = {}
    rejected: dict[str, str] = {}
    for message_id, message in messages.items():
        try:
            entries[message_id] = read_entry(message)
        except NotAnEnvelopeError as error:
            rejected[message_id] = str(error)
    sealed = 0
    for part in _parts(entries):
        done = _seal_part(log, part, now)
        sealed += done.sealed
        rejected |= done.rejected
    return Sealing(sealed, rejected)


def finish(log: Log) -> Head:
    """Index, write out, sign and publish the last batch if its sealer did not; the head.

    Raises LogDamagedError when what is staged is not what the head was computed from.
    """
    head = log.ledger.head()
    if log.ledger.checkpoint(head.size) is None:
        _publish(log, head, _again(log, head))
    return head


def _parts(entries: Mapping[str, Entry]) -> Iterator[dict[str, Entry]]:
    items = iter(entries.items())
    while part := dict(islice(items, MOST_LEAVES)):
        yield part


def _seal_part(log: Log, entries: Mapping[str, Entry], now: datetime) -> Sealing:
    for _ in range(ATTEMPTS):
        head = finish(log)
        known = log.ledger.leaves({entry.event_id for entry in entries.values()})
        choice = choose(entries, known)
        if choice.fresh:
            try:
                _append(log, head, choice.fresh, now)
            except (Outdated, Unavailable):
                # Lost, or nobody knows: never assume. If it did take effect, the next round finds the events indexed.
                continue
        rejected = dict.fromkeys(choice.contradicting, "another envelope of this event is in the log")
        return Sealing(len(choice.fresh), rejected)
    raise Unavailable


def _append(log: Log, before: Head, fresh: Sequence[Entry], now: datetime) -> None:
    batch = _grown(log, before.size, before.root_hash, fresh)
    path, content = staged(fresh)
    log.objects.put(path, content)
    after = advanced(before, batch.growth, path, now)
    log.ledger.swap(before, after)
    _publish(log, after, batch)


def _again(log: Log, head: Head) -> _Batch:
    """The head's batch, from what was staged."""
    if head.batch is None:
        return _Batch(Growth(head.size, head.root_hash, {}), {}, {})
    entries = unstaged(head.batch.path, log.objects.read(head.batch.path))
    batch = _grown(log, head.batch.start, bytes.fromhex(head.batch.start_root), entries)
    if (batch.growth.size, batch.growth.root) != (head.size, head.root_hash):
        raise LogDamagedError(f"{head.batch.path}: the staged batch does not lead to the head at {head.size}")
    return batch


def _grown(log: Log, size: int, root: bytes, entries: Sequence[Entry]) -> _Batch:
    data = [entry.data for entry in entries]
    growth = grow(size, root, [leaf_hash(each) for each in data], tiles(log))
    unfinished = unfinished_bundle(size)
    old = decode_bundle(log.objects.read(unfinished.path)) if unfinished else ()
    return _Batch(growth, files_of(size, old, data, growth), leaves_from(size, entries))


def _publish(log: Log, head: Head, batch: _Batch) -> None:
    log.ledger.index(batch.leaves)
    for path, content in batch.files.items():
        log.objects.put(path, content)
    checkpoint = Checkpoint(log.signer.key.name, head.size, head.root_hash)
    note = sign_checkpoint(checkpoint, log.signer.key, log.signer.sign).encode()
    log.objects.put_checkpoint(note, log.signer.key)
    log.ledger.keep_checkpoint(head.size, note)
