"""Sealing events into the log and proving that they are in it (R-AUD-3, R-AUD-5).

The order of steps is Sunlight's. A batch is (0) preceded by finishing the one before, (1) staged, (2) decided by ONE
compare-and-swap transaction that also indexes its events, (3) written out as tiles and bundles, (4) signed, (5)
published. Before (2) nothing has happened; after it everything follows from the head and can be done again by anyone,
to the same bytes. So a sealer may die anywhere, and several may run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from services.audit.domain import (
    MOST_LEAVES,
    Entry,
    Head,
    Health,
    LogDamagedError,
    NotAnEnvelopeError,
    advanced,
    choose,
    files_of,
    health_of,
    leaves_from,
    read_entry,
    staged,
    unfinished_bundle,
)
from services.audit.ports import Log, Missing
from shared.contracts.change import Outdated
from shared.contracts.event import Envelope
from shared.contracts.evidence import FORMAT, EvidenceEntry, EvidenceFile
from shared.kernel.errors import Refused, Unavailable
from shared.kernel.merkle import inclusion_proof, leaf_hash, verify_inclusion
from shared.kernel.notes import Checkpoint, open_checkpoint, sign_checkpoint
from shared.kernel.tiles import TILE_WIDTH, Bundle, Growth, Tile, decode_bundle, grow, parse_path, tile_reader
from shared.kernel.tlog_proof import TlogProof

ATTEMPTS = 20
"""How often a batch is tried again after losing the race for the head: some ten seconds of bad luck."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """What became of some messages. Those neither sealed now nor rejected were in the log already."""

    sealed: int
    rejected: Mapping[str, str]
    """Why, by message id: these fail, alone, and end in the dead-letter queue."""


# --- Sealing -------------------------------------------------------------------------------------


def seal(log: Log, messages: Mapping[str, str], now: datetime) -> Sealing:
    """Bring the envelopes of some messages (by message id) into the log, each event once.

    Raises Unavailable when other sealers won every race, LogDamagedError when the stored log is not what it should be.
    Then, and when killed, all messages are to be delivered again: what was sealed is found and passed over.
    """
    entries: dict[str, Entry] = {}
    rejected: dict[str, str] = {}
    for message_id, text in messages.items():
        try:
            entries[message_id] = read_entry(text)
        except NotAnEnvelopeError as error:
            rejected[message_id] = str(error)
    sealed = 0
    for part in _parts(entries):
        done = _seal_part(log, part, now)
        sealed += done.sealed
        rejected |= done.rejected
    return Sealing(sealed, rejected)


def finish(log: Log) -> Head:
    """Write out, sign and publish the last batch if its sealer did not; the head.

    Raises LogDamagedError when what is staged is not what the head was computed from.
    """
    head = log.ledger.head()
    if log.ledger.checkpoint(head.size) is None:
        _publish(log, head, _files_again(log, head))
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
    data = [entry.data for entry in fresh]
    growth, files = _grown(log, before.size, before.root_hash, data)
    path, content = staged(data)
    log.objects.put(path, content)
    after = advanced(before, growth, path, now)
    log.ledger.advance(before, after, leaves_from(before.size, fresh))
    _publish(log, after, files)


def _files_again(log: Log, head: Head) -> Mapping[str, bytes]:
    """The files of the head's batch, from what was staged."""
    if head.batch is None:
        return {}
    data = decode_bundle(log.objects.read(head.batch.path))
    if staged(data)[0] != head.batch.path:
        raise LogDamagedError(f"{head.batch.path}: the staged batch has another hash")
    growth, files = _grown(log, head.batch.start, bytes.fromhex(head.batch.start_root), data)
    if (growth.size, growth.root) != (head.size, head.root_hash):
        raise LogDamagedError(f"{head.batch.path}: the staged batch does not lead to the head at {head.size}")
    return files


def _grown(log: Log, size: int, root: bytes, data: Sequence[bytes]) -> tuple[Growth, dict[str, bytes]]:
    growth = grow(size, root, [leaf_hash(each) for each in data], _tiles(log))
    unfinished = unfinished_bundle(size)
    old = decode_bundle(log.objects.read(unfinished.path)) if unfinished else ()
    return growth, files_of(size, old, data, growth)


def _publish(log: Log, head: Head, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        log.objects.put(path, content)
    checkpoint = Checkpoint(log.signer.key.name, head.size, head.root_hash)
    note = sign_checkpoint(checkpoint, log.signer.key, log.signer.sign).encode()
    log.objects.put_checkpoint(head.size, note)
    log.ledger.keep_checkpoint(head.size, note)


# --- Reading -------------------------------------------------------------------------------------


def checkpoint(log: Log) -> str:
    """The last published checkpoint, signed. Raises Refused("not_found") in the log's first minute."""
    note = log.ledger.latest_checkpoint()
    if note is None:
        raise Refused("not_found", id="checkpoint")
    return note


def tile(log: Log, path: str) -> bytes:
    """A tile or an entry bundle by its C2SP path. Raises Refused("not_found")."""
    try:
        return log.objects.read(_tile_path(path))
    except Missing:
        raise Refused("not_found", id=path) from None


def tile_link(log: Log, path: str) -> str:
    """Where a tile or an entry bundle can be read without us. Raises Refused("not_found") for what names none."""
    return log.objects.link(_tile_path(path))


def health(log: Log, now: datetime) -> Health:
    """How the sealing is doing (R-AUD-6)."""
    note = log.ledger.latest_checkpoint()
    published = open_checkpoint(note, log.signer.key).size if note else 0
    return health_of(log.ledger.head(), published, now)


def prove(log: Log, event_id: str) -> TlogProof:
    """The proof that an event is in the log, checked before it is handed out. Raises Refused("not_sealed")."""
    leaf = log.ledger.leaves([event_id]).get(event_id)
    note = log.ledger.latest_checkpoint()
    if leaf is None or note is None:
        raise Refused("not_sealed", id=event_id)
    signed = open_checkpoint(note, log.signer.key)
    if leaf.index >= signed.size:
        raise Refused("not_sealed", id=event_id)
    path = inclusion_proof(leaf.index, signed.size, tile_reader(signed.size, _tiles(log)))
    verify_inclusion(leaf.index, signed.size, bytes.fromhex(leaf.hash), path, signed.root)
    return TlogProof(leaf.index, path, note)


def evidence(log: Log, event_id: str) -> EvidenceFile:
    """An event's evidence file without disclosure: the log holds no payload. Raises Refused("not_sealed")."""
    proof = prove(log, event_id)
    size = open_checkpoint(proof.checkpoint, log.signer.key).size
    number, within = divmod(proof.index, TILE_WIDTH)
    bundle = Bundle(number, min(TILE_WIDTH, size - number * TILE_WIDTH))
    data = decode_bundle(log.objects.read(bundle.path))[within]
    envelope = Envelope.model_validate_json(data)
    if envelope.id != event_id or envelope.canonical() != data:
        raise LogDamagedError(f"{bundle.path}: entry {within} is not the envelope of {event_id}")
    return EvidenceFile(format=FORMAT, entries=(EvidenceEntry(envelope=envelope, proof=proof.encode()),))


def _tile_path(path: str) -> str:
    """The path, if it is one of a tile or a bundle: nothing else in the bucket is public."""
    try:
        return parse_path(path).path
    except ValueError:
        raise Refused("not_found", id=path) from None


def _tiles(log: Log) -> Callable[[Tile], bytes]:
    return lambda tile: log.objects.read(tile.path)
