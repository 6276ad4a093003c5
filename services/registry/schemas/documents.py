"""What the endpoints for duty documents take and give."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.registry.domain.documents import LARGEST, DutyDocumentType, FiledDocument
from shared.contracts.files import UploadLink
from shared.contracts.model import Contract, Day, Sha256, ShortText
from shared.contracts.vocabulary import DocumentKind

_DOCUMENT: dict[str, Any] = {
    "kind": "letter_of_entrustment",
    "name": "食品经营许可审批权限委托书",
    "number": "临市监委〔2026〕3号",
    "issued_on": "2026-02-27",
    "file_name": "委托书.pdf",
    "media_type": "application/pdf",
    "size": 482113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


class DocumentRequest(Contract):
    """A document about to be uploaded: what it is, and exactly which bytes (R-REG-3). `size` is in bytes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DOCUMENT]})

    kind: DocumentKind
    name: ShortText
    number: ShortText
    issued_on: Day
    file_name: ShortText | None = None
    """As it is offered for download; without one the file is named after the document."""
    media_type: DutyDocumentType
    size: Annotated[int, Field(ge=1, le=LARGEST)]
    sha256: Sha256


class DeclaredDocument(FiledDocument):
    """A declared document, and how its bytes are sent. A link that has expired is replaced by a new one."""

    upload: UploadLink
