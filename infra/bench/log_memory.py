"""The log's ports in memory: what sealing costs by itself, without anything that waits for AWS."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

from services.audit.domain.log import Head, Leaf, LogDamagedError
from services.audit.ports.log import Ledger, Log, Missing, Objects
from shared.contracts.change import Outdated
from shared.kernel.notes import SigningKey, VerifierKey


@dataclass(slots=True)
class MemoryLedger:
    """Head, index and checkpoints in dictionaries."""

    now: Head = field(default_factory=Head)
    indexed: dict[str, Leaf] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    def head(self) -> Head:
        """The head as last decided."""
        return self.now

    def swap(self, before: Head, after: Head) -> None:
        """Move the head. Raises Outdated."""
        if (self.now.size, self.now.root) != (before.size, before.root):
            raise Outdated
        self.now = after

    def leaves(self, event_ids: Collection[str]) -> Mapping[str, Leaf]:
        """Those of the events that are indexed."""
        return {event_id: self.indexed[event_id] for event_id in event_ids if event_id in self.indexed}

    def index(self, leaves: Mapping[str, Leaf]) -> None:
        """Index a batch."""
        self.indexed |= leaves

    def checkpoint(self, size: int) -> str | None:
        """The signed checkpoint of this size."""
        return self.notes.get(size)

    def latest_checkpoint(self) -> str | None:
        """The largest signed checkpoint."""
        return self.notes[max(self.notes)] if self.notes else None

    def cosigned(self) -> str | None:
        """No witness looks on."""
        return None

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Publish a checkpoint."""
        self.notes.setdefault(size, note)


@dataclass(slots=True)
class MemoryObjects:
    """Files in a dictionary."""

    held: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        """An object's content. Raises Missing."""
        if path not in self.held:
            raise Missing(path)
        return self.held[path]

    def put(self, path: str, content: bytes) -> None:
        """Write an object that never changes. Raises LogDamagedError."""
        if self.held.setdefault(path, content) != content:
            raise LogDamagedError(path)

    def put_checkpoint(self, note: str, _key: VerifierKey) -> None:
        """Put the object `checkpoint`; sizes only grow here."""
        self.held["checkpoint"] = note.encode()


def memory_log(signer: SigningKey) -> Log:
    """A log in memory. Sealing and proving ask its ports for nothing else than what is here."""
    return Log(cast(Ledger, MemoryLedger()), cast(Objects, MemoryObjects()), signer)
