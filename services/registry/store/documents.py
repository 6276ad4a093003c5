"""Duty documents in DynamoDB, as shared.aws.uploads keeps them under `doc_…` (R-REG-3)."""

from collections.abc import Collection, Mapping

from services.registry.domain.documents import FiledDocument
from shared.aws.journal import Journal
from shared.aws.uploads import UploadStore
from shared.contracts.items import DutyDocument
from shared.contracts.uploads import UploadState


class DocumentStore(UploadStore[FiledDocument]):
    """Duty documents on the registry's table; see ports.documents for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal, FiledDocument)

    def stored(self, document_ids: Collection[str]) -> Mapping[str, DutyDocument]:
        """Those of the documents that exist and whose upload was checked, by id (strongly consistent)."""
        found = self.uploads(document_ids)
        return {identifier: each.told() for identifier, each in found.items() if each.state is UploadState.STORED}
