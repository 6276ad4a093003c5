"""What audit tells of exports of the log: who had which time of it written for somebody (R-AUD-1, R-AUD-7)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Day, Identifier


class LogExportRequested(Body):
    """An auditor asked for the log of some days as files (`log.export_requested`, R-AUD-1)."""

    TYPE: ClassVar[str] = "log.export_requested.v1"
    export_id: Identifier
    first_day: Day
    last_day: Day


class LogExportFinished(Body):
    """The files are there (`log.export_finished`, R-AUD-1)."""

    TYPE: ClassVar[str] = "log.export_finished.v1"
    export_id: Identifier
    size: int
    parts: int
    events: int
