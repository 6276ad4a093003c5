"""Laws of a case's clock (R-HND-14; licensing law art. 42, 45)."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.handover.domain.clocks import limit_ends
from shared.contracts.cases import CaseClock, Stop
from shared.contracts.vocabulary import StopReason, TimeLimit
from shared.kernel.calendar import Limit, beijing_date, deadline, end_of

LIMIT = TimeLimit(amount=20)
starts = st.builds(datetime.combine, st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.times(), st.just(UTC))
limits = st.builds(Limit, st.integers(1, 60), st.sampled_from(["working_day", "hour", "minute"]))
lengths = st.integers(0, 60 * 24 * 40).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def clocks(draw: st.DrawFn, *, running: bool = False) -> CaseClock:
    """A clock with some stops after its start, that may overlap, in any order; perhaps one that lasts still."""
    start = draw(starts)
    stops = [
        _stop(start + after, start + after + length)
        for after, length in draw(st.lists(st.tuples(lengths, lengths), max_size=5))
    ]
    if not running and draw(st.booleans()):
        stops.append(_stop(start + draw(lengths), None))
    return _clock(start, draw(st.permutations(stops)))


def _clock(start: datetime, stops: list[Stop]) -> CaseClock:
    return CaseClock(started_at=start, committed=LIMIT, statutory=LIMIT, stops=tuple(stops))


def _stop(since: datetime, until: datetime | None) -> Stop:
    return Stop(reason=StopReason.SUPPLEMENT, since=since, until=until)


def _with(clock: CaseClock, *stops: Stop) -> CaseClock:
    return clock.model_copy(update={"stops": (*clock.stops, *stops)})


@given(starts, limits)
def test_a_clock_never_stopped_ends_as_any_period_does(start: datetime, limit: Limit) -> None:
    clock = _clock(start, [])
    assert limit_ends(clock, limit) == deadline(clock.started_at, limit)


@given(clocks(running=True), limits, lengths, lengths)
def test_a_stop_never_shortens_a_limit(clock: CaseClock, limit: Limit, after: timedelta, length: timedelta) -> None:
    since = clock.started_at + after
    before, stopped = limit_ends(clock, limit), limit_ends(_with(clock, _stop(since, since + length)), limit)
    assert before is not None
    assert stopped is not None
    assert stopped.at >= before.at


@given(clocks(running=True), st.integers(1, 60), lengths, lengths)
def test_a_stop_that_ends_on_its_own_day_gains_no_working_day(
    clock: CaseClock, amount: int, after: timedelta, length: timedelta
) -> None:
    limit, since = Limit(amount, "working_day"), clock.started_at + after
    until = min(since + length, end_of(beijing_date(since)) - timedelta(milliseconds=1))
    assert limit_ends(_with(clock, _stop(since, until)), limit) == limit_ends(clock, limit)


@given(clocks(), limits, st.randoms(use_true_random=False))
def test_the_order_of_stops_is_irrelevant(clock: CaseClock, limit: Limit, random: Random) -> None:
    stops = list(clock.stops)
    random.shuffle(stops)
    assert limit_ends(clock.model_copy(update={"stops": tuple(stops)}), limit) == limit_ends(clock, limit)


@given(clocks(), limits)
def test_the_same_stop_twice_is_one_stop(clock: CaseClock, limit: Limit) -> None:
    """R-HND-10: two reviews at once stop it once."""
    assert limit_ends(_with(clock, *clock.stops), limit) == limit_ends(clock, limit)


@given(clocks(running=True), limits, st.integers(1, 30))
def test_a_longer_limit_ends_later(clock: CaseClock, limit: Limit, more: int) -> None:
    short, long = limit_ends(clock, limit), limit_ends(clock, Limit(limit.amount + more, limit.unit))
    assert short is not None
    assert long is not None
    assert short.at < long.at


@given(clocks(), limits, lengths)
def test_a_stop_after_the_end_gains_nothing(clock: CaseClock, limit: Limit, after: timedelta) -> None:
    ended = limit_ends(clock, limit)
    if ended is not None:
        since = max([ended.at + after, *(stop.until or stop.since for stop in clock.stops)])
        assert limit_ends(_with(clock, _stop(since, None)), limit) == ended
