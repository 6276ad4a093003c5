"""Duty documents (委托书, 工作交付书, 工作备忘录): declared by hash, stored once the upload agrees (R-REG-3)."""

from typing import ClassVar, Literal

from services.registry.domain.faults import fault
from shared.contracts.items import DutyDocument
from shared.contracts.media_types import MediaType
from shared.contracts.uploads import DeclaredUpload, file_name_faults
from shared.kernel.calendar import beijing_date
from shared.kernel.errors import refuse_fields

LARGEST = 20 * 1024 * 1024
"""Bytes of a duty document: a scan of some dozens of pages."""

DutyDocumentType = Literal[
    MediaType.PDF,
    MediaType.OFD,
    MediaType.DOC,
    MediaType.DOCX,
    MediaType.WPS,
    MediaType.JPEG,
    MediaType.PNG,
    MediaType.TIFF,
]
"""What a duty document's file may be: text or a scan of paper."""


class FiledDocument(DeclaredUpload, DutyDocument):
    """A duty document as it stands: what was declared, by which department, and whether it is stored."""

    PREFIX: ClassVar[str] = "doc"
    FOLDER: ClassVar[str] = "documents"

    @property
    def upload_id(self) -> str:
        """What it is called."""
        return self.document_id

    def told(self) -> DutyDocument:
        """The document as others need to know it."""
        return DutyDocument.model_validate({name: getattr(self, name) for name in DutyDocument.model_fields})


def check_document(document: FiledDocument) -> None:
    """Raises Refused("invalid_fields") naming everything that makes it no duty document (R-REG-3)."""
    faults = file_name_faults(document)
    if document.issued_on > beijing_date(document.declared_at):
        faults.append(fault("/issued_on", "issued_in_future"))
    refuse_fields(faults)
