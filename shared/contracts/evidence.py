"""Evidence files: events with the proof that the public log holds them, judged offline by anyone (R-AUD-5).

`shenguan-evidence/1` is a JSON object with one or more entries (a hand-over is *delivered* and *claimed*). Each entry
is an envelope, a C2SP tlog-proof of it and, for its holder, the disclosure: nonce and payload. Nothing in the file is
trusted but by the log's public key, which the judge must have from elsewhere; so the file holds no key.

    EvidenceError
    └── Refuted     the file says something the proof does not bear out; `reason` tells which of the checks failed
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import ConfigDict, FailFast, Field, StringConstraints, ValidationError

from shared.contracts.event import GENESIS, Envelope, Payload
from shared.contracts.model import Contract
from shared.kernel.canonical import commitment
from shared.kernel.cosignatures import NOBODY, Cosignature, Panel
from shared.kernel.merkle import ProofError
from shared.kernel.notes import Checkpoint, NoteError, VerifierKey, parse_note
from shared.kernel.tlog_proof import parse_proof, verify_proof

FORMAT: Final = "shenguan-evidence/1"
_MOST_WRONG: Final = 100


class EvidenceError(ValueError):
    """A text is no evidence file. The text of the error says where it is not."""


class Reason(StrEnum):
    """Which check an evidence file failed; each is a different finding (R-AUD-4)."""

    PROOF_MALFORMED = "proof_malformed"
    CHECKPOINT_UNSIGNED = "checkpoint_unsigned"
    NOT_WITNESSED = "not_witnessed"
    NOT_IN_LOG = "not_in_log"
    DISCLOSURE_CHANGED = "disclosure_changed"
    CHAIN_BROKEN = "chain_broken"


class Refuted(EvidenceError):
    """The evidence does not hold, for this reason."""

    def __init__(self, reason: Reason, event_id: str, detail: str) -> None:
        super().__init__(f"{event_id}: {detail}")
        self.reason = reason
        self.event_id = event_id
        self.detail = detail


class Disclosure(Contract):
    """What the envelope's commitment hides: who did it, on whose request, and what it says."""

    # Text is hashed as it stands, so nothing is stripped.
    model_config = ConfigDict(str_strip_whitespace=False)

    nonce: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){16,64}$")]
    payload: dict[str, Any]


class EvidenceEntry(Contract):
    """One event: its public half, the proof that the log holds it, and the disclosure where the holder has it."""

    # A signed note ends in a newline.
    model_config = ConfigDict(str_strip_whitespace=False)

    envelope: Envelope
    disclosure: Disclosure | None = None
    proof: Annotated[str, StringConstraints(max_length=100_000)]


class EvidenceFile(Contract):
    """What is handed to a court's expert: one event, a hand-over, a whole case."""

    format: Literal["shenguan-evidence/1"]
    # Ten million entries that are none are told as the first.
    entries: Annotated[tuple[EvidenceEntry, ...], Field(min_length=1), FailFast()]


class LeftOut(NamedTuple):
    """Events `first` to `last` that a source told of a subject, and the file does not hold."""

    source: str
    subject: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Fact:
    """What one entry proves: this event is the log's leaf `index`, and the signed checkpoint includes it."""

    envelope: Envelope
    index: int
    checkpoint: Checkpoint
    payload: Payload | None
    """What was disclosed and fits the commitment; None when nothing was disclosed."""
    cosignatures: tuple[Cosignature, ...] = ()
    """Those of the judge's witnesses who saw that checkpoint as the log's largest, and when."""

    @property
    def time(self) -> datetime:
        """When it happened, by the clock of the service that recorded it."""
        return self.envelope.time


def read_evidence(text: str | bytes) -> EvidenceFile:
    """The evidence file of a text. Nothing is verified.

    Raises EvidenceError naming the first place that is not as the format says.
    """
    try:
        return EvidenceFile.model_validate_json(text)
    except ValidationError as error:
        if error.error_count() > _MOST_WRONG:
            # To tell the first, pydantic would make an object of each.
            raise EvidenceError(f"the file: in {error.error_count()} places not as the format says") from None
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(map(str, first["loc"])) or "the file"
        raise EvidenceError(f"{where}: {first['msg']}") from None


