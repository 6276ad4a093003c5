"""Reading what changed in the published list between two days (R-REG-5)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from services.registry.domain.changes import ChangeEntry
from services.registry.domain.faults import fault
from services.registry.ports.changes import ChangeLog, Logged
from services.registry.schemas.changes import ChangesQuery
from shared.contracts.vocabulary import SharingScope
from shared.kernel.clock import BEIJING
from shared.kernel.errors import refuse_fields

MOST_DAYS = 366
MOST_READ = 1000
"""How many entries one request looks at; a page may be short for it, and still have a next."""

_CHUNK = 50
_DAY = timedelta(days=1)
_MOMENT = timedelta(milliseconds=1)


class Place(NamedTuple):
    """Where the next page begins: in a month, after an entry."""

    month: str
    after: str


class Changes(NamedTuple):
    """Some changes, and where the next page begins; None at the end."""

    entries: Sequence[ChangeEntry]
    following: Place | None


def list_changes(log: ChangeLog, asked: ChangesQuery, place: Place | None) -> Changes:
    """One page of what anybody may see of the change log, oldest first.

    Raises Refused("invalid_fields") for days in the wrong order, or more than MOST_DAYS of them.
    """
    if asked.until < asked.since:
        refuse_fields([fault("query:to", "range_backwards")])
    if (asked.until - asked.since).days >= MOST_DAYS:
        refuse_fields([fault("query:to", "range_too_long", most=str(MOST_DAYS))])
    found: list[ChangeEntry] = []
    for number, (entry, behind) in enumerate(_walk(log, asked, place), start=1):
        found += [entry] if _meets(entry, asked) else []
        if len(found) == asked.limit or number == MOST_READ:
            return Changes(found, behind)
    return Changes(found, None)


def _walk(log: ChangeLog, asked: ChangesQuery, place: Place | None) -> Iterator[tuple[ChangeEntry, Place]]:
    """Every entry of those days after a place, each with the place behind it."""
    begin, end = _midnight(asked.since), end_of(asked)
    for month in _months(place.month if place else f"{asked.since:%Y-%m}", asked.until):
        after = place.after if place and month == place.month else None
        read: Sequence[Logged] | None = None
        while read is None or len(read) == _CHUNK:
            read = log.entries(month, begin, end, _CHUNK, after)
            for entry, after in read:
                yield entry, Place(month, after)


def end_of(asked: ChangesQuery) -> datetime:
    """The last moment asked about."""
    return _midnight(asked.until) + _DAY - _MOMENT


def _meets(entry: ChangeEntry, asked: ChangesQuery) -> bool:
    return entry.scope is SharingScope.PUBLIC and asked.approval_department in {None, entry.approval_department}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING)


def _months(first: str, last: date) -> Iterator[str]:
    month = date.fromisoformat(f"{first}-01")
    while month <= last:
        yield f"{month:%Y-%m}"
        month = (month + timedelta(days=31)).replace(day=1)
