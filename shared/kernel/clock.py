"""Instants and dates: UTC with milliseconds for machines, Beijing dates where the law speaks of days."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

# China has kept one offset without summer time since 1991, and Lambda images may lack the zone database.
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, UTC, cut to milliseconds as every stored instant is."""
    return to_milliseconds(datetime.now(UTC))


def to_milliseconds(instant: datetime) -> datetime:
    """Cut an aware instant to milliseconds. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    instant = instant.astimezone(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with exactly three decimals, so that text order is time order."""
    return to_milliseconds(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The instant a text of `to_text` names. Raises ValueError when there is no offset."""
    return to_milliseconds(datetime.fromisoformat(text))
