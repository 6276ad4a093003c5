"""Documents by hash: what they are is told, what is in them stays in the object store (R-REG-3)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.items import DutyDocument
from shared.contracts.model import Identifier


class DocumentDeclared(Body):
    """A department said which document it is about to upload (`document.declared`)."""

    TYPE: ClassVar[str] = "document.declared.v1"
    department: Identifier
    document: DutyDocument


class DocumentStored(Body):
    """The upload arrived and is the document declared: size and SHA-256 were checked (`document.stored`)."""

    TYPE: ClassVar[str] = "document.stored.v1"
    department: Identifier
    document: DutyDocument