def verify_evidence(
    file: EvidenceFile, key: VerifierKey, origin: str | None = None, panel: Panel = NOBODY
) -> tuple[Fact, ...]:
    """What the file proves, given the log's public key. Raises Refuted at the first check that fails.

    Checks of each entry: the checkpoint is signed by `key` for the log `origin` (the key's name unless given), and
    cosigned by as many witnesses of `panel` as it asks for; the canonical envelope is the leaf the proof says; what is
    disclosed fits the envelope's commitment. Between entries: of a chain, which is what one source tells of one
    subject, no two different events have one number, the first begins it, and neighbours are links of it (R-AUD-2).
    What is not in the file is not judged: see :func:`left_out`.
    """
    facts = tuple(_verify_entry(entry, key, origin, panel) for entry in file.entries)
    _verify_chains(facts)
    return facts


def left_out(facts: Iterable[Fact]) -> tuple[LeftOut, ...]:
    """Which events before and between those of a file it does not hold: whoever chose them may have had a reason.

    What came after the last of a chain the file cannot say.
    """
    return tuple(
        LeftOut(after.source, after.subject, begin, after.sequence - 1)
        for before, after in _neighbours(facts)
        if (begin := (before.sequence if before else 0) + 1) < after.sequence
    )


def _verify_entry(entry: EvidenceEntry, key: VerifierKey, origin: str | None, panel: Panel) -> Fact:
    envelope = entry.envelope
    try:
        proof = parse_proof(entry.proof)
    except ProofError as error:
        raise Refuted(Reason.PROOF_MALFORMED, envelope.id, str(error)) from None
    if proof.extra:
        raise Refuted(Reason.PROOF_MALFORMED, envelope.id, "the proof carries extra data that nothing vouches for")
    try:
        checkpoint = verify_proof(proof, envelope.canonical(), key, origin)
    except NoteError as error:
        raise Refuted(Reason.CHECKPOINT_UNSIGNED, envelope.id, str(error)) from None
    except ValueError as error:  # ProofError, or an envelope that has no canonical form
        raise Refuted(Reason.NOT_IN_LOG, envelope.id, str(error)) from None
    try:
        cosigned = panel.counted(parse_note(proof.checkpoint))
    except NoteError as error:
        raise Refuted(Reason.NOT_WITNESSED, envelope.id, str(error)) from None
    return Fact(envelope, proof.index, checkpoint, _disclosed(entry), cosigned)


def _disclosed(entry: EvidenceEntry) -> Payload | None:
    given = entry.disclosure
    if given is None:
        return None
    try:
        fits = commitment(bytes.fromhex(given.nonce), given.payload) == entry.envelope.commitment
        payload = Payload.model_validate(given.payload)
    except ValueError as error:
        raise Refuted(Reason.DISCLOSURE_CHANGED, entry.envelope.id, f"no event's payload: {error}") from None
    if not fits:
        raise Refuted(
            Reason.DISCLOSURE_CHANGED, entry.envelope.id, "nonce and payload are not those the envelope commits to"
        )
    return payload


def _verify_chains(facts: tuple[Fact, ...]) -> None:
    for before, after in _neighbours(facts):
        if before is None:
            if after.sequence == 1 and after.previous != GENESIS:
                raise Refuted(Reason.CHAIN_BROKEN, after.id, "it is no. 1 of its chain and follows another event")
        elif after.sequence == before.sequence:
            if after.hash() != before.hash():
                raise Refuted(Reason.CHAIN_BROKEN, after.id, f"{before.id} is no. {after.sequence} of it as well")
        elif after.sequence == before.sequence + 1 and after.previous != before.hash():
            raise Refuted(Reason.CHAIN_BROKEN, after.id, f"it does not follow {before.id} in the case's hash chain")


def _neighbours(facts: Iterable[Fact]) -> Iterator[tuple[Envelope | None, Envelope]]:
    """The events in the order of their chains, each with the one before it in its chain."""
    by_chain = sorted((fact.envelope for fact in facts), key=lambda each: (*_chain(each), each.sequence))
    for _, chain in groupby(by_chain, key=_chain):
        yield from pairwise((None, *chain))


def _chain(envelope: Envelope) -> tuple[str, str]:
    return envelope.source, envelope.subject
