"""Builders for verifying: everything in memory, and logs that are damaged behind the sealer's back (R-AUD-4)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.audit.domain.chains import Chain, ChainKey
from services.audit.domain.faults import FoundFault
from services.audit.domain.log import Head, Leaf
from services.audit.domain.postings import Block, PostingList
from services.audit.domain.tallies import Tally, TallyKey
from services.audit.domain.verifications import FullVerification, Progress, RangeOrder, RangeResult, StartOrder
from services.audit.logic import full_verifying, indexing
from services.audit.logic.full_verifying import FullVerifying
from services.audit.logic.verifying import Verification, Verifying, verify
from services.audit.ports.log import Log
from services.audit.ports.positions import Position
from shared.aws.consumer import system_principal
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Outdated, Stored
from shared.contracts.event import GENESIS, Envelope
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import Checkpoint, SigningKey, sign_checkpoint
from shared.kernel.tiles import encode_bundle, grow, new_bundles
from tests.support.audit_builders import NOW, MemoryLedger, MemoryObjects, a_log, an_event, entries_of


@dataclass
class MemoryPositions:
    """Positions in memory."""

    held: dict[str, Position] = field(default_factory=dict)

    def read(self, follower: str) -> Position:
        return self.held.get(follower, Position())

    def move(self, follower: str, before: Position, after: Position) -> None:
        if self.read(follower) != before:
            raise Outdated
        self.held[follower] = after


@dataclass
class MemoryChains:
    """Chains in memory; they move forward only."""

    held: dict[ChainKey, Chain] = field(default_factory=dict)

    def of(self, keys: Collection[ChainKey]) -> Mapping[ChainKey, Chain]:
        return {key: self.held[key] for key in keys if key in self.held}

    def about(self, subject: str) -> Collection[Chain]:
        return [chain for key, chain in self.held.items() if key.subject == subject]

    def keep(self, chains: Collection[Chain]) -> None:
        for chain in chains:
            known = self.held.get(chain.key)
            if known is None or known.through < chain.through:
                self.held[chain.key] = chain

    def keep_judged(self, chain: Chain) -> bool:
        if self.held[chain.key].through != chain.through:
            return False
        self.held[chain.key] = chain
        return True

    def due(self, now: datetime) -> Iterable[ChainKey]:
        return [key for key, chain in self.held.items() if chain.due_at and chain.due_at <= now]


@dataclass
class MemoryTallies:
    """Counts in memory; they move forward only."""

    held: dict[TallyKey, Tally] = field(default_factory=dict)

    def of(self, keys: Collection[TallyKey]) -> Mapping[TallyKey, Tally]:
        return {key: self.held[key] for key in keys if key in self.held}

    def all_of(self, source: str) -> Iterable[Tally]:
        return [tally for key, tally in sorted(self.held.items()) if key.source == source]

    def keep(self, tallies: Collection[Tally]) -> None:
        for tally in tallies:
            known = self.held.get(tally.key)
            if known is None or known.through < tally.through:
                self.held[tally.key] = tally


@dataclass
class MemoryFaults:
    """Findings in memory, each once."""

    held: dict[str, FoundFault] = field(default_factory=dict)

    def save(self, change: Change[FoundFault]) -> None:
        if change.aggregate in self.held:
            raise Outdated
        self.held[change.aggregate] = change.state

    def page(
        self, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[Sequence[FoundFault], Mapping[str, Any] | None]:
        del position
        return list(self.held.values())[:limit], None

    @property
    def found(self) -> list[tuple[str, str]]:
        """Kind and place of each."""
        return [(fault.kind, fault.fault.where) for fault in self.held.values()]

    @property
    def codes(self) -> list[str]:
        """The code of each."""
        return [fault.fault.fault for fault in self.held.values()]


@dataclass
class MemoryPostings:
    """The lists that auditors search by, in memory, by list and by the range of each block."""

    held: dict[PostingList, dict[tuple[int, int], tuple[int, ...]]] = field(default_factory=dict)

    def put(self, start: int, end: int, lists: Mapping[PostingList, Sequence[int]]) -> None:
        for which, indices in lists.items():
            self.held.setdefault(which, {})[start, end] = tuple(indices)

    def blocks(self, which: PostingList, below: int | None = None) -> Iterable[Block]:
        return [each for each in reversed(self.rising(which)) if below is None or each.start < below]

    def rising(self, which: PostingList) -> Sequence[Block]:
        return [Block(start, end, indices) for (start, end), indices in sorted(self.held.get(which, {}).items())]


def a_verifying(log: Log | None = None) -> Verifying:
    """A verifier of a log, in memory."""
    return Verifying(
        log or a_log(),
        MemoryPositions(),
        MemoryChains(),
        MemoryTallies(),
        MemoryFaults(),
        at_once=1,
        postings=MemoryPostings(),
    )


def postings_of(verifying: Verifying) -> MemoryPostings:
    """The lists of a verifier in memory, to be damaged."""
    assert isinstance(verifying.postings, MemoryPostings)
    return verifying.postings


def indexed(verifying: Verifying) -> Verifying:
    """The same once everything is in the lists."""
    indexing.index(verifying.log, verifying.positions, postings_of(verifying), lambda: NOW, NOW + timedelta(minutes=5))
    return verifying


def a_copy(verifying: Verifying) -> Verifying:
    """The same as it stands, to be damaged by itself; it has found nothing yet."""
    ledger, copy = ledger_of(verifying.log), a_verifying()
    held = (verifying.positions, verifying.chains, verifying.tallies)
    for mine, theirs in zip((copy.positions, copy.chains, copy.tallies), held, strict=True):
        vars(mine)["held"] = dict(vars(theirs)["held"])
    other = ledger_of(copy.log)
    other.now, other.indexed, other.notes = ledger.now, dict(ledger.indexed), dict(ledger.notes)
    files_of_log(copy.log).update(files_of_log(verifying.log))
    postings_of(copy).held = {which: dict(blocks) for which, blocks in postings_of(verifying).held.items()}
    return copy


def run(verifying: Verifying, now: datetime = NOW) -> Verification:
    """One run of the verifier, with time enough."""
    return verify(verifying, lambda: context_at(now), now + timedelta(minutes=5))


def context_at(now: datetime) -> Context:
    """The context of audit's own jobs."""
    return Context(system_principal("audit"), now, "verification")


