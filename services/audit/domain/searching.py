"""What auditors look for in the log, and what they are shown of it (检索, R-AUD-1)."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from services.audit.domain.postings import Dimension, Found, PostingList, case_of, day_of
from shared.contracts.dockets import Docket
from shared.contracts.event import Envelope
from shared.contracts.model import Contract, Day, Identifier, Instant, ShortText


class SoughtEvents(Contract):
    """What is sought: everything given must be met. `since` and `until` (exclusive) bound when it happened."""

    case: Identifier | None = None
    principal: ShortText | None = None
    department: Identifier | None = None
    type: ShortText | None = None
    since: Instant
    until: Instant


class Place(Contract):
    """Where a search goes on: in the list of a day (none: a case's list has no days), below an index where one is."""

    day: Day | None = None
    below: int | None = None


class LoggedEvent(Contract):
    """An event as the log has it, and what is kept beside it.

    `intact`: whether the entry is what was sealed there (R-AUD-4); `envelope` is null where it cannot even be read.
    """

    index: int
    intact: bool
    envelope: Envelope | None
    docket: Docket


def narrowest(sought: SoughtEvents) -> PostingList:
    """The list to walk: the most specific of what is given. Its day is still to be put in."""
    given = {Dimension.CASE: sought.case, Dimension.PRINCIPAL: sought.principal,
             Dimension.DEPARTMENT: sought.department, Dimension.TYPE: sought.type}  # fmt: skip
    return next((PostingList(each, of) for each, of in given.items() if of), PostingList(Dimension.ALL))


def days(sought: SoughtEvents) -> Iterator[date]:
    """The days of UTC that the time sought touches, the latest first."""
    day, first = day_of(sought.until - timedelta(milliseconds=1)), day_of(sought.since)
    while day >= first:
        yield day
        day -= timedelta(days=1)


def is_sought(found: Found, sought: SoughtEvents) -> bool:
    """Whether an entry is to be shown."""
    return all(check(found, sought) for check in _CHECKS)


_CHECKS: tuple[Callable[[Found, SoughtEvents], bool], ...] = (
    lambda found, sought: sought.since <= found.envelope.time < sought.until,
    lambda found, sought: sought.case in {None, case_of(found.envelope, found.docket)},
    lambda found, sought: sought.principal in {None, found.docket.principal},
    lambda found, sought: sought.department in {None, found.envelope.department},
    lambda found, sought: sought.type in {None, found.envelope.type},
)
"""Everything an entry must be to be shown."""

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before every event."""
