"""Signed notes and checkpoints of a log (R-AUD-3).

Texts: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint. A *note* is a text and
signature lines; a *checkpoint* is a note whose text says that a log (its origin) had so many
entries and this Merkle root. Keys are Ed25519; the private key stays behind a callable (KMS).

Everything that can be wrong with a note raises :class:`NoteError`, so a note that was returned can
be relied upon. Signatures by unknown keys are kept and ignored, as the specification demands.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from shared.kernel.merkle import HASH_SIZE

ED25519: Final = 0x01
"""The signature type of Ed25519 signatures over the note text."""

KEY_ID_SIZE: Final = 4
PUBLIC_KEY_SIZE: Final = 32
LARGEST_NOTE: Final = 1_000_000
MOST_SIGNATURES: Final = 100
LARGEST_TREE: Final = 2**63 - 1

_DASH: Final = "\u2014 "
_CHECKPOINT_LINES: Final = 3
_FORBIDDEN: Final = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # surrogates are not UTF-8
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_VKEY: Final = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+=*)")

Sign = Callable[[bytes], bytes]
"""Makes the 64-byte Ed25519 signature of a message."""


class NoteError(ValueError):
    """A note, checkpoint or key is malformed, or not signed as it should be. The text says how."""


# --- Keys ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a named Ed25519 key."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Raise NoteError unless the name is one and the key is 32 bytes long."""
        check_key(self.name, self.public_key)

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)."""
        return key_id(self.name, ED25519, self.public_key)

    @property
    def vkey(self) -> str:
        """The key as one line of text: `name+id+base64(type ‖ public key)`."""
        return key_line(self.name, ED25519, self.public_key)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A named key that can sign: its public half, and what makes signatures (KMS, or a key in memory)."""

    key: VerifierKey
    sign: Sign


def parse_vkey(text: str) -> VerifierKey:
    """The key of a line made by :attr:`VerifierKey.vkey`.

    Raises:
        NoteError: malformed, of another type than Ed25519, or its id does not fit.
    """
    return VerifierKey(*read_key_line(text, ED25519))


def check_key(name: str, public_key: bytes) -> None:
    """Raise NoteError unless a key can have this name and is an Ed25519 public key's 32 bytes."""
    _check_name(name)
    if len(public_key) != PUBLIC_KEY_SIZE:
        raise NoteError(f"an Ed25519 public key has {PUBLIC_KEY_SIZE} bytes")


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """First four bytes of SHA-256(name ‖ 0x0A ‖ kind ‖ public key): what tells keys and kinds of signature apart."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:KEY_ID_SIZE]


def key_line(name: str, kind: int, public_key: bytes) -> str:
    """A key that makes signatures of a kind as one line of text: `name+id+base64(kind ‖ public key)`."""
    material = base64.b64encode(bytes([kind]) + public_key).decode()
    return f"{name}+{key_id(name, kind, public_key).hex()}+{material}"


def read_key_line(text: str, kind: int) -> tuple[str, bytes]:
    """Name and public key of a line made by :func:`key_line`.

    Raises:
        NoteError: malformed, of another kind, or its id does not fit.
    """
    found = _VKEY.fullmatch(text)
    if found is None:
        raise NoteError("a verifier key has the form name+id+base64")
    material = decode_base64(found["key"])
    if material[:1] != bytes([kind]):
        raise NoteError(f"the verifier key is not of type Ed25519 (0x{kind:02x})")
    name, public_key = found["name"], material[1:]
    check_key(name, public_key)
    if key_id(name, kind, public_key).hex() != found["id"]:
        raise NoteError("the verifier key's id does not fit its name and key")
    return name, public_key


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError("a key name is not empty and holds neither space nor plus")
    if _FORBIDDEN.search(name):
        raise NoteError("a key name holds no control characters")


# --- Notes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """`— name base64(key id ‖ signature)`, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (ending in a newline) and its signatures, not yet verified."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> str:
        """The note as it is stored and sent."""
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}"


def sign_note(text: str, key: VerifierKey, sign: Sign) -> Note:
    """The note of `text` with one signature by the private half of `key`.

    Raises:
        NoteError: the text cannot be a note, or what `sign` answered does not verify with `key`
            (a mixed-up key must not go out).
    """
    _check_text(text)
    signature = Signature(key.name, key.key_id, sign(text.encode()))
    note = Note(text, (signature,))
    verify_note(note, [key])
    return note