def findings(verifying: Verifying) -> MemoryFaults:
    """What a verifier in memory found."""
    assert isinstance(verifying.faults, MemoryFaults)
    return verifying.faults


def files_of_log(log: Log) -> dict[str, bytes]:
    """The files of a log in memory, to be damaged."""
    assert isinstance(log.objects, MemoryObjects)
    return log.objects.held


def ledger_of(log: Log) -> MemoryLedger:
    """The ledger of a log in memory, to be damaged."""
    assert isinstance(log.ledger, MemoryLedger)
    return log.ledger


def a_case(length: int, subject: str, time: datetime = NOW) -> list[Envelope]:
    """The envelopes of one aggregate's events, in order."""
    found: list[Envelope] = []
    previous = GENESIS
    for sequence in range(1, length + 1):
        found.append(an_event(subject=subject, sequence=sequence, previous=previous, time=time).envelope())
        previous = found[-1].hash()
    return found


def publish_behind_the_sealer(
    log: Log, entries: Sequence[bytes], signer: SigningKey | None = None, *, since: int = 0
) -> Head:
    """Make the stored log one of these entries in all, consistently: files, head, checkpoint, index where it has none.

    What somebody does who holds the table, the bucket and the signing key. `since`: entries below are left as they are.
    """
    ledger, files = ledger_of(log), files_of_log(log)
    growth = grow(0, bytes.fromhex(Head().root), [leaf_hash(entry) for entry in entries], lambda _: b"")
    files.update({tile.path: content for tile, content in growth.tiles.items()})
    for bundle in new_bundles(since, len(entries)):
        files[bundle.path] = encode_bundle(entries[bundle.start : bundle.start + bundle.width])
    key = signer or log.signer
    note = sign_checkpoint(Checkpoint(key.key.name, growth.size, growth.root), key.key, key.sign).encode()
    files["checkpoint"] = note.encode()
    ledger.notes[growth.size] = note
    ledger.now = Head(size=growth.size, root=growth.root.hex(), sealed_at=NOW)
    for index, entry in enumerate(entries):
        envelope = Envelope.model_validate_json(entry)
        ledger.indexed.setdefault(envelope.id, Leaf(index=index, hash=leaf_hash(entry).hex()))
    return ledger.now


def stored_entries(log: Log) -> list[bytes]:
    """Every entry of the published log."""
    return entries_of(log, log.ledger.head().size)


@dataclass
class MemoryVerifications:
    """Verifications of the whole log in memory."""

    heads: dict[str, Stored[FullVerification]] = field(default_factory=dict)
    kept: dict[tuple[str, int], RangeResult] = field(default_factory=dict)

    def verification(self, verification_id: str) -> Stored[FullVerification] | None:
        return self.heads.get(verification_id)

    def save(self, change: Change[FullVerification], due: datetime | None) -> None:
        del due
        there = self.heads.get(change.aggregate)
        if (there.head if there else ChainHead()) != change.before:
            raise Outdated
        self.heads[change.aggregate] = Stored(change.state, change.after)

    def progress(self, verification_id: str) -> Progress:
        mine = list(self.results(verification_id))
        return Progress(len(mine), sum(each.end - each.start for each in mine), sum(each.findings for each in mine))

    def is_done(self, verification_id: str, start: int) -> bool:
        return (verification_id, start) in self.kept

    def keep(self, verification_id: str, result: RangeResult) -> None:
        again = RangeResult.model_validate_json(result.model_dump_json())
        self.kept.setdefault((verification_id, result.start), again)

    def results(self, verification_id: str) -> Iterable[RangeResult]:
        return [result for (each, _), result in sorted(self.kept.items()) if each == verification_id]


@dataclass
class MemoryWork:
    """Audit's queue in memory."""

    texts: list[str] = field(default_factory=list)

    def send(self, texts: Collection[str]) -> None:
        self.texts += texts


def a_full_verifying(verifying: Verifying) -> FullVerifying:
    """Verifications of the whole log, in memory."""
    return FullVerifying(verifying, MemoryVerifications(), MemoryWork())


def work_off(full: FullVerifying) -> None:
    """Handle the messages of the queue until there are none."""
    assert isinstance(full.work, MemoryWork)
    while full.work.texts:
        handle_one(full, full.work.texts.pop(0))


def handle_one(full: FullVerifying, text: str) -> None:
    """Handle one message, as the function does."""
    if '"verification_range"' in text:
        full_verifying.check(full, context_at(NOW), RangeOrder.model_validate_json(text))
    else:
        full_verifying.go_on(full, context_at(NOW), StartOrder.model_validate_json(text).verification_id)
