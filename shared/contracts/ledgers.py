"""Work that is done for somebody in the background: exports of the ledger, reconciliations (R-HND-16, R-HND-17)."""

from enum import StrEnum
from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Contract, Day, Identifier, ShortText


class ExportFormat(StrEnum):
    """What an export is written in."""

    CSV = "csv"
    XLSX = "xlsx"


class LedgerExportRequested(Body):
    """Somebody asked for a part of the ledger as a file (`export.requested`, R-HND-16)."""

    TYPE: ClassVar[str] = "export.requested.v1"
    export_id: Identifier
    department: Identifier | None
    format: ExportFormat


class LedgerExportFinished(Body):
    """The file is there (`export.finished`, R-HND-16)."""

    TYPE: ClassVar[str] = "export.finished.v1"
    export_id: Identifier
    department: Identifier | None
    cases: int


class LedgerExportFailed(Body):
    """There will be no file, for `reason` (`export.failed`, R-HND-16)."""

    TYPE: ClassVar[str] = "export.failed.v1"
    export_id: Identifier
    department: Identifier | None
    reason: ShortText


class Discrepancy(StrEnum):
    """R-HND-17: how a bureau's list and what it pushed differ."""

    NEVER_PUSHED = "never_pushed"  # 未推送
    PUSHED_LATE = "pushed_late"  # 推送迟延
    UNKNOWN_TO_BUREAU = "unknown_to_bureau"  # 已推送而清单中没有
    DIFFERS = "differs"  # 内容不一致
    REACHED_NOBODY = "reached_nobody"  # 已推送而(部分)无部门承接


class ReconciliationCounts(Contract):
    """What came of a reconciliation.

    `same`: rows that agree in everything, were pushed in time, and are with every department they are for.
    `reached_nobody`: rows that were pushed, and of which at least one part is with no department.
    """

    rows: int = 0
    same: int = 0
    never_pushed: int = 0
    pushed_late: int = 0
    unknown_to_bureau: int = 0
    differs: int = 0
    reached_nobody: int = 0


class ReconciliationRequested(Body):
    """A bureau gave its list of decided cases of a period (`reconciliation.requested`, R-HND-17)."""

    TYPE: ClassVar[str] = "reconciliation.requested.v1"
    reconciliation_id: Identifier
    bureau: Identifier
    first_day: Day
    last_day: Day


class ReconciliationAdvanced(Body):
    """The list came whole and is being compared, or cannot be used (`reconciliation.advanced`, R-HND-17)."""

    TYPE: ClassVar[str] = "reconciliation.advanced.v1"
    reconciliation_id: Identifier
    bureau: Identifier
    state: ShortText


class ReconciliationFinished(Body):
    """The list was compared with what was pushed (`reconciliation.finished`, R-HND-17)."""

    TYPE: ClassVar[str] = "reconciliation.finished.v1"
    reconciliation_id: Identifier
    bureau: Identifier
    first_day: Day
    last_day: Day
    counts: ReconciliationCounts


JOB_EVENTS: tuple[type[Body], ...] = (
    LedgerExportRequested,
    LedgerExportFinished,
    LedgerExportFailed,
    ReconciliationRequested,
    ReconciliationAdvanced,
    ReconciliationFinished,
)
"""Every event of work in the background."""
