"""Offline proof that an entry is in a log: C2SP tlog-proof (https://c2sp.org/tlog-proof, R-AUD-5).

One text file: the entry's index, its inclusion proof and the signed checkpoint it leads to. With the
entry and the log's public key anyone can verify it, for ever and without us.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.kernel.merkle import HASH_SIZE, ProofError, leaf_hash, verify_inclusion
from shared.kernel.notes import Checkpoint, VerifierKey, decode_base64, open_checkpoint

HEADER: Final = "c2sp.org/tlog-proof@v1"
FILE_EXTENSION: Final = ".tlog-proof"

_LONGEST_PROOF: Final = 63
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA: Final = "extra "


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The parts of a proof file, not yet verified."""

    index: int
    path: tuple[bytes, ...]
    """Inclusion proof, from the leaf's sibling to the root's child."""
    checkpoint: str
    """The signed note, verbatim, with any cosignatures."""
    extra: bytes = b""
    """Opaque and *not* authenticated."""

    def encode(self) -> str:
        """The proof as a file."""
        return "\n".join((*self._head(), "", self.checkpoint))

    def _head(self) -> Iterator[str]:
        yield HEADER
        if self.extra:
            yield _EXTRA + base64.b64encode(self.extra).decode()
        yield f"index {self.index}"
        yield from (base64.b64encode(value).decode() for value in self.path)


def parse_proof(text: str) -> TlogProof:
    """The parts of a proof file. Nothing is verified.

    Raises:
        ProofError: it is no proof file.
    """
    head, blank, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != HEADER or not blank:
        raise ProofError(f"a proof begins with {HEADER}; an empty line precedes its checkpoint")
    extra = b""
    if lines and lines[0].startswith(_EXTRA):
        extra = _decoded(lines.pop(0).removeprefix(_EXTRA))
    index = _INDEX.fullmatch(lines[0]) if lines else None
    if index is None:
        raise ProofError("a proof names the entry's index as a decimal without leading zeroes")
    if len(lines) - 1 > _LONGEST_PROOF:
        raise ProofError(f"an inclusion proof has at most {_LONGEST_PROOF} hashes")
    path = tuple(map(_decoded, lines[1:]))
    if any(len(value) != HASH_SIZE for value in path):
        raise ProofError(f"a hash of an inclusion proof has {HASH_SIZE} bytes")
    return TlogProof(int(index[1]), path, checkpoint, extra)


def verify_proof(proof: TlogProof, entry: bytes, key: VerifierKey, origin: str | None = None) -> Checkpoint:
    """The checkpoint that includes `entry` at the proof's index, signed by the log's key.

    Raises:
        NoteError: the checkpoint is malformed, of another log, or not signed by `key`.
        ProofError: the entry is not in the log at that place.
    """
    checkpoint = open_checkpoint(proof.checkpoint, key, origin)
    verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), proof.path, checkpoint.root)
    return checkpoint


def _decoded(text: str) -> bytes:
    try:
        return decode_base64(text)
    except ValueError as error:
        raise ProofError("a line of the proof is not base64") from error
