"""What the duty documents' use cases, and whoever names documents, need of their store."""

from collections.abc import Collection, Mapping
from typing import Protocol

from services.registry.domain.documents import FiledDocument
from shared.contracts.items import DutyDocument
from shared.contracts.uploads import Uploads

Documents = Uploads[FiledDocument]
"""Duty documents, declared and stored."""


class StoredDocuments(Protocol):
    """What an item may refer to."""

    def stored(self, document_ids: Collection[str]) -> Mapping[str, DutyDocument]:
        """Those of the documents that exist and whose upload was checked, by id (strongly consistent)."""
