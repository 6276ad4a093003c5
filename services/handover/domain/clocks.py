"""The clock of a case (办理时限): when its limits end, what stops it and for how long (R-HND-14).

Administrative licensing law (行政许可法) art. 42: the limits, and their one extension; art. 45: the time that a test, a
survey or a review takes is not counted. A stop is a period like any other: the day of its act is not counted as part of
it (civil code art. 201). So what the clock leaves out are the days after the day of the stop, up to and including the
day it runs again; stopping and resuming on one day gains nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.legal import illegal
from shared.contracts.cases import CaseClock, ClockExtended, ClockResumed, ClockStopped, Extension, Stop
from shared.contracts.items import Item
from shared.contracts.reviews import ReviewRequest
from shared.contracts.vocabulary import StopReason
from shared.kernel.calendar import (
    Deadline,
    Limit,
    beijing_date,
    end_of,
    exact_length,
    is_provisional,
    is_working_day,
)

EXTENSION_WORKING_DAYS = 10
"""By how much a statutory limit may be extended, once (art. 42)."""

MOST_STOPS = 50
"""A clock stopped more often than this is no clock; and a case's head stays small."""

_DAY = timedelta(days=1)
_FOR_EVER = date.max


# ── When a limit ends ───────────────────────────────────────────────────────────────────────────


def committed_ends(clock: CaseClock) -> Deadline | None:
    """When the committed limit (承诺时限) ends; None while the clock stands still."""
    return limit_ends(clock, clock.committed.limit())


def statutory_ends(clock: CaseClock) -> Deadline | None:
    """When the statutory limit (法定时限) ends, with its extension; None while the clock stands still."""
    return limit_ends(clock, statutory_limit(clock))


def statutory_limit(clock: CaseClock) -> Limit:
    """The statutory limit, with its extension if there is one."""
    limit = clock.statutory.limit()
    return Limit(limit.amount + EXTENSION_WORKING_DAYS, limit.unit) if clock.extension else limit


def limit_ends(clock: CaseClock, limit: Limit) -> Deadline | None:
    """When a limit that runs on the clock ends: the first instant that is too late; None while it stands still.

    Stops that overlap stop it once. A stop after the limit has ended, or on its last day, gains nothing.
    """
    length = exact_length(limit)
    if length is not None:
        at = _exact_end(clock, length)
        return Deadline(at, provisional=False) if at else None
    last = _last_day(clock, limit.amount)
    if last is None:
        return None
    return Deadline(end_of(last), provisional=is_provisional(beijing_date(clock.started_at), last))


def working_days_left(clock: CaseClock, limit: Limit, now: datetime) -> int | None:
    """How many working days of a limit are left after today: 0 on its last day, negative past it; None if in hours."""
    if limit.unit != "working_day":
        return None
    counted = _counted(clock, beijing_date(clock.started_at), beijing_date(now))
    return limit.amount - sum(map(is_working_day, counted))


def _exact_end(clock: CaseClock, length: timedelta) -> datetime | None:
    end, stood_until = clock.started_at + length, clock.started_at
    for stop in sorted(clock.stops, key=lambda each: each.since):
        since = max(stop.since, stood_until)
        if since >= end:
            break
        if stop.until is None:
            return None
        if stop.until > since:
            end, stood_until = end + (stop.until - since), stop.until
    return end


def _last_day(clock: CaseClock, amount: int) -> date | None:
    day, left = beijing_date(clock.started_at), amount
    stands = _stands_still(clock)
    while left:
        day += _DAY
        until = max((last for first, last in stands if first < day <= last), default=None)
        if until is None:
            left -= is_working_day(day)
        elif until == _FOR_EVER:
            return None
        else:
            day = until
    return day


def _counted(clock: CaseClock, start: date, end: date) -> Iterable[date]:
    stands = _stands_still(clock)
    days = (start + _DAY * number for number in range(1, (end - start).days + 1))
    return (day for day in days if not any(first < day <= last for first, last in stands))


def _stands_still(clock: CaseClock) -> list[tuple[date, date]]:
    """From which day (not counted out itself) to which (counted out) it stands still, for each stop."""
    return [(beijing_date(stop.since), beijing_date(stop.until) if stop.until else _FOR_EVER) for stop in clock.stops]


# ── What may be done to it ──────────────────────────────────────────────────────────────────────


class ClockMove(StrEnum):
    """What a bureau may do to a case's clock itself."""

    STOP = "stop"
    RESUME = "resume"
    EXTEND = "extend"


class ClockState(StrEnum):
    """Where a case's clock stands."""

    NOT_STARTED = "not_started"  # never accepted, or no version of its item was known yet
    RUNNING = "running"
    STOPPED = "stopped"  # by the bureau
    UNDER_REVIEW = "under_review"  # by requests for an opinion alone: it runs again with the last opinion
    DECIDED = "decided"


CLOCK_MOVES: Mapping[ClockState, frozenset[ClockMove]] = {
    ClockState.NOT_STARTED: frozenset(),
    ClockState.RUNNING: frozenset({ClockMove.STOP, ClockMove.EXTEND}),
    ClockState.STOPPED: frozenset({ClockMove.RESUME, ClockMove.EXTEND}),
    ClockState.UNDER_REVIEW: frozenset({ClockMove.STOP, ClockMove.EXTEND}),
    ClockState.DECIDED: frozenset(),
}


