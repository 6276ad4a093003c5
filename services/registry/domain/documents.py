"""Duty documents (委托书, 工作交付书, 工作备忘录): declared by hash, stored once the upload agrees (R-REG-3)."""

from collections.abc import Mapping
from enum import StrEnum

from shared.contracts.items import DutyDocument
from shared.contracts.model import Contract, Identifier, Instant, ShortText

LARGEST = 20 * 1024 * 1024
"""Bytes of a duty document: a scan of some dozens of pages."""

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "application/ofd": (".ofd",),
    "application/msword": (".doc",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.ms-works": (".wps",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/tiff": (".tif", ".tiff"),
}
"""What a duty document may be, and how such a file's name ends; the first is given where none was."""


class DocumentState(StrEnum):
    """Whether the bytes are there and are those declared."""

    DECLARED = "declared"
    STORED = "stored"


class FiledDocument(Contract):
    """A duty document as it stands: what was declared, by which department, and whether it is stored.

    `content_version` is the object's version that was checked. Whoever still holds an upload link could write another
    version beside it, which nobody is ever shown.
    """

    document: DutyDocument
    department: Identifier
    file_name: ShortText
    state: DocumentState = DocumentState.DECLARED
    declared_at: Instant
    stored_at: Instant | None = None
    content_version: str | None = None
