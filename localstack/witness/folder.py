"""What a witness keeps on its own disk: its key, and of each log the checkpoint it cosigned last.

| file | what |
|---|---|
| `key` | the private key, one line as golang.org/x/mod/sumdb/note writes it; made at the first run, mode 0600 |
| `logs/<SHA-256 of the origin>` | the checkpoint cosigned last, with the cosignature that says so |
| `origins` | every log of which anything was cosigned, one a line: of each there must be a file in `logs` |
| `disputed/<SHA-256 of the text>` | requests a log signed that contradict what was cosigned: evidence against it |
| `lock` | held while a witness runs, so that no second one signs beside it |

A file is replaced as a whole: written beside, made durable, renamed, and the folder made durable. So it holds the old
checkpoint or the new one whenever the power goes, and what was answered is always on disk.
"""

import base64
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.cosignatures import COSIGNATURE, Cosigner, WitnessKey, cosignatures
from shared.kernel.notes import Note, NoteError, decode_base64, parse_checkpoint, parse_note
from shared.kernel.witnessing import Tree, parse_request

_LOGS: Final = "logs"
_ORIGINS: Final = "origins"
_PRIVATE: Final = "PRIVATE+KEY+"
_RETIRE: Final = (
    "It could be made to cosign a second history, so it must not go on under this key: restore the folder as it was "
    "last, or begin in another folder under a new name."
)
_SEED_BYTES: Final = 32
_MOST_DISPUTED: Final = 1_000
_OWNER_ONLY: Final = 0o600
_OWNER_ONLY_FOLDER: Final = 0o700


class WitnessError(ValueError):
    """The witness cannot run; the text says why and what to do."""


class WitnessFolder:
    """The files of one witness. Nobody else may write them while it is open."""

    def __init__(self, path: Path, cosigner: Cosigner) -> None:
        self.cosigner = cosigner
        self._logs = path / _LOGS
        self._origins = path / _ORIGINS
        self._disputed = path / "disputed"
        self._cosigned = set(self._origins.read_text(encoding="utf-8").split("\n")) - {""}

    def last(self, origin: str) -> Note | None:
        """The checkpoint of a log that was cosigned last; None where none ever was.

        Raises WitnessError when the file is not what was written, or is gone.
        """
        file = self._logs / _name(origin)
        try:
            note = parse_note(file.read_bytes())
            checkpoint = parse_checkpoint(note.text)
            signed = cosignatures(note, [self.cosigner.key])
        except FileNotFoundError:
            if origin in self._cosigned:
                raise WitnessError(f"{file} is gone, though {origin} was cosigned. {_RETIRE}") from None
            return None
        except NoteError as error:
            raise WitnessError(f"{file} is damaged ({error}). {_RETIRE}") from None
        if not signed or checkpoint.origin != origin:
            raise WitnessError(f"{file} is not what this witness wrote for {origin}. {_RETIRE}")
        self._list(origin)
        return note

    def keep(self, origin: str, note: Note) -> None:
        """Remember a cosigned checkpoint; it is durable when this returns. Raises OSError."""
        _replace(self._logs / _name(origin), note.encode().encode())
        # Second, so that what is listed was there; and before anything is answered or shown.
        self._list(origin)

    def dispute(self, request: bytes) -> None:
        """Keep a request that contradicts what was cosigned, one of each checkpoint, a thousand at most.

        Whoever sends a genuine checkpoint with bad proofs is thus kept once. Raises OSError.
        """
        self._disputed.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
        file = self._disputed / _name(parse_note(parse_request(request).checkpoint).text)
        if not file.exists() and sum(1 for _ in self._disputed.iterdir()) < _MOST_DISPUTED:
            _replace(file, request)

    def _list(self, origin: str) -> None:
        if origin not in self._cosigned:
            listed = {*self._cosigned, origin}
            _replace(self._origins, "".join(f"{each}\n" for each in sorted(listed)).encode())
            self._cosigned = listed


def tree_of(note: Note | None) -> Tree:
    """The tree a witness knows, given the checkpoint it cosigned last."""
    if note is None:
        return Tree()
    checkpoint = parse_checkpoint(note.text)
    return Tree(checkpoint.size, checkpoint.root)


@contextmanager
def opened(path: Path, name: str = "") -> Iterator[WitnessFolder]:
    """The witness whose files lie in `path`; the first time it is made there, under `name`.

    Raises WitnessError: it runs already, it has another name, it has lost what it cosigned.
    """
    path.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    with _alone(path / "lock"):
        key = path / "key"
        if not key.exists():
            _make(path, key, name)
        cosigner = _read_key(key)
        if name and cosigner.key.name != name:
            raise WitnessError(f"The witness in {path} is called {cosigner.key.name}, not {name}.")
        for kept in (path / _LOGS, path / _ORIGINS):
            if not kept.exists():
                raise WitnessError(f"{kept} is gone: what this witness cosigned is forgotten. {_RETIRE}")
        yield WitnessFolder(path, cosigner)


def write_key(name: str, seed: bytes) -> str:
    """A private key as one line; it differs from a note key of Go's only in its type, 0x04."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    material = base64.b64encode(bytes([COSIGNATURE]) + seed).decode()
    return f"{_PRIVATE}{name}+{WitnessKey(name, public).key_id.hex()}+{material}\n"


def _make(path: Path, key: Path, name: str) -> None:
    if not name:
        raise WitnessError("A new witness needs a name: --name witness.your-office.example")
    seed = Ed25519PrivateKey.generate().private_bytes_raw()
    try:
        line = write_key(name, seed)
    except NoteError as error:
        raise WitnessError(f"“{name}” cannot be a witness's name: {error}.") from None
    # The key comes last: where it is, what tells what was cosigned was there as well.
    (path / _LOGS).mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
    _replace(path / _ORIGINS, b"")
    _replace(key, line.encode())


def _read_key(file: Path) -> Cosigner:
    try:
        name, key_id, material = (
            file.read_text(encoding="utf-8").removesuffix("\n").removeprefix(_PRIVATE).split("+", 2)
        )
        raw = decode_base64(material)
        if len(raw) != 1 + _SEED_BYTES or raw[0] != COSIGNATURE:
            raise WitnessError("it is not of type 0x04")
        private = Ed25519PrivateKey.from_private_bytes(raw[1:])
        key = WitnessKey(name, private.public_key().public_bytes_raw())
        if key.key_id.hex() != key_id:
            raise WitnessError("its id does not fit")
    except ValueError as error:
        raise WitnessError(f"{file} holds no witness's private key: {error}.") from None
    return Cosigner(key, private.sign)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WitnessError(f"A witness runs already in {lock.parent}. Stop it first.") from None
        yield
    finally:
        os.close(descriptor)


def _replace(file: Path, content: bytes) -> None:
    beside = file.with_name(f"{file.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(file)
    _sync(file.parent)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _name(text: str) -> str:
    return sha256(text.encode()).hexdigest()
