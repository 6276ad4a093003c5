"""Laws of the working-day calendar (R-HND-14)."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.calendar import (
    Limit,
    add_working_days,
    deadline,
    is_settled,
    is_working_day,
    working_days_between,
)

days = st.dates(date(2003, 1, 1), date(2040, 12, 31))
instants = st.builds(datetime.combine, days, st.times(), st.just(UTC))
counts = st.integers(0, 400)
limits = st.builds(Limit, st.integers(1, 120), st.sampled_from(["working_day", "hour", "minute"]))


@given(days, counts)
def test_counting_and_adding_are_inverse(day: date, count: int) -> None:
    assert working_days_between(day, add_working_days(day, count)) == count


@given(days, st.integers(1, 400))
def test_the_last_day_of_a_limit_is_a_working_day(day: date, count: int) -> None:
    assert is_working_day(add_working_days(day, count))
    assert is_working_day(add_working_days(day, -count))


@given(days, counts, counts)
def test_adding_twice_is_adding_the_sum(day: date, first: int, second: int) -> None:
    assert add_working_days(add_working_days(day, first), second) == add_working_days(day, first + second)


@given(instants, instants, limits)
def test_a_later_act_never_has_an_earlier_deadline(a: datetime, b: datetime, limit: Limit) -> None:
    early, late = sorted((a, b))
    assert deadline(early, limit).at <= deadline(late, limit).at


@given(instants, st.integers(1, 120), st.integers(1, 20))
def test_a_longer_limit_ends_later(start: datetime, amount: int, more: int) -> None:
    short = deadline(start, Limit(amount, "working_day"))
    long = deadline(start, Limit(amount + more, "working_day"))
    assert short.at < long.at


@given(instants, st.integers(1, 60))
def test_a_working_day_deadline_is_a_beijing_midnight_after_at_least_the_full_days(
    start: datetime, amount: int
) -> None:
    at = deadline(start, Limit(amount, "working_day")).at
    assert (at.hour, at.minute, at.second, at.microsecond) == (16, 0, 0, 0)
    assert at - start > timedelta(days=amount)


@given(instants, st.integers(1, 60))
def test_a_deadline_is_final_exactly_when_all_its_days_are_settled(start: datetime, amount: int) -> None:
    found = deadline(start, Limit(amount, "working_day"))
    first = (start + timedelta(hours=8)).date()
    last = (found.at - timedelta(hours=16)).date()
    counted = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert found.provisional is not all(map(is_settled, counted))