_WORDS: Mapping[str, str] = {
    ClockMove.STOP: "中止计时",
    ClockMove.RESUME: "恢复计时",
    ClockMove.EXTEND: "延长期限",
    ClockState.NOT_STARTED: "未起算",
    ClockState.RUNNING: "计时中",
    ClockState.STOPPED: "已中止",
    ClockState.UNDER_REVIEW: "征求意见中",
    ClockState.DECIDED: "已办结",
    "extended_already": "已延长过一次",
    "not_in_working_days": "法定期限不以工作日计",
    "limit_ended": "法定期限已届满",
    "stopped_too_often": "中止次数已满",
}
"""What each state, move and hindrance is called in Chinese."""


def clock_state(file: CaseFile) -> ClockState:
    """Where a case's clock stands."""
    if file.case.decision is not None:
        return ClockState.DECIDED
    if file.clock is None:
        return ClockState.NOT_STARTED
    open_stops = [stop for stop in file.clock.stops if stop.until is None]
    if not open_stops:
        return ClockState.RUNNING
    return ClockState.STOPPED if any(stop.review is None for stop in open_stops) else ClockState.UNDER_REVIEW


def start_clock(file: CaseFile, item: Item) -> CaseFile:
    """The case with its clock, by the limits of the item's version: from its acceptance, once; as it is otherwise.

    Where it starts late since nothing was known of the item, what stopped it meanwhile is in it.
    """
    accepted_at = file.case.accepted_at
    if file.clock is not None or accepted_at is None:
        return file
    clock = CaseClock(
        started_at=accepted_at,
        committed=item.committed_limit,
        statutory=item.statutory_limit,
        stops=tuple(map(stop_of, file.reviews)),
    )
    return file.model_copy(update={"clock": clock})


def stop(file: CaseFile, reason: StopReason, text: str, now: datetime) -> Outcome:
    """The bureau stops the clock, with its reason. Raises Refused("wrong_state") naming what is legal."""
    clock = _clock_for(file, ClockMove.STOP, now)
    return stopped(file, clock, Stop(reason=reason, since=now, text=text))


def resume(file: CaseFile, text: str, now: datetime) -> Outcome:
    """What the bureau stopped runs again, unless a review stops it still. Raises Refused("wrong_state")."""
    clock = _clock_for(file, ClockMove.RESUME, now)
    return resumed(file, clock, None, now, text)


def extend(file: CaseFile, approved_by: str, reason: str, now: datetime) -> Outcome:
    """Ten working days more on the statutory limit, once and before it ends (art. 42).

    Raises Refused("wrong_state").
    """
    clock = _clock_for(file, ClockMove.EXTEND, now)
    extension = Extension(approved_by=approved_by, reason=reason, at=now)
    changed = clock.model_copy(update={"extension": extension})
    told = ClockExtended(case_id=file.case.case_id, extension=extension)
    return Outcome(file.model_copy(update={"clock": changed}), (told,))


def stop_of(review: ReviewRequest) -> Stop:
    """The stop that a request for opinions makes, from the request until the last opinion (R-HND-10)."""
    return Stop(
        reason=StopReason(review.kind.value), since=review.requested_at, until=review.ended_at, review=review.review_id
    )


def stopped(file: CaseFile, clock: CaseClock, begun: Stop) -> Outcome:
    """The clock with one more stop."""
    changed = clock.model_copy(update={"stops": (*clock.stops, begun)})
    told = ClockStopped(case_id=file.case.case_id, stop=begun)
    return Outcome(file.model_copy(update={"clock": changed}), (told,))


def resumed(file: CaseFile, clock: CaseClock, review: str | None, now: datetime, text: str | None = None) -> Outcome:
    """The clock without the open stop of a review, or (None) of the bureau; nothing where there is none."""
    ended = {
        place: each.model_copy(update={"until": now, "resumption": text})
        for place, each in enumerate(clock.stops)
        if each.until is None and each.review == review
    }
    if not ended:
        return Outcome(file)
    stops = tuple(ended.get(place, each) for place, each in enumerate(clock.stops))
    told = tuple(ClockResumed(case_id=file.case.case_id, stop=each) for each in ended.values())
    return Outcome(file.model_copy(update={"clock": clock.model_copy(update={"stops": stops})}), told)


def _clock_for(file: CaseFile, move: ClockMove, now: datetime) -> CaseClock:
    state, clock = clock_state(file), file.clock
    spent = _spent(clock, now) if clock else {}
    legal = CLOCK_MOVES[state] - spent.keys()
    if clock is None or move not in legal:
        why = spent.get(move, state) if move in CLOCK_MOVES[state] else state
        raise illegal(why, move, legal, _WORDS)
    return clock


def _spent(clock: CaseClock, now: datetime) -> dict[ClockMove, str]:
    """What a clock allows no more, whatever its state, and why."""
    ends = statutory_ends(clock)
    reasons = (
        (ClockMove.EXTEND, "extended_already", clock.extension is not None),
        (ClockMove.EXTEND, "not_in_working_days", clock.statutory.unit != "working_day"),
        (ClockMove.EXTEND, "limit_ended", ends is not None and ends.at <= now),
        (ClockMove.STOP, "stopped_too_often", len(clock.stops) >= MOST_STOPS),
    )
    spent: dict[ClockMove, str] = {}
    for move, why, holds in reasons:
        if holds:
            spent.setdefault(move, why)
    return spent
