"""Cosignatures: what a witness says of a log's checkpoint (见证签名, R-AUD-3, R-AUD-5).

Text: https://c2sp.org/tlog-cosignature, type Ed25519 (`cosignature/v1`, 0x04). A witness keeps the largest checkpoint
it saw of a log and signs only what that one leads to, so two checkpoints that it cosigned are never of two histories.
A cosignature is one more signature line of the checkpoint's note; who does not know the witness ignores it.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from shared.kernel.notes import (
    Note,
    NoteError,
    Sign,
    Signature,
    check_key,
    key_id,
    key_line,
    parse_checkpoint,
    parse_signature,
    read_key_line,
    verifies,
)

COSIGNATURE: Final = 0x04
"""The signature type of timestamped Ed25519 signatures over a checkpoint."""

_HEADER: Final = "cosignature/v1"
_STAMPED: Final = struct.Struct(">Q64s")
_LAST_TIME: Final = 253_402_300_799  # the end of the year 9999: what a datetime can say


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public half of a witness's key. It is a kind of its own: no log's signature is taken for a cosignature."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Raise NoteError unless the name is one and the key is 32 bytes long."""
        check_key(self.name, self.public_key)

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ public key)."""
        return key_id(self.name, COSIGNATURE, self.public_key)

    @property
    def vkey(self) -> str:
        """The key as one line of text: `name+id+base64(0x04 ‖ public key)`."""
        return key_line(self.name, COSIGNATURE, self.public_key)


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness that can sign: its public half, and what makes signatures."""

    key: WitnessKey
    sign: Sign


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature: who saw this checkpoint as the log's largest, when, and its line in the note."""

    key: WitnessKey
    at: datetime
    signature: Signature


@dataclass(frozen=True, slots=True)
class Panel:
    """Whose cosignatures a judge counts, and how many of them there must be; none unless he says so."""

    witnesses: tuple[WitnessKey, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        """Raise NoteError when a key is there twice, or more cosignatures are asked for than there are witnesses."""
        if len({key.public_key for key in self.witnesses}) < len(self.witnesses):
            raise NoteError("two of the witnesses have the same key, which would count twice")
        if not 0 <= self.quorum <= len(self.witnesses):
            raise NoteError(f"{self.quorum} cosignatures cannot come from {len(self.witnesses)} witnesses")

    def counted(self, note: Note) -> tuple[Cosignature, ...]:
        """The cosignatures of a note that count.

        Raises:
            NoteError: they are fewer than asked for, or one in the name of a witness does not verify.
        """
        found = cosignatures(note, self.witnesses)
        if len(found) < self.quorum:
            raise NoteError(f"{len(found)} of {len(self.witnesses)} witnesses cosigned it, {self.quorum} are asked for")
        return found


NOBODY: Final = Panel()
"""Of a judge who relies on the log's signature alone."""


def parse_witness_key(text: str) -> WitnessKey:
    """The key of a line made by :attr:`WitnessKey.vkey`.

    Raises:
        NoteError: malformed, of another type than a cosignature's, or its id does not fit.
    """
    return WitnessKey(*read_key_line(text, COSIGNATURE))


def cosign(text: str, cosigner: Cosigner, at: datetime) -> Cosignature:
    """The cosignature of a checkpoint's text at an instant, which is cut to whole seconds.

    Raises:
        NoteError: the text is no checkpoint, or what the key answered does not verify.
    """
    parse_checkpoint(text)
    time = int(at.timestamp())
    raw = cosigner.sign(_message(text, time))
    key = cosigner.key
    signature = Signature(key.name, key.key_id, _STAMPED.pack(time, raw))
    return _verified(text, signature, key)


def cosignatures(note: Note, keys: Iterable[WitnessKey]) -> tuple[Cosignature, ...]:
    """The cosignatures by these witnesses, one each (its latest), in the order of the note's lines; perhaps none.

    Raises:
        NoteError: a line in the name of one of them does not verify.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[WitnessKey, Cosignature] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        cosignature = _verified(note.text, signature, key)
        if key not in found or found[key].at < cosignature.at:
            found[key] = cosignature
    return tuple(found.values())


def with_cosignatures(note: Note, added: Iterable[Cosignature]) -> Note:
    """The same note with these lines at its end, a newer one of a witness in the older's place.

    The log's own signature stays first. (One that has the same key id and name is of the same key.)
    """
    lines = {(line.name, line.key_id): line for line in note.signatures}
    for each in added:
        lines[each.signature.name, each.signature.key_id] = each.signature
    return Note(note.text, tuple(lines.values()))


def parse_lines(text: str) -> tuple[Signature, ...]:
    """Signature lines as a witness answers them, at least one and each with its newline. Nothing is verified.

    Raises:
        NoteError: something else.
    """
    if not text.endswith("\n"):
        raise NoteError("a signature line ends in a newline")
    return tuple(parse_signature(line) for line in text[:-1].split("\n"))


def _verified(text: str, signature: Signature, key: WitnessKey) -> Cosignature:
    if len(signature.signature) != _STAMPED.size:
        raise NoteError(f"the cosignature of {key.name} has another length than {_STAMPED.size} bytes")
    time, raw = _STAMPED.unpack(signature.signature)
    if time > _LAST_TIME:
        raise NoteError(f"the cosignature of {key.name} has no time")
    if not verifies(key.public_key, raw, _message(text, time)):
        raise NoteError(f"the cosignature of {key.name} does not verify")
    return Cosignature(key, datetime.fromtimestamp(time, UTC), signature)


def _message(text: str, time: int) -> bytes:
    return f"{_HEADER}\ntime {time}\n{text}".encode()
