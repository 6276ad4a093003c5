"""Exports of the ledger as they are asked for and shown (R-HND-16)."""

from pydantic import ConfigDict

from services.handover.domain.exports import LedgerExport
from services.handover.schemas.ledger import LedgerFilter
from shared.contracts.ledgers import ExportFormat
from shared.contracts.model import Contract


class ExportRequest(LedgerFilter):
    """What is sought, as in the ledger's search, and what the file is to be."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"from": "2026-03-01", "to": "2026-03-31", "format": "xlsx"}]}
    )

    format: ExportFormat = ExportFormat.XLSX


class ExportPage(Contract):
    """One page of the exports a client asked for, newest first."""

    exports: tuple[LedgerExport, ...]
    next: str | None
