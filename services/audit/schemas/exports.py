"""Exports of the log, as they are asked for (R-AUD-7)."""

from pydantic import ConfigDict, Field

from services.audit.schemas.searching import LogDay
from shared.contracts.model import Contract


class ExportRequest(Contract):
    """The days whose events are wanted, in Beijing, both included; at most 366."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "2026-03-01", "to": "2026-03-31"}]})

    first_day: LogDay = Field(alias="from")
    last_day: LogDay = Field(alias="to")
