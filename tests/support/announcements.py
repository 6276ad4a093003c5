"""The official calendar of another year is announced, and handover sets anew what waited for it."""

from dataclasses import replace
from datetime import date

import pytest

from services.handover import wiring
from services.handover.events import ANNOUNCED
from shared.aws.due import elapse
from shared.contracts.change import Context
from shared.contracts.vocabulary import TimeLimit
from shared.kernel import calendar
from shared.kernel.clock import BEIJING, utc_now
from shared.kernel.permissions import ANONYMOUS

SLOW = TimeLimit(amount=260)
"""A year: there is a January in it, whenever it begins."""


def withhold(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let this year's notice not be out, whenever this runs; the year by whose notice a slow limit is settled."""
    this_year = utc_now().astimezone(BEIJING).year
    early = replace(calendar._announced(), last_year=this_year - 1)
    monkeypatch.setattr(calendar, "_announced", lambda: early)
    return this_year + 2


def announce(monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    """The notices up to that for a year are out: the whole of each January is a holiday."""
    known = calendar._announced()
    januaries = {date(each, 1, day) for each in range(known.last_year + 1, year + 1) for day in range(1, 32)}
    told = replace(known, days_off=known.days_off | januaries, last_year=year)
    monkeypatch.setattr(calendar, "_announced", lambda: told)


def at_now() -> Context:
    return Context(ANONYMOUS, utc_now(), "schedule")


def recompute() -> int:
    return elapse(wiring.calendar(), ANNOUNCED, at_now)
