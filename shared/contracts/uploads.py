"""Files that are declared, sent by presigned link, checked, and shown by version: one way for all of them.

    declared ──upload──▶ declared ──complete──▶ stored ──download──▶ stored

A client says which bytes are coming, by size, SHA-256 and media type, and is given a link that takes exactly those.
Nothing is stored before the bytes that came were checked, and what is shown from then on is the version that was
checked: whoever still holds a link may write others beside it, which nobody is ever shown (R-HND-1, R-REG-3).

Of the client nothing is believed. Of the object store it is believed that a version never changes, and, where it says
by itself which SHA-256 a version has, that it computed it over all of its bytes (shared.aws.files says when it does);
where it says nothing the bytes are read.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import ClassVar, Protocol, TypeVar

from shared.contracts.change import Change, Stored
from shared.contracts.files import FileStore, StoredFile, UploadLink
from shared.contracts.media_types import SUFFIXES
from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText
from shared.kernel.errors import Fault, Refused, Words
from shared.kernel.permissions import Principal

LONGEST_NAME = 200
"""Characters of a file's name, as of every ShortText."""


class UploadState(StrEnum):
    """Whether the bytes are there and are those declared."""

    DECLARED = "declared"
    STORED = "stored"


UPLOAD, COMPLETE, DOWNLOAD = "upload", "complete", "download"

MOVES: Mapping[UploadState, Sequence[str]] = {
    UploadState.DECLARED: (UPLOAD, COMPLETE),
    UploadState.STORED: (COMPLETE, DOWNLOAD),
}
"""What may be done with an upload, by where it stands. To complete what is stored changes nothing."""

_WORDS: Mapping[str, str] = {
    UploadState.DECLARED: "已登记,待上传",
    UploadState.STORED: "已存妥",
    UPLOAD: "上传",
    COMPLETE: "确认上传",
    DOWNLOAD: "下载",
}
"""What each is called in Chinese."""


class AwaitedFile(Protocol):
    """Bytes that somebody said would come: whose they are, where they will lie, and exactly which they are."""

    @property
    def upload_id(self) -> str:
        """What it is called towards clients."""

    @property
    def content_key(self) -> str:
        """Where the bytes lie in the object store."""

    @property
    def media_type(self) -> str:
        """What they are."""

    @property
    def size(self) -> int:
        """How many they are."""

    @property
    def sha256(self) -> str:
        """Which they are."""


class DeclaredUpload(Contract):
    """A file that a department declared, and whether it is stored; an AwaitedFile once it says its id and key.

    `size` is in bytes. `content_version` names the upload that was checked.
    """

    PREFIX: ClassVar[str]
    """What the ids of this kind begin with."""
    FOLDER: ClassVar[str]
    """Where uploads of this kind lie in the object store."""

    department: Identifier
    file_name: ShortText
    media_type: ShortText
    size: int
    sha256: Sha256
    state: UploadState = UploadState.DECLARED
    declared_at: Instant
    stored_at: Instant | None = None
    content_version: str | None = None

    @property
    @abstractmethod
    def upload_id(self) -> str:
        """What it is called towards clients."""

    @property
    def content_key(self) -> str:
        """Where the bytes lie in the object store."""
        return f"{self.FOLDER}/{self.department}/{self.upload_id}"


U = TypeVar("U", bound=DeclaredUpload)


class Uploads(Protocol[U]):
    """Where the uploads of one kind are kept."""

    def upload(self, identifier: str) -> Stored[U] | None:
        """An upload as it stands now, or None."""

    def uploads(self, identifiers: Iterable[str]) -> Mapping[str, U]:
        """Those of the uploads that exist, by id, as they stand now."""

    def save_upload(self, change: Change[U]) -> None:
        """Write a declaration or what became of it."""


# --- Declaring -------------------------------------------------------------------------------------


def file_name(given: str | None, name: str, media_type: str) -> str:
    """What the file is called: as given, without any folder; else after what it is."""
    if given is not None:
        return PurePosixPath(given.replace("\\", "/")).name or given
    suffix = SUFFIXES[media_type][0]
    return f"{name[: LONGEST_NAME - len(suffix)]}{suffix}"


