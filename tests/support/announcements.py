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
from shared.kernel.clock import utc_now
from shared.kernel.permissions import ANONYMOUS

SLOW = TimeLimit(amount=90)
"""So long that whatever starts this year ends in one whose calendar is not announced."""


def announce(monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    """The notice for a year is out: the whole of its January is a holiday."""
    known = calendar._announced()
    january = frozenset(date(year, 1, day) for day in range(1, 32))
    told = replace(known, days_off=known.days_off | january, last_year=year)
    monkeypatch.setattr(calendar, "_announced", lambda: told)


def at_now() -> Context:
    return Context(ANONYMOUS, utc_now(), "schedule")


def recompute() -> int:
    return elapse(wiring.calendar(), ANNOUNCED, at_now)
