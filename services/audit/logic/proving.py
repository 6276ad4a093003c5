"""Proving that events are in the log, and the evidence files made of it (R-AUD-5)."""

from collections.abc import Mapping, Sequence
from functools import cache

from services.audit.domain.log import Leaf, LogDamagedError
from services.audit.logic.reading import content, tiles
from services.audit.ports.log import Log
from shared.contracts.event import Envelope
from shared.contracts.evidence import FORMAT, EvidenceEntry, EvidenceFile
from shared.kernel.errors import Refused
from shared.kernel.merkle import HashReader, inclusion_proof, leaf_hash, verify_inclusion
from shared.kernel.notes import Checkpoint, open_checkpoint
from shared.kernel.tiles import TILE_WIDTH, Bundle, decode_bundle, tile_reader
from shared.kernel.tlog_proof import TlogProof


def prove(log: Log, event_id: str) -> TlogProof:
    """The proof that an event is in the log, checked before it is handed out. Raises Refused("not_sealed")."""
    note, signed, leaves = _covering(log, [event_id])
    return _proof(leaves[event_id], note, signed, tile_reader(signed.size, tiles(log)))


def evidence(log: Log, event_ids: Sequence[str]) -> EvidenceFile:
    """The evidence file of some events, in that order, all by one checkpoint.

    Without disclosure: the log holds no payload. Raises Refused("not_sealed") for one that is not published, and
    LogDamagedError rather than hand out evidence that nobody would believe.
    """
    note, signed, leaves = _covering(log, event_ids)
    read = tile_reader(signed.size, tiles(log))

    @cache
    def bundle(number: int) -> tuple[bytes, ...]:
        width = min(TILE_WIDTH, signed.size - number * TILE_WIDTH)
        return decode_bundle(content(log, Bundle(number, width)))

    def entry(event_id: str) -> EvidenceEntry:
        leaf = leaves[event_id]
        number, within = divmod(leaf.index, TILE_WIDTH)
        data = bundle(number)[within]
        envelope = Envelope.model_validate_json(data)
        if envelope.id != event_id or envelope.canonical() != data or leaf_hash(data).hex() != leaf.hash:
            raise LogDamagedError(f"entry {leaf.index} is not the envelope of {event_id}")
        return EvidenceEntry(envelope=envelope, proof=_proof(leaf, note, signed, read).encode())

    return EvidenceFile(format=FORMAT, entries=tuple(map(entry, event_ids)))


def _covering(log: Log, event_ids: Sequence[str]) -> tuple[str, Checkpoint, Mapping[str, Leaf]]:
    """The checkpoint to prove some events by, signed and opened, and their leaves.

    The largest that witnesses cosigned if it covers them all: who holds it need not trust us to have shown the same
    log to everybody. Else the latest.
    """
    leaves = log.ledger.leaves(event_ids)
    uncovered = event_ids[0]
    for note in filter(None, (log.ledger.cosigned(), log.ledger.latest_checkpoint())):
        signed = open_checkpoint(note, log.signer.key)
        beyond = [each for each in event_ids if each not in leaves or leaves[each].index >= signed.size]
        if not beyond:
            return note, signed, leaves
        uncovered = beyond[0]
    raise Refused("not_sealed", id=uncovered)


def _proof(leaf: Leaf, note: str, signed: Checkpoint, read: HashReader) -> TlogProof:
    path = inclusion_proof(leaf.index, signed.size, read)
    verify_inclusion(leaf.index, signed.size, bytes.fromhex(leaf.hash), path, signed.root)
    return TlogProof(leaf.index, path, note)
