"""How a log asks a witness for its cosignature, and how the witness decides (R-AUD-3).

Text: https://c2sp.org/tlog-witness, `POST <prefix>/add-checkpoint`. The log sends its checkpoint and the proof that it
continues the one the witness cosigned last. All that is stated there of the answer is :func:`judge`, which is pure; to
do it and to remember the outcome before answering, one request of a log at a time, is the server's part.
"""

import base64
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from shared.kernel.merkle import EMPTY_ROOT, HASH_SIZE, ProofError, verify_consistency
from shared.kernel.notes import (
    Checkpoint,
    Note,
    NoteError,
    VerifierKey,
    decode_base64,
    parse_checkpoint,
    parse_note,
    verify_note,
)

PATH: Final = "/add-checkpoint"
SIZE_MEDIA_TYPE: Final = "text/x.tlog.size"
"""The media type of a 409 that names the size the witness knows."""

LONGEST_REQUEST: Final = 64 * 1024
LONGEST_PROOF: Final = 63

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n")


class RequestError(ValueError):
    """A text is no add-checkpoint request. It says where it is not."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size the witness is thought to know, the way from there, and the signed checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def encode(self) -> bytes:
        """The request's body."""
        lines = (f"old {self.old_size}", *(base64.b64encode(value).decode() for value in self.proof), "")
        return ("\n".join(lines) + f"\n{self.checkpoint}").encode()


@dataclass(frozen=True, slots=True)
class Tree:
    """What a witness remembers of a log: the tree it cosigned last; the empty one before the first."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Accepted:
    """The checkpoint continues what the witness knows: to be remembered, cosigned and answered with 200."""

    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Declined:
    """The answer to a request that is not cosigned."""

    status: HTTPStatus
    reason: str
    origin: str | None = None
    known_size: int | None = None
    """Of a 409: the size the request should have begun at. None where no size would have helped."""

    @property
    def body(self) -> str:
        """What is answered."""
        return f"{self.reason if self.known_size is None else self.known_size}\n"

    @property
    def media_type(self) -> str:
        """The type of what is answered."""
        return "text/plain; charset=utf-8" if self.known_size is None else SIZE_MEDIA_TYPE


Logs = Mapping[str, Collection[VerifierKey]]
"""The logs a witness watches: their keys by origin."""


def parse_request(body: bytes) -> AddCheckpoint:
    """The parts of a request. Nothing is verified, nor is the checkpoint looked at.

    Raises:
        RequestError: it is none.
    """
    if len(body) > LONGEST_REQUEST:
        raise RequestError(f"a request has at most {LONGEST_REQUEST} bytes")
    try:
        head, blank, checkpoint = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise RequestError("a request is UTF-8") from None
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None or not blank:
        raise RequestError("a request begins with `old` and a size; an empty line precedes its checkpoint")
    if len(lines) > LONGEST_PROOF:
        raise RequestError(f"a consistency proof has at most {LONGEST_PROOF} hashes")
    try:
        proof = tuple(map(decode_base64, lines))
    except NoteError as error:
        raise RequestError(f"a line of the consistency proof is {error}") from None
    if any(len(value) != HASH_SIZE for value in proof):
        raise RequestError(f"a hash of a consistency proof has {HASH_SIZE} bytes")
    return AddCheckpoint(int(old[1]), proof, checkpoint)


def parse_size(text: str) -> int | None:
    """The size that a 409 of type :data:`SIZE_MEDIA_TYPE` names, or None when it names none."""
    found = _SIZE.fullmatch(text)
    return int(found[1]) if found else None


def judge(body: bytes, logs: Logs, known: Callable[[str], Tree]) -> Accepted | Declined:
    """What a witness that watches `logs` answers, given what it knows of each, in the order of the text's checks."""
    try:
        request = parse_request(body)
        note = parse_note(request.checkpoint)
        checkpoint = parse_checkpoint(note.text)
    except (RequestError, NoteError) as error:
        return Declined(HTTPStatus.BAD_REQUEST, str(error))
    origin = checkpoint.origin
    if origin not in logs:
        return Declined(HTTPStatus.NOT_FOUND, "this log is not watched here")
    try:
        verify_note(note, logs[origin])
    except NoteError as error:
        return Declined(HTTPStatus.FORBIDDEN, str(error), origin)
    return _contradiction(request, checkpoint, known(origin)) or Accepted(note, checkpoint)


def _contradiction(request: AddCheckpoint, checkpoint: Checkpoint, known: Tree) -> Declined | None:
    """Why a checkpoint that the log did sign is not cosigned. Only a wrong old size may be an honest log's."""
    origin = checkpoint.origin
    if request.old_size > checkpoint.size:
        return Declined(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint's", origin)
    if request.old_size != known.size:
        return Declined(HTTPStatus.CONFLICT, "another size was cosigned last", origin, known.size)
    if checkpoint.size == known.size and checkpoint.root != known.root:
        return Declined(HTTPStatus.CONFLICT, "a tree of this size with another root was cosigned", origin)
    try:
        _verify_growth(known, checkpoint, request.proof)
    except ProofError as error:
        return Declined(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), origin)
    return None


def _verify_growth(known: Tree, checkpoint: Checkpoint, proof: tuple[bytes, ...]) -> None:
    if known.size:
        verify_consistency(known.size, checkpoint.size, known.root, checkpoint.root, proof)
    elif proof:
        raise ProofError("from the empty tree there is nothing to prove")
