"""What the endpoints for imports take and give."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.registry.domain.differences import Difference
from services.registry.domain.imports import Counters, Import, Outcome, PublishOrder, Refusal, Separator
from services.registry.domain.judging import RowPublication, RowResult
from services.registry.domain.sheet import CellFault
from shared.contracts.files import UploadLink
from shared.contracts.imports import ImportState
from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText
from shared.http.pages import PageQuery
from shared.kernel.sheets.uploads import Format

_FILE: dict[str, Any] = {
    "file_name": "审管联动事项清单.xlsx",
    "format": "xlsx",
    "size": 182113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}

MOST_BYTES = 10**12
"""What may be declared at all; what is larger than is ever read is refused by the rule, with what to do."""

_APPLY: dict[str, Any] = {
    "partial": False,
    "publish": {"reason": "首次发布", "consultation_waived": "市政府办公室〔2026〕12号文件已确定清单"},
}


class ImportRequest(Contract):
    """A file about to be uploaded: exactly which bytes (R-REG-6). `size` is in bytes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FILE]})

    file_name: ShortText
    format: Format
    size: Annotated[int, Field(ge=1, le=MOST_BYTES)]
    sha256: Sha256


class ApplyRequest(Contract):
    """Whether the good rows are taken where others are bad, and whether what was written is published at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_APPLY]})

    partial: bool = False
    publish: PublishOrder | None = None


class ImportReport(Contract):
    """An import as it stands: what it is, how far it is, what its rows do."""

    import_id: Identifier
    revision: int
    bureau: Identifier
    file_name: ShortText
    format: Format
    size: int
    sha256: Sha256
    encoding: str | None
    separator: Separator | None
    state: ImportState
    percent: int
    """Of the checking, or of the applying."""
    counters: Counters
    partial: bool
    publish: PublishOrder | None
    declared_at: Instant
    started_at: Instant | None
    checked_at: Instant | None
    applied_at: Instant | None
    finished_at: Instant | None
    refusal: Refusal | None
    """Why the file cannot be used."""
    stale: Refusal | None
    """Why it was checked again instead of being applied."""

    @classmethod
    def of(cls, found: Import, revision: int) -> "ImportReport":
        """The report on an import."""
        derived = {"revision": revision, "percent": found.percent, "counters": found.counters}
        same = {name: getattr(found, name) for name in set(ImportReport.model_fields) & set(Import.model_fields)}
        return ImportReport.model_validate(same | derived)


class DeclaredImport(ImportReport):
    """A declared import, and how its bytes are sent."""

    upload: UploadLink


class ImportPage(Contract):
    """Some imports, newest first, and the cursor of the next page (null at the end)."""

    imports: tuple[ImportReport, ...]
    next: str | None


class RowOutcome(Contract):
    """What one row does, or what is wrong with it."""

    line: int
    code: str | None
    outcome: Outcome
    differences: tuple[Difference, ...]
    faults: tuple[CellFault, ...]
    warnings: tuple[CellFault, ...]
    item_id: Identifier | None
    publication: RowPublication | None
    """Whether it was published; null where that was not asked for, or has not come yet."""

    @classmethod
    def of(cls, result: RowResult, publication: RowPublication | None) -> "RowOutcome":
        """What is told of a row."""
        same = {name: getattr(result, name) for name in set(cls.model_fields) & set(RowResult.model_fields)}
        return cls.model_validate(same | {"publication": publication})


class RowPage(Contract):
    """Some rows in the order of the sheet, and the cursor of the next page (null at the end)."""

    rows: tuple[RowOutcome, ...]
    next: str | None


class RowsQuery(PageQuery):
    """Rows of one kind, or all of them. `warned` and `unpublished` rows are of another kind as well."""

    outcome: Annotated[str, Field(pattern=r"^(create|change|same|bad|warned|unpublished)$")] | None = None
