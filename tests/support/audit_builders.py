"""Builders for the log: a ledger and an object store in memory, a local key, wires that trip at a chosen step."""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.audit.domain.log import Head, Leaf, LogDamagedError, Message, checkpoint_rank
from services.audit.ports.log import Ledger, Log, Missing, Objects
from shared.contracts.access import RequestRefused
from shared.contracts.change import Outdated
from shared.contracts.dockets import Docket
from shared.contracts.event import GENESIS, Actor, Envelope, Event, make_event
from shared.kernel.ids import new_id
from shared.kernel.merkle import consistency_proof, leaf_hash, root_of, verify_consistency
from shared.kernel.notes import SigningKey, VerifierKey, open_checkpoint
from shared.kernel.tiles import TILE_WIDTH, decode_bundle, new_bundles, tile_reader, tiles_of

ORIGIN = "shenguan.example/log"
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def local_signer(seed: str = "log", origin: str = ORIGIN) -> SigningKey:
    """A key made of a seed, the same at every run."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
    return SigningKey(VerifierKey(origin, private.public_key().public_bytes_raw()), private.sign)


SIGNER = local_signer()


def an_event(
    *,
    subject: str | None = None,
    sequence: int = 1,
    previous: str = GENESIS,
    code: str = "forbidden",
    time: datetime = NOW,
) -> Event:
    return make_event(
        RequestRefused(method="GET", route="/v1/inbox", target="", status=403, code=code),
        source="/shenguan/handover",
        subject=subject or new_id("acc"),
        sequence=sequence,
        previous=previous,
        actor=Actor(client_id="cli_liaison_0001", department="dept_market_regulation"),
        correlation_id="correlation-1",
        time=time,
    )


def envelopes(count: int) -> list[Envelope]:
    return [an_event().envelope() for _ in range(count)]


DOCKET = Docket(case="case_0000000001", principal="cli_liaison_0001", request="correlation-1")


def messages(given: Sequence[Envelope], prefix: str = "m", docket: Docket = DOCKET) -> dict[str, Message]:
    """The messages a queue would deliver, by message id."""
    return {
        f"{prefix}{number}": Message(envelope.canonical().decode(), docket) for number, envelope in enumerate(given)
    }


@dataclass
class MemoryLedger:
    """A ledger in memory; atomic, so that several threads may use it."""

    now: Head = field(default_factory=Head)
    indexed: dict[str, Leaf] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    moves: int = 0
    cosigned_size: int = -1
    lock: threading.Lock = field(default_factory=threading.Lock)

    def head(self) -> Head:
        return self.now

    def swap(self, before: Head, after: Head) -> None:
        with self.lock:
            if (self.now.size, self.now.root) != (before.size, before.root):
                raise Outdated
            self.now = after
            self.moves += 1

    def index(self, leaves: Mapping[str, Leaf]) -> None:
        with self.lock:
            self.indexed |= leaves

    def leaves(self, event_ids: Collection[str]) -> Mapping[str, Leaf]:
        with self.lock:
            return {event_id: self.indexed[event_id] for event_id in event_ids if event_id in self.indexed}

    def checkpoint(self, size: int) -> str | None:
        return self.notes.get(size)

    def latest_checkpoint(self) -> str | None:
        return self.notes[max(self.notes)] if self.notes else None

    def checkpoints(self, above: int, most: int) -> Iterable[str]:
        return [self.notes[size] for size in sorted(self.notes) if size > above][:most]

    def checkpoints_by_size(self, above: int, most: int) -> Iterable[tuple[int, str]]:
        return [(size, self.notes[size]) for size in sorted(self.notes) if size > above][:most]

    def keep_checkpoint(self, size: int, note: str) -> None:
        self.notes.setdefault(size, note)

    def cosigned(self) -> str | None:
        return self.notes.get(self.cosigned_size)

    def add_cosignatures(self, size: int, before: str, after: str) -> None:
        with self.lock:
            if self.notes.get(size) != before:
                raise Outdated
            self.notes[size] = after

    def mark_cosigned(self, size: int) -> None:
        self.cosigned_size = max(self.cosigned_size, size)


@dataclass
class MemoryObjects:
    """An object store in memory that counts its writes."""

    held: dict[str, bytes] = field(default_factory=dict)
    puts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, path: str) -> bytes:
        try:
            return self.held[path]
        except KeyError:
            raise Missing(path) from None

    def link(self, path: str) -> str:
        return f"memory:{path}"

    def put(self, path: str, content: bytes) -> None:
        self.puts += 1
        if self.held.setdefault(path, content) != content:
            raise LogDamagedError(path)

    def put_checkpoint(self, note: str, key: VerifierKey) -> None:
        with self.lock:
            if checkpoint_rank(self.held.get("checkpoint", b""), key) < checkpoint_rank(note.encode(), key):
                self.held["checkpoint"] = note.encode()

    def below(self, prefix: str) -> Iterable[str]:
        return sorted(path for path in self.held if path.startswith(prefix))

    def delete(self, paths: Collection[str]) -> None:
        for path in paths:
            self.held.pop(path, None)


def a_log() -> Log:
    return Log(MemoryLedger(), MemoryObjects(), SIGNER)


@dataclass
class Wire:
    """Counts the moments around every call to the ledger, the store and the key, and acts at the chosen one."""

    at: int
    act: Callable[[], None]
    passed: int = 0
    tripped: bool = False

    def moment(self) -> None:
        if self.passed == self.at and not self.tripped:
            self.tripped = True
            self.act()
        self.passed += 1


@dataclass
class _Wired:
    target: object
    wire: Wire

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.target, name)

        def call(*args: object) -> object:
            self.wire.moment()
            result = method(*args)
            self.wire.moment()
            return result

        return call


def wired(log: Log, wire: Wire) -> Log:
    """The same log, through a wire: a moment before and one after each effect."""

    def sign(message: bytes) -> bytes:
        wire.moment()
        return log.signer.sign(message)

    ledger, objects = _Wired(log.ledger, wire), _Wired(log.objects, wire)
    return Log(cast(Ledger, ledger), cast(Objects, objects), SigningKey(log.signer.key, sign))


def entries_of(log: Log, size: int) -> list[bytes]:
    """Every leaf's bytes, read from the bundles."""
    return [entry for bundle in new_bundles(0, size) for entry in decode_bundle(log.objects.read(bundle.path))]


