"""Duty documents (委托书, 工作交付书, 工作备忘录): declared by hash, stored once the upload agrees (R-REG-3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from services.registry.domain.faults import fault, refuse_fields
from shared.contracts.files import StoredFile
from shared.contracts.items import DutyDocument
from shared.contracts.model import Identifier, Instant, ShortText
from shared.kernel.calendar import beijing_date
from shared.kernel.errors import Fault, Refused
from shared.kernel.permissions import Principal

LARGEST = 20 * 1024 * 1024
"""Bytes of a duty document: a scan of some dozens of pages."""

LONGEST_NAME = 200


class MediaType(StrEnum):
    """What a duty document's file may be."""

    PDF = "application/pdf"
    OFD = "application/ofd"  # GB/T 33190
    DOC = "application/msword"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    WPS = "application/vnd.ms-works"
    JPEG = "image/jpeg"
    PNG = "image/png"
    TIFF = "image/tiff"


SUFFIXES: Mapping[str, tuple[str, ...]] = {
    MediaType.PDF: (".pdf",),
    MediaType.OFD: (".ofd",),
    MediaType.DOC: (".doc",),
    MediaType.DOCX: (".docx",),
    MediaType.WPS: (".wps",),
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.PNG: (".png",),
    MediaType.TIFF: (".tif", ".tiff"),
}
"""How such a file's name ends; the first is given where no name was."""


class DocumentState(StrEnum):
    """Whether the bytes are there and are those declared."""

    DECLARED = "declared"
    STORED = "stored"


UPLOAD, COMPLETE, DOWNLOAD = "upload", "complete", "download"

MOVES: Mapping[DocumentState, Sequence[str]] = {
    DocumentState.DECLARED: (UPLOAD, COMPLETE),
    DocumentState.STORED: (COMPLETE, DOWNLOAD),
}
"""What may be done with a document, by where it stands. To complete what is stored changes nothing."""


class FiledDocument(DutyDocument):
    """A duty document as it stands: what was declared, by which department, and whether it is stored.

    `content_version` names the upload that was checked. Whoever still holds an upload link may write another version
    of the object beside it, which nobody is ever shown.
    """

    department: Identifier
    file_name: ShortText
    state: DocumentState = DocumentState.DECLARED
    declared_at: Instant
    stored_at: Instant | None = None
    content_version: str | None = None

    @property
    def content_key(self) -> str:
        """Where the bytes lie in the object store."""
        return f"documents/{self.department}/{self.document_id}"

    def told(self) -> DutyDocument:
        """The document as others need to know it."""
        return DutyDocument.model_validate({name: getattr(self, name) for name in DutyDocument.model_fields})


def file_name(given: str | None, name: str, media_type: MediaType) -> str:
    """What the file is called: as given, without any folder; else after the document."""
    if given is not None:
        return PurePosixPath(given.replace("\\", "/")).name or given
    suffix = SUFFIXES[media_type][0]
    return f"{name[: LONGEST_NAME - len(suffix)]}{suffix}"


def check_document(document: FiledDocument) -> None:
    """Raises Refused("invalid_fields") naming everything that makes it no duty document (R-REG-3)."""
    faults: list[Fault] = []
    suffixes = SUFFIXES[document.media_type]
    if PurePosixPath(document.file_name).suffix.lower() not in suffixes:
        faults.append(fault("/file_name", "file_name_suffix", suffixes=", ".join(suffixes)))
    if document.issued_on > beijing_date(document.declared_at):
        faults.append(fault("/issued_on", "issued_in_future"))
    refuse_fields(faults)


def check_holder(principal: Principal, department: str) -> None:
    """Raises Refused("not_your_department") unless the document is the registrar's own department's."""
    if principal.department != department:
        raise Refused("not_your_department")


def check_document_move(document: FiledDocument, move: str) -> None:
    """Raises Refused("wrong_state") naming what is legal instead."""
    legal = MOVES[document.state]
    if move not in legal:
        raise Refused("wrong_state", state=document.state, move=move, legal=", ".join(legal))


def check_size(document: FiledDocument, found: StoredFile) -> None:
    """Raises Refused("upload_differs") where the size alone tells, so that nothing larger is ever read."""
    if found.size != document.size:
        raise Refused("upload_differs", declared=f"{document.size} B", found=f"{found.size} B")


def stored_document(document: FiledDocument, version: str, sha256: str, now: datetime) -> FiledDocument:
    """The document once its upload agrees with what was declared.

    Raises Refused("upload_differs") naming the SHA-256 declared and the one found.
    """
    if sha256 != document.sha256:
        raise Refused("upload_differs", declared=f"SHA-256 {document.sha256}", found=f"SHA-256 {sha256}")
    stored = {"state": DocumentState.STORED, "stored_at": now, "content_version": version}
    return document.model_copy(update=stored)
