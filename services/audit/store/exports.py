"""Exports of the log, in DynamoDB.

| pk | sk | what |
|---|---|---|
| the export's id | `head`, `event#n` | the export and its chain |
| the export's id | `due#export` | in `exports#<shard>` of the due index while there is work to be done on it |
| the export's id | `progress` | how far it is; `version` counts its steps |
"""

from datetime import datetime
from typing import Final

from services.audit.domain.exports import LogExport, Progress
from shared.aws.due import due_or_idle
from shared.aws.journal import Journal
from shared.aws.progress import note_progress, read_progress
from shared.contracts.change import Change, Stored
from shared.kernel.ids import is_id

KIND: Final = "export"
"""The kind of an export's deadline."""

LANE: Final = "exports#"
"""Exports are due by a clock of their own: one may work for minutes."""

PREFIX: Final = "lex"


class ExportStore:
    """Exports on audit's table; see ports.exports.Exports for what each method promises."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._table = journal.table

    def export(self, export_id: str) -> Stored[LogExport] | None:
        """An export as it stands now."""
        return self.journal.read(export_id, LogExport) if is_id(export_id, PREFIX) else None

    def save(self, change: Change[LogExport], due: datetime | None) -> None:
        """Write a change."""
        self.journal.commit(change, [due_or_idle(self._table, KIND, change.aggregate, due, LANE)])

    def progress(self, export_id: str) -> tuple[int, Progress]:
        """How many steps were done, and how far they came."""
        return read_progress(self._table, export_id, Progress)

    def note(self, export_id: str, steps: int, progress: Progress) -> bool:
        """Note how far the steps came."""
        return note_progress(self._table, export_id, steps, progress)
