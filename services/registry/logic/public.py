"""Reading the published list: what is in force, what was, and what anybody may see of it (R-REG-5, R-REG-4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Protocol, TypeVar

from services.registry.domain.faults import fault
from services.registry.domain.items import VERSION_DIGITS
from services.registry.domain.lists import (
    WHOLE,
    Listed,
    PublicItem,
    PublicVersion,
    VersionSummary,
    answers,
    is_public,
    list_for,
    shown,
)
from services.registry.domain.search import first_term, plain, spell, wanted
from services.registry.ports.public import Pointer, PublicList
from services.registry.ports.search import Hit, SearchIndex
from services.registry.schemas.public import PublicQuery
from shared.kernel.clock import BEIJING, from_text, to_milliseconds
from shared.kernel.errors import Refused, refuse_fields
from shared.kernel.ids import number_in

MOST_READ = 1000
"""How many entries of a list one request looks at; with filters a page may be short for it, and still have a next."""

_CHUNK = 50
"""How many are read at once at least, when filters leave some out."""

_LAST_MOMENT = timedelta(days=1) - timedelta(milliseconds=1)


class _Placed(Protocol):
    @property
    def code(self) -> str:
        """The item."""

    @property
    def place(self) -> str:
        """Where the list goes on after it."""


P = TypeVar("P", bound=_Placed)


class Found(NamedTuple):
    """Some items, and the place after which the next page begins; None at the end."""

    items: Sequence[PublicItem]
    after: str | None


def list_published(
    public: PublicList, index: SearchIndex, asked: PublicQuery, after: str | None, now: datetime
) -> Found:
    """One page of the published list, as far as every field asked for agrees (R-REG-5).

    The most selective list is read and the rest are filters, over at most MOST_READ entries. Raises
    Refused("invalid_fields") for a search that is too short or too long.
    """
    fields = asked.asked()
    typed = wanted(asked.q) if asked.q is not None else None

    def meets(item: PublicItem | None) -> PublicItem | None:
        return item if item and answers(item.item, fields) else None

    if asked.code is not None:
        found = public.listed(asked.code)
        item = meets(shown(found, now)) if found else None
        return Found([item] if item and (typed is None or _is_hit(item, typed)) else [], None)
    if typed is not None:

        def hits(limit: int, place: str | None) -> Sequence[Hit]:
            return index.hits(typed, limit, place)

        def hit(each: Hit, item: PublicItem) -> PublicItem | None:
            return meets(item) if _is_first(each, item, typed) else None

        return _gather(public, hits, hit, asked.limit, after, now)
    listing, sharded = list_for(fields)

    def entries(limit: int, place: str | None) -> Sequence[Pointer]:
        return public.pointers(listing, sharded=sharded, limit=limit, after=place)

    return _gather(public, entries, lambda _, item: meets(item), asked.limit, after, now)


def _gather(
    public: PublicList,
    read: Callable[[int, str | None], Sequence[P]],
    judge: Callable[[P, PublicItem], PublicItem | None],
    limit: int,
    after: str | None,
    now: datetime,
) -> Found:
    found: list[PublicItem] = []
    left = MOST_READ
    while left:
        size = min(left, max(limit - len(found), _CHUNK if left < MOST_READ else 1))
        entries = read(size, after)
        items = public.items({each.code for each in entries})
        for number, each in enumerate(entries, start=1):
            after = each.place
            item = _shown(items, each.code, now)
            judged = judge(each, item) if item else None
            found += [judged] if judged else []
            if len(found) == limit:
                return Found(found, after if number < len(entries) or len(entries) == size else None)
        if len(entries) < size:
            return Found(found, None)
        left -= size
    return Found(found, after)


def _shown(items: Mapping[str, Listed], code: str, now: datetime) -> PublicItem | None:
    return shown(items[code], now) if code in items else None


def _is_first(hit: Hit, item: PublicItem, typed: str) -> bool:
    """Whether a hit is true of the item as it is named now, and the first of those that show it."""
    return hit.spelling.name == plain(item.item.name) and hit.term == first_term(hit.spelling, hit.code, typed)


def _is_hit(item: PublicItem, typed: str) -> bool:
    return first_term(spell(item.item.name), item.item.code, typed) is not None


def whole_list(
    public: PublicList, now: datetime, changes_at: Callable[[datetime], None] = lambda _: None
) -> Iterator[PublicItem]:
    """Everything the published list shows, item by item; some hundred of them are in memory at a time.

    `changes_at` is told of each instant at which what is shown changes by itself.
    """
    asked = PublicQuery(limit=100)
    fields = asked.asked()
    after: str | None = None
    while True:
        entries = public.pointers(WHOLE, sharded=True, limit=asked.limit, after=after)
        items = public.items({each.code for each in entries})
        for each in entries:
            for version in items[each.code].to_come(now) if each.code in items else ():
                changes_at(version.item.effective_from)
            item = _shown(items, each.code, now)
            if item and answers(item.item, fields):
                yield item
        if len(entries) < asked.limit:
            return
        after = entries[-1].place


def show_published(public: PublicList, code: str, now: datetime) -> PublicItem:
    """An item as anybody sees it. Raises Refused("not_found")."""
    found = public.listed(code)
    item = shown(found, now) if found else None
    if item is None:
        raise Refused("not_found", id=code)
    return item


def show_published_version(public: PublicList, code: str, version: str) -> PublicVersion:
    """A version as it was published, for ever (R-REG-4). Raises Refused("not_found")."""
    number = number_in(version, VERSION_DIGITS)
    found = public.version(code, number) if number is not None else None
    if found is None or not is_public(found):
        raise Refused("not_found", id=f"{code}/{version}")
    return PublicVersion.of(found)


def list_versions(
    public: PublicList, code: str, limit: int, before: int | None
) -> tuple[Sequence[VersionSummary], int | None]:
    """Some of an item's public versions, newest first, and below which number the next page begins.

    Raises Refused("not_found") where nobody may see any.
    """
    found: list[VersionSummary] = []
    below, left = before, MOST_READ
    while left:
        size = min(left, max(limit, _CHUNK))
        read = public.versions(code, size, below)
        for number, each in enumerate(read, start=1):
            below = each.item.version
            found += [VersionSummary.of(each)] if is_public(each) else []
            if len(found) == limit:
                return found, below if number < len(read) or len(read) == size else None
        if len(read) < size:
            below = None
            break
        left -= size
    if not found and before is None:
        raise Refused("not_found", id=code)
    return found, below


def show_in_force(public: PublicList, code: str, at: datetime) -> PublicVersion:
    """The version in force at an instant (R-REG-4). Raises Refused("not_found")."""
    found = public.in_force(code, at)
    if found is None or not is_public(found):
        raise Refused("not_found", id=code)
    return PublicVersion.of(found)


def instant_of(text: str | None, now: datetime) -> datetime:
    """The instant asked about: itself, or the last moment of a day in Asia/Shanghai; now, if nothing is said.

    Raises Refused("invalid_fields").
    """
    if text is None:
        return now
    try:
        if len(text) == len("2026-03-02"):
            midnight = datetime.combine(date.fromisoformat(text), time(), BEIJING)
            return to_milliseconds(midnight + _LAST_MOMENT)
        return from_text(text)
    except (ValueError, OverflowError):
        refuse_fields([fault("query:at", "instant_or_day")])
        raise
