"""Working days and legal limits (R-HND-14; administrative licensing law art. 82)."""

import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from shared.kernel.calendar import (
    Deadline,
    Limit,
    add_working_days,
    beijing_date,
    deadline,
    is_settled,
    is_working_day,
    official_until,
    settled_until,
    working_days_between,
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 10, 1), False),  # National Day, a Wednesday
        (date(2025, 10, 8), False),  # the last day of that holiday, a Wednesday
        (date(2025, 10, 11), True),  # a Saturday made up for
        (date(2025, 10, 12), False),  # an ordinary Sunday
        (date(2025, 1, 26), True),  # a Sunday made up for, before Spring Festival
        (date(2018, 12, 31), False),  # a Monday, moved by the notice for 2019
        (date(2018, 12, 29), True),  # its make-up Saturday
    ],
)
def test_holidays_and_make_up_days_follow_the_state_council(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_the_day_of_the_act_is_not_counted_and_the_last_day_ends_at_24_00_beijing() -> None:
    # Monday 10:00 Beijing + 2 working days = Wednesday 24:00 Beijing.
    assert deadline(utc("2026-03-09T02:00"), Limit(2, "working_day")) == Deadline(
        at=utc("2026-03-11T16:00"), provisional=False
    )


def test_an_act_after_midnight_in_beijing_belongs_to_the_new_day_there() -> None:
    # Still Sunday in UTC, already Monday in Beijing.
    assert beijing_date(utc("2026-03-08T16:00")) == date(2026, 3, 9)
    assert deadline(utc("2026-03-08T16:00"), Limit(1, "working_day")).at == utc("2026-03-10T16:00")


def test_a_limit_runs_around_a_holiday_and_over_its_make_up_days() -> None:
    # 30 September 2025 + 3: 9, 10 October and the working Saturday 11 October.
    assert deadline(utc("2025-09-30T08:00"), Limit(3, "working_day")).at == utc("2025-10-11T16:00")


def test_an_act_on_a_day_off_counts_from_the_next_working_day() -> None:
    assert add_working_days(date(2025, 10, 4), 1) == date(2025, 10, 9)


def test_hours_and_minutes_run_from_the_instant_itself() -> None:
    start = utc("2026-02-17T23:30")
    assert deadline(start, Limit(24, "hour")) == Deadline(utc("2026-02-18T23:30"), False)
    assert deadline(start, Limit(45, "minute")) == Deadline(utc("2026-02-18T00:15"), False)


def test_counting_back_finds_the_working_day_before() -> None:
    assert add_working_days(date(2025, 10, 9), -1) == date(2025, 9, 30)
    assert working_days_between(date(2025, 10, 9), date(2025, 9, 30)) == -1


def test_zero_working_days_is_the_same_day() -> None:
    assert add_working_days(date(2025, 10, 4), 0) == date(2025, 10, 4)


def test_the_calendar_is_official_until_the_end_of_the_last_announced_year() -> None:
    until = official_until()
    assert (until.month, until.day) == (12, 31)
    assert until.year >= 2026
    assert settled_until() == date(until.year, 11, 30)


def test_a_deadline_beyond_the_announced_years_counts_weekdays_and_is_provisional() -> None:
    year = official_until().year + 1
    act = datetime(year, 3, 1, tzinfo=UTC)
    found = deadline(act, Limit(5, "working_day"))
    assert found.provisional
    assert found.at == deadline(act, Limit(24 * 7, "hour")).at.replace(hour=16)


def test_a_december_deadline_is_provisional_until_the_next_years_notice_is_out() -> None:
    year = official_until().year
    december, november = date(year, 12, 1), date(year, 11, 30)
    assert not is_settled(december)
    assert is_settled(november)
    assert is_settled(december.replace(year=year - 1))
    assert deadline(datetime(year, 11, 29, tzinfo=UTC), Limit(5, "working_day")).provisional


def test_years_before_the_first_notice_held_are_not_settled_either() -> None:
    assert not is_settled(date(1999, 5, 4))
    assert is_working_day(date(1999, 5, 4))


@pytest.mark.parametrize("amount", [0, -1])
def test_a_limit_has_a_positive_length(amount: int) -> None:
    with pytest.raises(ValueError, match="at least 1 working_day"):
        Limit(amount, "working_day")


@pytest.mark.parametrize("unit", ["working_day", "hour"])
def test_an_instant_without_time_zone_is_refused(unit: str) -> None:
    limit = Limit(1, "hour") if unit == "hour" else Limit(1, "working_day")
    with pytest.raises(ValueError, match="time zone"):
        deadline(datetime(2026, 1, 5), limit)  # noqa: DTZ001 - the point of the test


def test_importing_the_module_does_not_load_the_holiday_tables() -> None:
    code = "import shared.kernel.calendar, sys; sys.exit('chinese_calendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
