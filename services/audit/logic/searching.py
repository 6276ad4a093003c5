"""Searching the log: by the narrowest list, newest first, with bounded work a page (R-AUD-1, ADR 27)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from services.audit.domain.postings import Dimension, Found, falling
from services.audit.domain.searching import EVER, LoggedEvent, Place, SoughtEvents, days, is_sought, narrowest
from services.audit.logic.dockets import DocketedEntry, bundle_of, docketed
from services.audit.logic.reading import published
from services.audit.ports.log import Log, Missing
from services.audit.ports.postings import Postings
from services.audit.schemas.searching import EventsQuery
from shared.kernel.calendar import beijing_date, end_of
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Fault, refuse_fields
from shared.kernel.tiles import TILE_WIDTH, TileError

LOOKED_AT = 200
"""How many entries one page looks at, however few of them are sought."""

MOST_BUNDLES = 48
"""How many files of the log one page reads."""

MOST_DAYS = 31
"""How many days' lists one page walks, since most may be empty."""

A_MONTH = timedelta(days=30)

_BACKWARDS = ("结束日期不得早于起始日期", "The last day cannot come before the first")


class Events(NamedTuple):
    """Events that were sought, and where to go on; None at the end."""

    events: Sequence[LoggedEvent]
    place: Place | None


@dataclass(frozen=True, slots=True)
class _Pointer:
    """An entry that may be sought, and where to go on after it."""

    index: int
    place: Place


def sought_by(query: EventsQuery, now: datetime) -> SoughtEvents:
    """What is asked for. Raises Refused("invalid_fields") for a time that ends before it begins."""
    until = end_of(query.last_day or beijing_date(now))
    since = EVER if query.case else until - A_MONTH
    if query.first_day:
        since = datetime(query.first_day.year, query.first_day.month, query.first_day.day, tzinfo=BEIJING)
    refuse_fields([Fault("query:from", "range_backwards", *_BACKWARDS)] if since >= until else [])
    return SoughtEvents(
        case=query.case,
        principal=query.principal,
        department=query.department,
        type=query.type,
        since=since.astimezone(UTC),
        until=until.astimezone(UTC),
    )


def search(
    log: Log, postings: Postings, sought: SoughtEvents, place: Place | None, *, most: int, looked_at: int = LOOKED_AT
) -> Events:
    """At most so many events that are sought, looking at no more than so many entries."""
    pointers, following = _within_bundles(*_pointers(postings, sought, place, looked_at))
    events: list[LoggedEvent] = []
    for pointer, entry in zip(pointers, _read(log, [each.index for each in pointers]), strict=True):
        if _is_shown(entry, sought):
            shown = LoggedEvent(index=entry.index, intact=entry.intact, envelope=entry.envelope, docket=entry.docket)
            events.append(shown)
            if len(events) == most:
                return Events(events, pointer.place)
    return Events(events, following)


def _is_shown(entry: DocketedEntry, sought: SoughtEvents) -> bool:
    """What cannot be read is shown, since nobody can say that it is not what is sought."""
    return entry.envelope is None or is_sought(Found(entry.index, entry.envelope, entry.docket), sought)


def _pointers(
    postings: Postings, sought: SoughtEvents, place: Place | None, most: int
) -> tuple[Sequence[_Pointer], Place | None]:
    """Entries of the narrowest list, and where to go on."""
    which = narrowest(sought)
    found: list[_Pointer] = []
    for walked, day in enumerate(_days_left(sought, place)):
        if walked == MOST_DAYS:
            return found, Place(day=day)
        below = place.below if place is not None and place.day == day else None
        indices = falling(postings.blocks(which._replace(day=day), below), below)
        found += (_Pointer(index, Place(day=day, below=index)) for index in islice(indices, most - len(found)))
        if len(found) == most:
            return found, found[-1].place
    return found, None


def _days_left(sought: SoughtEvents, place: Place | None) -> Iterator[date | None]:
    """The days whose lists are still to be walked; a case has one list and no days."""
    if narrowest(sought).dimension is Dimension.CASE:
        return iter([None])
    return (day for day in days(sought) if place is None or place.day is None or day <= place.day)


def _within_bundles(pointers: Sequence[_Pointer], following: Place | None) -> tuple[Sequence[_Pointer], Place | None]:
    """Those before the file that would be one too many."""
    seen: set[int] = set()

    def fits(pointer: _Pointer) -> bool:
        seen.add(pointer.index // TILE_WIDTH)
        return len(seen) <= MOST_BUNDLES

    kept = list(takewhile(fits, pointers))
    return (kept, following) if len(kept) == len(pointers) else (kept, kept[-1].place)


def _read(log: Log, indices: Sequence[int]) -> Sequence[DocketedEntry]:
    """Entries with their dockets, in the order asked; each file of the log is read once."""
    size = published(log).size
    bundles = {number: _bundle(log, number, size) for number in {index // TILE_WIDTH for index in indices}}

    def data(index: int) -> bytes:
        number, within = divmod(index, TILE_WIDTH)
        return bundles[number][within] if within < len(bundles[number]) else b""

    return docketed(log, [(index, data(index)) for index in indices])


def _bundle(log: Log, number: int, size: int) -> Sequence[bytes]:
    """A file of the log; nothing where it has gone or is damaged, which must not hide the rest from auditors."""
    try:
        return bundle_of(log, number, size)
    except (Missing, TileError):
        return ()
