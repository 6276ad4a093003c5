"""What the change log takes and gives."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.registry.domain.changes import ChangeEntry
from shared.contracts.model import Contract, Day, Identifier
from shared.http.pages import PageQuery

# Beyond these a day has no instants that can be told at every offset.
LoggedDay = Annotated[Day, Field(ge=date(1970, 1, 1), le=date(9998, 12, 31))]


class ChangesQuery(PageQuery):
    """What changed from one day to another, both included, in Asia/Shanghai; of one approval department, if named."""

    since: LoggedDay = Field(alias="from")
    until: LoggedDay = Field(alias="to")
    approval_department: Identifier | None = None


class ChangePage(Contract):
    """Some changes, oldest first, and the cursor of the next page (null at the end)."""

    changes: tuple[ChangeEntry, ...]
    next: str | None