def assert_sound(log: Log, logged: Sequence[Envelope], sizes: Collection[int] = ()) -> None:
    """Each envelope once; tiles as the definition says; published = decided; later trees contain earlier ones."""
    note = log.ledger.latest_checkpoint()
    assert note is not None
    signed = open_checkpoint(note, log.signer.key)
    head = log.ledger.head()
    assert (signed.size, signed.root) == (head.size, head.root_hash)
    assert log.objects.read("checkpoint").decode() == note

    entries = entries_of(log, signed.size)
    assert sorted(entries) == sorted(envelope.canonical() for envelope in logged)
    hashes = [leaf_hash(entry) for entry in entries]
    assert root_of(hashes) == signed.root
    for tile in tiles_of(signed.size):
        span = TILE_WIDTH**tile.level
        first = tile.number * TILE_WIDTH
        naive = (root_of(hashes[n * span : (n + 1) * span]) for n in range(first, first + tile.width))
        assert log.objects.read(tile.path) == b"".join(naive)
    index = log.ledger.leaves([envelope.id for envelope in logged])
    for envelope in logged:
        leaf = index[envelope.id]
        assert entries[leaf.index] == envelope.canonical()
    _assert_consistent(log, signed.size, sizes)


def _assert_consistent(log: Log, size: int, sizes: Collection[int]) -> None:
    read = tile_reader(size, lambda tile: log.objects.read(tile.path))
    known = sorted({*sizes, size} - {0})
    notes = {each: log.ledger.checkpoint(each) for each in known}
    roots = {each: open_checkpoint(note, log.signer.key).root for each, note in notes.items() if note}
    assert set(roots) == set(known)
    for old, _ in pairwise(known):
        proof = consistency_proof(old, size, read)
        verify_consistency(old, size, roots[old], roots[size], proof)
