"""What a bureau does not give in time is recorded once, and only then (R-REG-7, R-OVS-1)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count, islice

import pytest

from services.registry import wiring
from services.registry.events import ELAPSES
from shared.aws.consumer import system_principal
from shared.aws.due import RUN, due_row, elapse
from shared.aws.table import ALL_SHARDS, Row, shard_of
from shared.contracts.change import Context
from shared.contracts.event import body_of
from shared.contracts.notices import NoticeOverdue
from shared.kernel.clock import from_text, utc_now
from tests.support.aws import unsent_events
from tests.support.notice_builders import acknowledge, answer, sent, supervisor
from tests.support.registry_builders import a_bureau, a_department, a_published_item

MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def bureau(table: type[Row]) -> str:
    assert table
    return a_bureau()


@pytest.fixture
def market(bureau: str) -> str:
    department = a_department()
    a_published_item(bureau, department, code="A")
    return department


def run(now: datetime) -> int:
    """The clock strikes."""
    return elapse(wiring.deadlines(), ELAPSES, begin(now))


def begin(*instants: datetime) -> Callable[[], Context]:
    left = list(instants)
    return lambda: Context(system_principal("registry"), left.pop(0) if len(left) > 1 else left[0], "job_1")


def overdue(table: type[Row]) -> list[str]:
    return [
        body_of(event, NoticeOverdue).owed.value for event in unsent_events(table) if event.type == NoticeOverdue.TYPE
    ]


def waiting(table: type[Row]) -> list[str]:
    return [row.sk for shard in ALL_SHARDS for row in table.due_index.query(shard)]


def test_each_thing_owed_is_recorded_when_its_limit_passes_and_once(bureau: str, market: str, table: type[Row]) -> None:
    notice = sent(market, "A")
    by, until = (from_text(notice[name]) for name in ("acknowledge_by", "answer_by"))
    assert (run(by - MOMENT), overdue(table)) == (0, [])
    assert (run(by), overdue(table)) == (1, ["acknowledgement"])
    assert (run(by), run(until - MOMENT)) == (0, 0)
    assert (run(until), overdue(table)) == (1, ["acknowledgement", "answer"])
    assert waiting(table) == [], "nothing is looked at for ever"
    shown = supervisor(market).get(f"/v1/notices/{notice['notice_id']}").json
    assert (shown["state"], shown["overdue"]) == ("sent", ["acknowledgement", "answer"])
    late = answer(bureau, notice["notice_id"]).json
    assert (late["state"], late["overdue"]) == ("answered", ["acknowledgement", "answer"])


def test_what_was_given_in_time_is_never_overdue(bureau: str, market: str, table: type[Row]) -> None:
    notice = sent(market, "A")
    by, until = (from_text(notice[name]) for name in ("acknowledge_by", "answer_by"))
    acknowledge(bureau, notice["notice_id"])
    assert run(by) == 0
    assert waiting(table) == ["due#notice"]
    answer(bureau, notice["notice_id"])
    assert run(until) == 0
    assert (waiting(table), overdue(table)) == ([], [])


def test_both_limits_missed_in_an_outage_are_two_events_one_after_the_other(market: str, table: type[Row]) -> None:
    notice = sent(market, "A")
    long_after = from_text(notice["answer_by"]) + timedelta(days=30)
    assert [run(long_after) for _ in range(3)] == [1, 1, 0]
    assert overdue(table) == ["acknowledgement", "answer"]


def test_an_index_that_is_a_moment_old_records_nothing(bureau: str, market: str, table: type[Row]) -> None:
    """Indexes are eventually consistent: what was answered meanwhile may still be found."""
    notice = sent(market, "A")
    answer(bureau, notice["notice_id"])
    due_row(table, "notice", notice["notice_id"], from_text(notice["acknowledge_by"])).save()
    assert (run(from_text(notice["acknowledge_by"])), overdue(table)) == (0, [])


def test_one_that_fails_holds_up_no_other(market: str, table: type[Row]) -> None:
    notices = [sent(market, "A") for _ in range(3)]
    by = from_text(notices[-1]["acknowledge_by"])
    due_row(table, "nothing_we_know", "ntc_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", utc_now()).save()
    due_row(table, "notice", "ntc_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", utc_now()).save()
    assert run(by) == 3
    assert overdue(table) == ["acknowledgement"] * 3


def test_as_many_as_fill_a_run_and_always_fail_hide_no_other(market: str, table: type[Row]) -> None:
    """What fails is put off: its time goes to those behind it, page after page of a shard, in the next run at last."""
    notice = sent(market, "A")
    late = from_text(notice["acknowledge_by"])
    ids = (f"ntc_01J9ZQ3V6W7X8Y9Z0A1B2{number:05d}" for number in count())
    failing = 210
    with table.batch_write() as batch:
        for each in islice((each for each in ids if shard_of(each) == shard_of(notice["notice_id"])), failing):
            batch.save(due_row(table, "nothing_we_know", each, late - timedelta(hours=1)))
    time_for_these = begin(late, *([late] * failing), late + RUN)
    assert elapse(wiring.deadlines(), ELAPSES, time_for_these) == 0
    assert run(late + timedelta(minutes=1)) == 1


def test_a_run_ends_in_time_and_the_next_goes_on(market: str, table: type[Row]) -> None:
    """A function has thirty seconds: what is left waits for the next minute."""
    notices = [sent(market, "A") for _ in range(3)]
    start = from_text(notices[-1]["acknowledge_by"])
    late = begin(start, start, start + RUN)
    assert elapse(wiring.deadlines(), ELAPSES, late) == 1
    assert run(start + timedelta(minutes=1)) == 2
    assert len(overdue(table)) == 3
