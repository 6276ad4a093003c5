"""Builders for witnesses: logs that grow and that show two histories, a witness in a folder, requests to it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from services.audit.domain.witnesses import NOT_BEGUN, Progress, Registration
from shared.contracts.change import Change, Once, Stored
from shared.contracts.evidence import EvidenceFile
from shared.contracts.witnesses import Witness
from shared.kernel.cosignatures import Cosigner, WitnessKey, cosign, with_cosignatures
from shared.kernel.merkle import consistency_proof, leaf_hash, memory_reader, root_of
from shared.kernel.notes import Checkpoint, SigningKey, parse_note, sign_checkpoint
from shared.kernel.tlog_proof import parse_proof
from shared.kernel.witnessing import AddCheckpoint
from tests.support.audit_builders import NOW, ORIGIN, local_signer

WITNESS = "witness.example/justice"


@dataclass(frozen=True)
class GrowingLog:
    """A log that can be shown at any size up to that of its leaves."""

    signer: SigningKey
    leaves: Sequence[bytes]

    def root(self, size: int) -> bytes:
        return root_of(self.leaves[:size])

    def note(self, size: int) -> str:
        checkpoint = Checkpoint(self.signer.key.name, size, self.root(size))
        return sign_checkpoint(checkpoint, self.signer.key, self.signer.sign).encode()

    def request(self, old: int, size: int) -> bytes:
        proof = consistency_proof(old, size, memory_reader(self.leaves)) if 0 < old <= size else ()
        return AddCheckpoint(old, proof, self.note(size)).encode()


def growing_log(origin: str = ORIGIN, *, leaves: int = 100, common: int = 100) -> GrowingLog:
    """A log of some leaves; after the first `common` of them its history is another one."""
    texts = (f"{number}" if number < common else f"forged {number}" for number in range(leaves))
    return GrowingLog(local_signer(origin, origin), [leaf_hash(text.encode()) for text in texts])


def local_witness(name: str = WITNESS) -> Cosigner:
    """A witness's key made of its name, the same at every run."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
    return Cosigner(WitnessKey(name, private.public_key().public_bytes_raw()), private.sign)


def cosigned(file: EvidenceFile, *cosigners: Cosigner, of: EvidenceFile | None = None) -> EvidenceFile:
    """The file with cosignatures at each checkpoint, an hour apart; `of`: cosignatures of another file's instead."""
    entries = []
    for entry, seen in zip(file.entries, (of or file).entries, strict=True):
        proof, other = parse_proof(entry.proof), parse_proof(seen.proof)
        text = parse_note(other.checkpoint).text
        lines = [cosign(text, each, NOW + timedelta(hours=hours)) for hours, each in enumerate(cosigners)]
        head, _, _ = entry.proof.partition("\n\n")
        note = with_cosignatures(parse_note(proof.checkpoint), lines).encode()
        entries.append(entry.model_copy(update={"proof": f"{head}\n\n{note}"}))
    return file.model_copy(update={"entries": tuple(entries)})


@dataclass
class MemoryWitnesses:
    """The list of witnesses in memory."""

    listed: list[Witness] = field(default_factory=list)
    kept: dict[tuple[str, str], Progress] = field(default_factory=dict)
    writes: int = 0

    def registration(self, name: str) -> Stored[Registration] | None:
        raise NotImplementedError(name)

    def save(self, change: Change[Registration], before: Witness | None) -> None:
        raise NotImplementedError(change, before)

    def remember(self, once: Once, response: BaseModel) -> None:
        raise NotImplementedError(once, response)

    def registered(self) -> Sequence[Witness]:
        return self.listed

    def progress(self) -> Mapping[tuple[str, str], Progress]:
        return dict(self.kept)

    def keep_progress(self, witness: Witness, progress: Progress) -> None:
        self.writes += 1
        before = self.kept.get((witness.name, witness.vkey), NOT_BEGUN)
        if before.size <= progress.size:
            self.kept[witness.name, witness.vkey] = progress


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
