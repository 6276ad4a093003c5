"""The log's state and rules: what may become a leaf, what a batch makes of the log, which files that is (R-AUD-3).

Everything is computed from the head, the one trusted value; what the object store answers is checked against it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.dockets import NO_DOCKET, Docket
from shared.contracts.event import Envelope
from shared.contracts.model import Contract, Instant, Sha256
from shared.kernel.canonical import sha256_hex
from shared.kernel.merkle import EMPTY_ROOT, leaf_hash
from shared.kernel.notes import NoteError, VerifierKey, open_checkpoint, parse_note
from shared.kernel.tiles import (
    LONGEST_ENTRY,
    TILE_WIDTH,
    Bundle,
    Growth,
    Tile,
    decode_bundle,
    encode_bundle,
    new_bundles,
)

MOST_LEAVES = 1_000
"""Leaves sealed at once. A larger batch saves signatures and partial tiles, and takes longer to be sealed again."""


STAGING = "staging/"

NOT_OURS = (-1, 0)
"""The rank of what the log did not sign: below that of the empty log's checkpoint."""


class LogDamagedError(RuntimeError):
    """What is stored is not what the log's head says. Nothing may be sealed until a person has looked (R-AUD-4)."""


class NotAnEnvelopeError(ValueError):
    """A message is not the canonical JSON of an event's envelope."""


class Batch(Contract):
    """The batch that made a head: where its leaves are kept, and the tree it was added to."""

    path: str
    start: int
    start_root: Sha256


class Head(Contract):
    """The log as decided by the last compare-and-swap. Its files and checkpoint may still be on their way."""

    size: int = 0
    root: Sha256 = EMPTY_ROOT.hex()
    sealed_at: Instant | None = None
    batch: Batch | None = None

    @property
    def root_hash(self) -> bytes:
        """The root as bytes."""
        return bytes.fromhex(self.root)


class Leaf(Contract):
    """Where an event is in the log, and as what."""

    index: int
    hash: Sha256
    docket: Docket = NO_DOCKET


@dataclass(frozen=True, slots=True)
class Entry:
    """An envelope about to become a leaf, with the bytes that are hashed."""

    envelope: Envelope
    data: bytes
    docket: Docket = NO_DOCKET

    @property
    def event_id(self) -> str:
        """The event's id: an event is logged once."""
        return self.envelope.id

    @property
    def hash(self) -> str:
        """The leaf hash, in hexadecimal."""
        return leaf_hash(self.data).hex()


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done with some entries: append these, refuse those; the rest is in the log already."""

    fresh: tuple[Entry, ...]
    contradicting: frozenset[str]
    """Message ids whose event is known with other content: one of the two is a forgery or a defect."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the queue delivers: an envelope's canonical JSON, and its docket beside it."""

    text: str
    docket: Docket = NO_DOCKET


def read_entry(message: Message) -> Entry:
    """The entry a message holds.

    Raises NotAnEnvelopeError for anything but the canonical bytes of an envelope: whatever else came along would
    become public (R-AUD-3, privacy).
    """
    try:
        envelope = Envelope.model_validate_json(message.text)
        data = envelope.canonical()
        same = data == message.text.encode()
    except ValueError as error:
        raise NotAnEnvelopeError(type(error).__name__) from None
    if not same:
        raise NotAnEnvelopeError("not in canonical form")
    if len(data) > LONGEST_ENTRY:
        raise NotAnEnvelopeError(f"longer than {LONGEST_ENTRY} bytes")
    return Entry(envelope, data, message.docket)


def choose(entries: Mapping[str, Entry], known: Mapping[str, Leaf]) -> Choice:
    """Tell new entries from those in the log (`known`, by event id) and from those that contradict it.

    `entries` are by message id; the new ones come out in order of time, so that the log reads in order.
    """
    hashes = {event_id: leaf.hash for event_id, leaf in known.items()}
    fresh: list[Entry] = []
    contradicting: set[str] = set()
    for message_id, entry in entries.items():
        logged = hashes.get(entry.event_id)
        if logged is None:
            hashes[entry.event_id] = entry.hash
            fresh.append(entry)
        elif logged != entry.hash:
            contradicting.add(message_id)
    fresh.sort(key=lambda entry: (entry.envelope.time, entry.envelope.subject, entry.envelope.sequence))
    return Choice(tuple(fresh), frozenset(contradicting))


def leaves_from(start: int, entries: Iterable[Entry]) -> dict[str, Leaf]:
    """The index of entries appended to a log of size `start`, by event id."""
    return {
        entry.event_id: Leaf(index=index, hash=entry.hash, docket=entry.docket)
        for index, entry in enumerate(entries, start)
    }


def staged(entries: Sequence[Entry]) -> tuple[str, bytes]:
    """Path and content of a batch, kept until all that follows from it is written; the path is the content's hash.

    Each entry is followed by its docket.
    """
    content = encode_bundle(part for entry in entries for part in (entry.data, entry.docket.model_dump_json().encode()))
    return f"{STAGING}{sha256_hex(content)}", content


def unstaged(path: str, content: bytes) -> tuple[Entry, ...]:
    """The entries of a staged batch. Raises LogDamagedError when the content is not what its path says."""
    if f"{STAGING}{sha256_hex(content)}" != path:
        raise LogDamagedError(f"{path}: the staged batch has another hash")
    parts = decode_bundle(content)
    return tuple(
        Entry(Envelope.model_validate_json(data), data, Docket.model_validate_json(docket))
        for data, docket in zip(parts[::2], parts[1::2], strict=True)
    )


def advanced(before: Head, growth: Growth, staged_path: str, now: datetime) -> Head:
    """The head after a batch."""
    batch = Batch(path=staged_path, start=before.size, start_root=before.root)
    return Head(size=growth.size, root=growth.root.hex(), sealed_at=now, batch=batch)


def checkpoint_rank(encoded: bytes, key: VerifierKey) -> tuple[int, int]:
    """Size and number of signatures of a signed checkpoint, by which two are ranked; the lowest for what is not ours.

    Whoever can write the bucket can put anything there. It says nothing of the log, and must not stop it.
    """
    try:
        size = open_checkpoint(encoded, key).size
    except NoteError:
        return NOT_OURS
    return size, len(parse_note(encoded).signatures)


def unfinished_bundle(size: int) -> Bundle | None:
    """The bundle that the next entry goes into, as it is at this size; None when it begins with that entry."""
    width = size % TILE_WIDTH
    return Bundle(size // TILE_WIDTH, width) if width else None


def files_of(start: int, old: Sequence[bytes], fresh: Sequence[bytes], growth: Growth) -> dict[str, bytes]:
    """Every file that appending `fresh` at `start` adds to the log, by path.

    `old` are the entries of the unfinished bundle. Raises LogDamagedError when they are not those the tree holds.
    """
    entries, first = [*old, *fresh], start - len(old)
    files = {tile.path: content for tile, content in growth.tiles.items()}
    for bundle in new_bundles(start, growth.size):
        begin = bundle.start - first
        held = entries[begin : begin + bundle.width]
        if b"".join(map(leaf_hash, held)) != growth.tiles[Tile(0, bundle.number, bundle.width)]:
            raise LogDamagedError(f"{bundle.path}: the stored entries are not those of the tree")
        files[bundle.path] = encode_bundle(held)
    return files
