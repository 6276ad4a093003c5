"""Reading the published list (R-REG-5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import WHOLE, Listed, approved_by, is_public, supervised_by
from services.registry.ports.departments import Position
from services.registry.ports.public import PublicList
from services.registry.schemas.public import PublicQuery
from shared.kernel.errors import Refused


def list_published(
    public: PublicList, asked: PublicQuery, position: Position | None, now: datetime
) -> tuple[Sequence[PublishedItem], Position | None]:
    """One page of the published list: whole, of one department, or the one item with a code (R-REG-5)."""
    if asked.code is not None:
        found = public.listed(asked.code)
        return _shown([found] if found else [], now), None
    if asked.approval_department:
        listing, sharded = approved_by(asked.approval_department), False
    elif asked.supervision_department:
        listing, sharded = supervised_by(asked.supervision_department), False
    else:
        listing, sharded = WHOLE, True
    page, following = public.page(listing, sharded=sharded, limit=asked.limit, position=position)
    return _shown(page, now), following


def _shown(listed: Iterable[Listed], now: datetime) -> Sequence[PublishedItem]:
    """Of each item the version in force, or the first to come."""
    found = (each.at(now) or next(iter(each.to_come(now)), None) for each in listed)
    return [each for each in found if each is not None and is_public(each)]


def show_published(public: PublicList, code: str, now: datetime) -> PublishedItem:
    """The version of an item in force, or the first to come. Raises Refused("not_found")."""
    found = public.listed(code)
    shown = _shown([found] if found else [], now)
    if not shown:
        raise Refused("not_found", id=code)
    return shown[0]


def show_published_version(public: PublicList, code: str, version: str) -> PublishedItem:
    """A version as it was published, for ever (R-REG-4). Raises Refused("not_found")."""
    found = public.version(code, int(version)) if _is_version(version) else None
    if found is None:
        raise Refused("not_found", id=f"{code}/{version}")
    return found


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len("999999")