def file_name_faults(upload: DeclaredUpload) -> list[Fault]:
    """A name that ends otherwise than its media type does."""
    suffixes = SUFFIXES[upload.media_type]
    if PurePosixPath(upload.file_name).suffix.lower() in suffixes:
        return []
    told = ", ".join(suffixes)
    zh, en = f"文件名的扩展名须与类型一致:{told}", f"The file's name must end as its media type does: {told}"
    return [Fault("/file_name", "file_name_suffix", zh, en)]


def link_for(files: FileStore, awaited: AwaitedFile) -> UploadLink:
    """A link that takes exactly these bytes."""
    return files.upload_link(
        awaited.content_key, size=awaited.size, sha256=awaited.sha256, media_type=awaited.media_type
    )


# --- Finding ---------------------------------------------------------------------------------------


def find_upload(uploads: Uploads[U], identifier: str) -> Stored[U]:
    """An upload. Raises Refused("not_found")."""
    found = uploads.upload(identifier)
    if found is None:
        raise Refused("not_found", id=identifier)
    return found


def own_upload(uploads: Uploads[U], principal: Principal, identifier: str) -> Stored[U]:
    """An upload of the own department's. Raises Refused: "not_found", "not_your_department"."""
    found = find_upload(uploads, identifier)
    if principal.department != found.state.department:
        raise Refused("not_your_department")
    return found


# --- What may be done with it ----------------------------------------------------------------------


def another_link(files: FileStore, upload: DeclaredUpload) -> UploadLink:
    """A fresh link; the one given at first may have expired. Raises Refused("wrong_state")."""
    _check_move(upload, UPLOAD)
    return link_for(files, upload)


def completed(files: FileStore, upload: U, now: datetime) -> U:
    """The upload once what arrived is what was declared, byte for byte; one that is stored already is as it was.

    Size and hash are those of one version of the object, and that version is what is shown from then on. Rejected:
    copying to a key of its own, since of two completions at once the later copy could replace what the earlier one
    has checked.

    Raises Refused: "upload_missing", "upload_differs". ValueError when the bucket keeps no versions, for then nothing
    can be promised.
    """
    _check_move(upload, COMPLETE)
    if upload.state is UploadState.STORED:
        return upload
    arrived = check_arrival(files, upload)
    if arrived.version is None:
        raise ValueError("the bucket of the files keeps no versions")
    stored = {"state": UploadState.STORED, "stored_at": now, "content_version": arrived.version}
    return upload.model_copy(update=stored)


def content_link(files: FileStore, upload: DeclaredUpload) -> str:
    """A link to exactly the bytes that were checked. Raises Refused("wrong_state")."""
    _check_move(upload, DOWNLOAD)
    return files.download_link(upload.content_key, file_name=upload.file_name, version=upload.content_version)


def check_arrival(files: FileStore, awaited: AwaitedFile) -> StoredFile:
    """What arrived, if it is what was declared. Where the size alone tells, nothing is read.

    Raises Refused: "upload_missing"; "upload_differs" naming what was declared and what was found.
    """
    found = files.find(awaited.content_key)
    if found is None:
        raise Refused("upload_missing", id=awaited.upload_id)
    if found.size != awaited.size:
        raise Refused("upload_differs", declared=f"{awaited.size} B", found=f"{found.size} B")
    sha256 = found.sha256 or files.sha256(awaited.content_key, version=found.version)
    if sha256 != awaited.sha256:
        raise Refused("upload_differs", declared=f"SHA-256 {awaited.sha256}", found=f"SHA-256 {sha256}")
    return found


def _check_move(upload: DeclaredUpload, move: str) -> None:
    legal = MOVES[upload.state]
    if move not in legal:
        raise Refused(
            "wrong_state",
            state=Words(_WORDS[upload.state], upload.state),
            move=Words(_WORDS[move], move),
            legal=Words("、".join(_WORDS[each] for each in legal), ", ".join(legal)),
        )
