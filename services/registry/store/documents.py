"""Duty documents in DynamoDB; what is in them lies in the object store under `content_key` (R-REG-3).

| pk | sk | what |
|---|---|---|
| `doc_…` | `head` | the document and its chain head |
| `doc_…` | `event#n` | each event; unsent until published |
"""

from collections.abc import Collection, Mapping

from services.registry.domain.documents import DocumentState, FiledDocument
from shared.aws.journal import Journal
from shared.contracts.change import Change, Stored
from shared.contracts.items import DutyDocument
from shared.kernel.ids import is_id


class DocumentStore:
    """Duty documents on the registry's table; see ports.documents.Documents for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def document(self, document_id: str) -> Stored[FiledDocument] | None:
        """A document as it stands now (strongly consistent), or None."""
        return self.journal.read(document_id, FiledDocument) if is_id(document_id, "doc") else None

    def stored(self, document_ids: Collection[str]) -> Mapping[str, DutyDocument]:
        """Those of the documents that exist and whose upload was checked, by id (strongly consistent)."""
        found = self.journal.read_all((each for each in document_ids if is_id(each, "doc")), FiledDocument)
        return {
            identifier: each.state.told()
            for identifier, each in found.items()
            if each.state.state is DocumentState.STORED
        }

    def save_document(self, change: Change[FiledDocument]) -> None:
        """Write a declaration or what became of it."""
        self.journal.commit(change)
