"""Asking witnesses to cosign the newest checkpoint (见证, R-AUD-3, R-AUD-5; C2SP tlog-witness).

It is done beside the sealing and never holds it up: a witness that is away misses some checkpoints and cosigns a later
one, which contains them. Everything may be done again: a witness answers a checkpoint it knows once more, lines are
added to the checkpoint as it was read, and what the checkpoint says never changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final

from services.audit.domain.witnesses import LATEST, NOT_BEGUN, TROUBLES, Progress, Trouble, key_of
from services.audit.logic.reading import tiles
from services.audit.ports.log import Log
from services.audit.ports.witnesses import Asked, Callers, Heard, Witnesses
from shared.contracts.change import Outdated
from shared.contracts.witnesses import Witness
from shared.kernel.cosignatures import Cosignature, WitnessKey, cosignatures, parse_lines, with_cosignatures
from shared.kernel.errors import Unavailable
from shared.kernel.merkle import consistency_proof
from shared.kernel.notes import MOST_SIGNATURES, Checkpoint, Note, NoteError, open_checkpoint, parse_note
from shared.kernel.tiles import tile_reader
from shared.kernel.witnessing import SIZE_MEDIA_TYPE, AddCheckpoint, parse_size

ATTEMPTS: Final = 5
ROUNDS: Final = 2
"""A witness that knows another size than we thought says so, and is asked once more."""


@dataclass(frozen=True, slots=True)
class Again:
    """A witness knows this size of the log, and wants the way from there."""

    size: int


Outcome = Cosignature | Again | Trouble | None
"""What came of asking one witness; None when another run asked it for a later checkpoint meanwhile."""


@dataclass(frozen=True, slots=True)
class Cosigning:
    """What came of a run."""

    size: int = 0
    cosigned: tuple[str, ...] = ()
    troubles: Mapping[str, Trouble] = field(default_factory=dict)


def cosign(log: Log, witnesses: Witnesses, callers: Callers, quorum: int, now: datetime) -> Cosigning:
    """Have the newest checkpoint cosigned by every witness that has not; keep and show what they answer.

    Raises Unavailable when the checkpoint kept changing under it, NoteError when a stored cosignature is damaged.
    """
    registered = {each.name: each for each in witnesses.registered()}
    encoded = log.ledger.latest_checkpoint()
    if not registered or encoded is None:
        return Cosigning()
    run = _Run(log, witnesses, open_checkpoint(encoded, log.signer.key), parse_note(encoded), now)
    cosigned: list[str] = []
    troubles: dict[str, Trouble] = {}
    for name, outcome in run.ask(callers, run.lacking(registered)):
        if isinstance(outcome, Trouble):
            troubles[name] = outcome
        elif isinstance(outcome, Cosignature):
            cosigned.append(name)
    run.show([key_of(each) for each in registered.values()], quorum)
    return Cosigning(run.signed.size, tuple(cosigned), troubles)


@dataclass(slots=True)
class _Run:
    """One checkpoint on its way round the witnesses."""

    log: Log
    witnesses: Witnesses
    signed: Checkpoint
    note: Note
    now: datetime

    def lacking(self, registered: Mapping[str, Witness]) -> dict[str, Witness]:
        """Those who have not cosigned it."""
        keys = {name: key_of(each) for name, each in registered.items()}
        there = {each.key for each in cosignatures(self.note, keys.values())}
        return {name: registered[name] for name, key in keys.items() if key not in there}

    def ask(self, callers: Callers, waiting: dict[str, Witness]) -> Iterator[tuple[str, Outcome]]:
        """Ask them; the outcome of each, kept."""
        known = self.witnesses.progress()
        progress = {name: known.get((name, each.vkey), NOT_BEGUN) for name, each in waiting.items()}
        sizes = {name: min(each.size, self.signed.size) for name, each in progress.items()}
        for number in range(ROUNDS):
            asked = {name: Asked(each.url, self._request(sizes[name])) for name, each in waiting.items()}
            outcomes = {name: self._outcome(heard, waiting[name]) for name, heard in callers.ask(asked).items()}
            self._keep(each for each in outcomes.values() if isinstance(each, Cosignature))
            for name, outcome in outcomes.items():
                if isinstance(outcome, Again) and number + 1 < ROUNDS and outcome.size != sizes[name]:
                    sizes[name] = outcome.size
                    continue
                settled = Trouble.UNEXPECTED if isinstance(outcome, Again) else outcome
                self._note_progress(waiting.pop(name), progress[name], settled)
                yield name, settled

    def show(self, keys: Iterable[WitnessKey], quorum: int) -> None:
        """Let the object `checkpoint` carry the cosignatures too; prove by this checkpoint once enough are there."""
        count = len(cosignatures(self.note, keys))
        if not count:
            return
        self.log.objects.put_checkpoint(self.note.encode(), self.log.signer.key)
        if count >= quorum:
            relied_on = self.log.ledger.cosigned()
            if relied_on is None or open_checkpoint(relied_on, self.log.signer.key).size < self.signed.size:
                self.log.ledger.mark_cosigned(self.signed.size)

    def _request(self, old_size: int) -> bytes:
        size = self.signed.size
        grows = 0 < old_size < size
        proof = consistency_proof(old_size, size, tile_reader(size, tiles(self.log))) if grows else ()
        key = self.log.signer.key
        own = [line for line in self.note.signatures if (line.name, line.key_id) == (key.name, key.key_id)]
        return AddCheckpoint(old_size, proof, Note(self.note.text, tuple(own)).encode()).encode()

    def _outcome(self, heard: Heard | Trouble, witness: Witness) -> Outcome:
        if isinstance(heard, Trouble):
            return heard
        if heard.status == HTTPStatus.OK:
            return self._cosignature(heard.text, key_of(witness)) or Trouble.COSIGNATURE_INVALID
        told = parse_size(heard.text) if heard.media_type == SIZE_MEDIA_TYPE else None
        if heard.status != HTTPStatus.CONFLICT or told is None:
            return TROUBLES.get(heard.status, Trouble.UNEXPECTED)
        if told <= self.signed.size:
            return Again(told)
        # It has seen a later checkpoint, which another run showed it. But of a tree that we do not have?
        return Trouble.DISAGREES if told > self.log.ledger.head().size else None

    def _cosignature(self, text: str, key: WitnessKey) -> Cosignature | None:
        with suppress(NoteError):
            for each in cosignatures(Note(self.note.text, parse_lines(text)), [key]):
                return each if each.at <= self.now + LATEST else None
        return None

    def _keep(self, found: Iterable[Cosignature]) -> None:
        added = tuple(found)
        if not added:
            return
        for _ in range(ATTEMPTS):
            after = with_cosignatures(self.note, added)
            if len(after.signatures) > MOST_SIGNATURES:
                return
            try:
                self.log.ledger.add_cosignatures(self.signed.size, self.note.encode(), after.encode())
            except Outdated:
                self.note = parse_note(self.log.ledger.checkpoint(self.signed.size) or "")
            else:
                self.note = after
                return
        raise Unavailable

    def _note_progress(self, witness: Witness, before: Progress, outcome: Cosignature | Trouble | None) -> None:
        after = before
        if isinstance(outcome, Cosignature):
            after = before.cosigned(self.signed.size, outcome)
        elif outcome is not None:
            after = before.troubled(outcome, self.now)
        if after != before:
            self.witnesses.keep_progress(witness, after)