def parse_note(encoded: str | bytes) -> Note:
    """The parts of a note. Nothing is verified.

    Raises:
        NoteError: it is no note.
    """
    text = _utf8(encoded)
    head, blank, tail = text.rpartition("\n\n")
    if not blank:
        raise NoteError("a note has an empty line between text and signatures")
    body = head + "\n"
    _check_text(body)
    if not tail.endswith("\n"):
        raise NoteError("a note's last signature line ends in a newline")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteError(f"a note has at most {MOST_SIGNATURES} signatures")
    return Note(body, tuple(map(parse_signature, lines)))


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys among `keys` that signed the note, in the order of its lines; never none.

    Raises:
        NoteError: no known key signed it, or the signature of a known key does not verify.
    """
    known = {(key.name, key.key_id): key for key in keys}
    message = note.text.encode()
    signers: dict[VerifierKey, None] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not verifies(key.public_key, signature.signature, message):
            raise NoteError(f"the signature of {key.name} does not verify")
        signers[key] = None
    if not signers:
        raise NoteError("the note is not signed by a known key")
    return tuple(signers)


def parse_signature(line: str) -> Signature:
    """The parts of a signature line, without its newline. Raises NoteError when it is none."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("a signature line has the form — name base64")
    _check_name(name)
    raw = decode_base64(encoded)
    if len(raw) <= KEY_ID_SIZE:
        raise NoteError("a signature is longer than its key id")
    return Signature(name, raw[:KEY_ID_SIZE], raw[KEY_ID_SIZE:])


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("a note's text ends in a newline")
    if _FORBIDDEN.search(text):
        raise NoteError("a note holds no control characters but newlines")


def verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature (RFC 8032) of a message was made with the private half of `public_key`."""
    # Here: loading OpenSSL costs more than the rest of this module, and few importers verify.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


# --- Checkpoints ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log claims: under this name it has `size` entries with this Merkle root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise NoteError for what no checkpoint can say."""
        lines = (self.origin, *self.extensions)
        if any(not line or "\n" in line or _FORBIDDEN.search(line) for line in lines):
            raise NoteError("the origin and extensions of a checkpoint are non-empty lines")
        if not 0 <= self.size <= LARGEST_TREE:
            raise NoteError("the tree size of a checkpoint is out of range")
        if len(self.root) != HASH_SIZE:
            raise NoteError(f"the root hash of a checkpoint has {HASH_SIZE} bytes")

    @property
    def text(self) -> str:
        """The note text: origin, size, root, extension lines."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{x}\n" for x in (self.origin, self.size, root, *self.extensions))


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text says.

    Raises:
        NoteError: it says none.
    """
    if not text.endswith("\n"):
        raise NoteError("a checkpoint ends in a newline")
    lines = text[:-1].split("\n")
    if len(lines) < _CHECKPOINT_LINES:
        raise NoteError("a checkpoint has at least three lines")
    origin, size, root, *extensions = lines
    if not _DECIMAL.fullmatch(size):
        raise NoteError("the tree size of a checkpoint is a decimal without leading zeroes")
    return Checkpoint(origin, int(size), decode_base64(root), tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, key: VerifierKey, sign: Sign) -> Note:
    """The checkpoint as a note signed by the log's key (see :func:`sign_note`)."""
    return sign_note(checkpoint.text, key, sign)


def open_checkpoint(encoded: str | bytes, key: VerifierKey, origin: str | None = None) -> Checkpoint:
    """The checkpoint of a note signed by the log's key, for the log called `origin`.

    `origin` is the key's name unless given: a key's signature under another log's name is not taken.

    Raises:
        NoteError: malformed, not signed by `key`, or of another log.
    """
    note = parse_note(encoded)
    verify_note(note, [key])
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != (origin or key.name):
        raise NoteError("the checkpoint is of another log")
    return checkpoint


# --- Encodings -----------------------------------------------------------------------------------


def _utf8(encoded: str | bytes) -> str:
    if len(encoded) > LARGEST_NOTE:
        raise NoteError(f"a note is at most {LARGEST_NOTE} bytes long")
    if isinstance(encoded, str):
        return encoded
    try:
        return encoded.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note is UTF-8") from error


def decode_base64(text: str) -> bytes:
    """Standard base64 in its only form: a second spelling of the same bytes is refused."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError("not base64 in its standard form")
    return raw
