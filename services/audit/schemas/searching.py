"""Searching the log, as it is asked and answered (R-AUD-1)."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.audit.domain.searching import LoggedEvent
from shared.contracts.model import Contract, Day, Identifier, ShortText
from shared.http.pages import PageQuery

# Beyond these a day has no instants that can be told at every offset.
LogDay = Annotated[Day, Field(ge=date(2000, 1, 1), le=date(9998, 12, 31))]


class EventsQuery(PageQuery):
    """What is sought: every field that is given must be met.

    `from` and `to` are days in Beijing, both included, on which the event happened. Without `to` it is today, without
    `from` the 30 days before `to`; for a case it is always.
    """

    case: Identifier | None = None
    principal: ShortText | None = None
    department: Identifier | None = None
    type: ShortText | None = None
    first_day: LogDay | None = Field(default=None, alias="from")
    last_day: LogDay | None = Field(default=None, alias="to")


class EventsPage(Contract):
    """One page of events, by day, newest first, and within a day the last that was sealed first.

    It may be short, even empty: while `next` is not null there may be more. `indexed`: the log is searched up to this
    index; what was sealed in the last minute may be above it.
    """

    events: tuple[LoggedEvent, ...]
    next: str | None
    indexed: int
