"""What the log stands on: a ledger that is trusted, an object store that is not, a key that signs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from services.audit.domain.log import Head, Leaf
from shared.kernel.notes import SigningKey, VerifierKey


class Ledger(Protocol):
    """The head, the index of events and the signed checkpoints; every read is strongly consistent."""

    def head(self) -> Head:
        """The head as last decided; an empty one before the first batch."""

    def swap(self, before: Head, after: Head) -> None:
        """Move the head: the one write that decides.

        Raises Outdated when the head is not `before` any more (nothing was written), Unavailable when nobody knows.
        """

    def leaves(self, event_ids: Collection[str]) -> Mapping[str, Leaf]:
        """Those of the events that are indexed: all that were decided before the last published checkpoint are."""

    def index(self, leaves: Mapping[str, Leaf]) -> None:
        """Index a decided batch; to do it again changes nothing. Raises Unavailable when not all could be written."""

    def checkpoint(self, size: int) -> str | None:
        """The signed checkpoint of this size, or None while it is not published."""

    def latest_checkpoint(self) -> str | None:
        """The largest signed checkpoint, or None before the first."""

    def checkpoints(self, above: int, most: int) -> Iterable[str]:
        """Signed checkpoints of sizes larger than `above`, smallest first."""

    def checkpoints_by_size(self, above: int, most: int) -> Iterable[tuple[int, str]]:
        """The same, each with the size that it is kept as: what is in it need not be."""

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Publish a checkpoint; one of that size published before stays."""

    def cosigned(self) -> str | None:
        """The largest signed checkpoint that enough witnesses cosigned, or None before the first."""

    def add_cosignatures(self, size: int, before: str, after: str) -> None:
        """Replace the signed checkpoint of this size by the same with more signature lines: the one change it may see.

        Raises Outdated when it is not `before` any more.
        """

    def mark_cosigned(self, size: int) -> None:
        """Let the checkpoint of this size be the cosigned one, unless a larger one is."""


class Missing(Exception):
    """There is no such object."""


class Objects(Protocol):
    """The log's files."""

    def read(self, path: str) -> bytes:
        """An object's content. Raises Missing."""

    def link(self, path: str) -> str:
        """An address at which anybody may read the object for a few minutes."""

    def put(self, path: str, content: bytes) -> None:
        """Write an object that never changes; to find it there already is fine.

        Raises LogDamagedError when it is there with other content.
        """

    def put_checkpoint(self, note: str, key: VerifierKey) -> None:
        """Put the object `checkpoint`, unless a larger one is there, or one of that size with as many signatures.

        What `key` did not sign is replaced, whatever it says.
        """

    def below(self, prefix: str) -> Iterable[str]:
        """The paths that begin with `prefix`."""

    def delete(self, paths: Collection[str]) -> None:
        """Remove objects that nothing needs any more: staged batches, and partial tiles that became full."""


@dataclass(frozen=True, slots=True)
class Log:
    """Everything the log is made of. The key's name is the log's origin."""

    ledger: Ledger
    objects: Objects
    signer: SigningKey
