"""What exports of the log need of their store; store/exports.py is the real thing."""

from datetime import datetime
from typing import Protocol

from services.audit.domain.exports import LogExport, Progress
from shared.contracts.change import Change, Stored


class Exports(Protocol):
    """Exports, each an aggregate, due while there is work to be done on it."""

    def export(self, export_id: str) -> Stored[LogExport] | None:
        """An export as it stands now, strongly consistent."""

    def save(self, change: Change[LogExport], due: datetime | None) -> None:
        """Write a change, and when there is work to be done next; None: never again."""

    def progress(self, export_id: str) -> tuple[int, Progress]:
        """How many steps were done, and how far they came; none, and the beginning, before the first."""

    def note(self, export_id: str, steps: int, progress: Progress) -> bool:
        """Note how far the steps came; False when somebody else has done this one already."""
