"""What the duty documents' use cases, and whoever names documents, need of their store."""

from collections.abc import Collection, Mapping
from typing import Protocol

from services.registry.domain.documents import FiledDocument
from shared.contracts.change import Change, Stored
from shared.contracts.items import DutyDocument


class StoredDocuments(Protocol):
    """What an item may refer to."""

    def stored(self, document_ids: Collection[str]) -> Mapping[str, DutyDocument]:
        """Those of the documents that exist and whose upload was checked, by id (strongly consistent)."""


class Documents(StoredDocuments, Protocol):
    """Duty documents, declared and stored."""

    def document(self, document_id: str) -> Stored[FiledDocument] | None:
        """A document as it stands now, or None."""

    def save_document(self, change: Change[FiledDocument]) -> None:
        """Write a declaration or what became of it."""
