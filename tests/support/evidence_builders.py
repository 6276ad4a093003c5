"""Builders for evidence files: a hand-over of one case, sealed in a small log."""

from collections.abc import Sequence

from shared.contracts.event import GENESIS, Event
from shared.contracts.evidence import FORMAT, Disclosure, EvidenceEntry, EvidenceFile
from shared.kernel.merkle import inclusion_proof, leaf_hash, memory_reader, root_of
from shared.kernel.notes import Checkpoint, sign_checkpoint
from shared.kernel.tlog_proof import TlogProof
from tests.support.audit_builders import ORIGIN, SIGNER, an_event

CASE = "case_01JABCDEFGHJKMNPQRSTVWXYZ0"


def a_chain(count: int = 2, subject: str = CASE) -> list[Event]:
    """The first events of one case, each naming the one before."""
    events: list[Event] = []
    for number in range(count):
        previous = events[-1].hash() if events else GENESIS
        events.append(an_event(subject=subject, sequence=number + 1, previous=previous))
    return events


def evidence_of(events: Sequence[Event], among: int = 5, *, disclosed: bool = True) -> EvidenceFile:
    """The evidence file of some events in a log where `among` others precede them."""
    logged = [*(an_event() for _ in range(among)), *events]
    hashes = [leaf_hash(event.canonical()) for event in logged]
    size, read = len(hashes), memory_reader(hashes)
    note = sign_checkpoint(Checkpoint(ORIGIN, size, root_of(hashes)), SIGNER.key, SIGNER.sign).encode()
    entries = (
        EvidenceEntry(
            envelope=event.envelope(),
            disclosure=disclosure_of(event) if disclosed else None,
            proof=TlogProof(among + number, inclusion_proof(among + number, size, read), note).encode(),
        )
        for number, event in enumerate(events)
    )
    return EvidenceFile(format=FORMAT, entries=tuple(entries))


def disclosure_of(event: Event) -> Disclosure:
    return Disclosure(nonce=event.nonce, payload=event.data.model_dump(mode="json"))
