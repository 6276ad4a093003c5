"""Working days (工作日) and legal time limits in Asia/Shanghai (R-HND-14).

Sources of law: administrative licensing law (行政许可法) art. 82: its periods are working days,
public holidays not included. Civil code (民法典) art. 201: the day of the act is not counted, a
period in hours runs from its instant; art. 203: the last day ends at 24:00.

Public holidays and make-up working days (调休) are those of the State Council's yearly notices, as
the `chinese_calendar` package holds them. Outside the announced years only weekends are known, and
a deadline that rests on such days is *provisional*: recompute it when the notice is out. A notice
may also move the last December days of the year before it (as those for 2007, 2008, 2012 and 2019
did), so December of the last announced year is not settled either; see :func:`settled_until`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final, Literal

from shared.kernel.clock import BEIJING

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5

Unit = Literal["working_day", "hour", "minute"]

_CLOCK_UNITS: Final = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Limit:
    """A period set by law, by an item's rule or by settings: 2 working days, 30 minutes."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        """Raise ValueError unless the period has a positive length."""
        if self.amount < 1:
            raise ValueError(f"a limit is at least 1 {self.unit}, got {self.amount}")


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a period ends: the first instant (UTC) that is too late."""

    at: datetime
    provisional: bool
    """The period rests on days whose official calendar may still change."""


@dataclass(frozen=True, slots=True)
class _Announced:
    """The exceptions to "Monday to Friday" that have been announced."""

    days_off: frozenset[date]
    make_up_days: frozenset[date]
    first_year: int
    last_year: int


@cache
def _announced() -> _Announced:
    # Here, so that importing this module costs nothing.
    from chinese_calendar import constants  # noqa: PLC0415

    return _Announced(
        days_off=frozenset(constants.holidays),
        make_up_days=frozenset(constants.workdays),
        first_year=min(constants.holidays).year,
        last_year=max(constants.holidays).year,
    )


def official_until() -> date:
    """31 December of the last year whose State Council notice is known."""
    return date(_announced().last_year, 12, 31)


def settled_until() -> date:
    """The last day that no future notice will change: 30 November of the last announced year."""
    return date(_announced().last_year, 11, 30)


def awaited_year(last: date) -> int | None:
    """The year whose notice is the next that may change a period ending on `last`; None where none will (R-HND-14)."""
    return _announced().last_year + 1 if last > settled_until() else None


def is_settled(day: date) -> bool:
    """Whether `day` is known for good to be a working day or not."""
    return date(_announced().first_year, 1, 1) <= day <= settled_until()


def is_working_day(day: date) -> bool:
    """Whether offices work on `day`, as announced; outside the announced years Monday to Friday."""
    announced = _announced()
    weekday = day.weekday() < _SATURDAY
    return day in announced.make_up_days or (weekday and day not in announced.days_off)


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`; before it if negative; `day` itself if zero.

    `day` is not counted, and need not be a working day.
    """
    step = _DAY if count > 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after `start` up to and including `end`; negative if end < start.

    The inverse of :func:`add_working_days`: `working_days_between(d, add_working_days(d, n)) == n`
    for n ≥ 0.
    """
    if end < start:
        return -working_days_between(end, start)
    days = (start + _DAY * n for n in range(1, (end - start).days + 1))
    return sum(map(is_working_day, days))


def beijing_date(instant: datetime) -> date:
    """The calendar day in Asia/Shanghai on which an instant falls.

    Raises:
        ValueError: the instant has no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone; got a naive datetime")
    return instant.astimezone(BEIJING).date()


def end_of(day: date) -> datetime:
    """The instant (UTC) at which a day in Asia/Shanghai is over: the midnight that begins the next."""
    return (datetime(day.year, day.month, day.day, tzinfo=BEIJING) + _DAY).astimezone(UTC)


def exact_length(limit: Limit) -> timedelta | None:
    """How long a period in hours or minutes is; None for one in working days, whose length the calendar tells."""
    unit = _CLOCK_UNITS.get(limit.unit)
    return limit.amount * unit if unit else None


def deadline(start: datetime, limit: Limit) -> Deadline:
    """When a period that an act at `start` sets running is over (R-HND-14).

    Working days: the day of the act (in Beijing) is not counted and the last day ends at 24:00
    Beijing time, that is, at the next midnight. Hours and minutes run from the instant itself.

    Raises:
        ValueError: `start` has no time zone.
    """
    first = beijing_date(start)
    length = exact_length(limit)
    if length is not None:
        return Deadline(at=start.astimezone(UTC) + length, provisional=False)
    last = add_working_days(first, limit.amount)
    return Deadline(at=end_of(last), provisional=is_provisional(first, last))


def is_provisional(first: date, last: date) -> bool:
    """Whether a period that an act on `first` set running, and whose last day is `last`, rests on unsettled days."""
    return not (is_settled(first + _DAY) and is_settled(last))
