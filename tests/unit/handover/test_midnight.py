"""Limits in working days all end at midnight: the clock takes them up first, and all it can (R-HND-5)."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from services.handover import wiring
from services.handover.events import ELAPSES, elapse
from services.handover.store import cases
from shared.aws import clients, due, listing
from shared.aws.due import Owed, due_row
from shared.aws.table import ALL_SHARDS, Row, shard_of
from shared.contracts.change import Context, Outdated
from shared.contracts.items import ClaimRule
from shared.contracts.vocabulary import OnOverdue, PushState, TimeLimit
from shared.kernel.clock import from_text, to_text, utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS
from tests.support.aws import TICK
from tests.support.counted import counted
from tests.support.gateway import Gateway
from tests.support.handover_builders import item
from tests.support.push_desk import a_city, know_item

NOW = utc_now()
CONFIG = Path(__file__).parents[3] / "services" / "handover" / ".chalice" / "config.json"


def at(now: datetime) -> Context:
    return Context(ANONYMOUS, now, "schedule")


def make_due(table: type[Row], number: int, kind: str = "case", *, can_wait: bool = False) -> set[str]:
    """So many things due a minute ago, in every shard."""
    subjects = {new_id("case") for _ in range(number)}
    with table.batch_write() as batch:
        for subject in subjects:
            batch.save(due_row(table, kind, subject, NOW - timedelta(minutes=1), can_wait=can_wait))
    return subjects


class Heard:
    """Takes note of what elapses, and lets time pass with each."""

    def __init__(self, each: timedelta = timedelta()) -> None:
        self.now = NOW
        self.each = each
        self.subjects: list[str] = []

    def begin(self) -> Context:
        return at(self.now)

    def take(self, _: Context, subject: str) -> bool:
        self.subjects.append(subject)
        self.now += self.each
        return True


def test_a_run_takes_up_everything_that_is_due(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-5: page after page of each shard, and nothing twice."""
    monkeypatch.setattr(listing, "_DUE_AT_A_TIME", 3)
    subjects, heard = make_due(table, 100), Heard()
    assert due.elapse(wiring.deadlines(), {"case": heard.take}, heard.begin) == len(subjects)
    assert sorted(heard.subjects) == sorted(subjects)


def test_a_run_stops_when_its_time_is_over_and_has_looked_into_every_shard(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-5: what one shard holds keeps no other waiting; the next run goes on."""
    monkeypatch.setattr(listing, "_DUE_AT_A_TIME", 3)
    make_due(table, 200)
    heard = Heard(timedelta(seconds=1))
    seconds = timedelta(seconds=3 * len(ALL_SHARDS))
    assert due.elapse(wiring.deadlines(), {"case": heard.take}, heard.begin, run=seconds) == seconds.seconds
    assert {shard_of(subject) for subject in heard.subjects} == set(ALL_SHARDS)


def test_reminders_wait_for_all_limits_that_are_due(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-5, R-NTF-1."""
    monkeypatch.setattr(listing, "_DUE_AT_A_TIME", 3)
    reminders, limits, heard = make_due(table, 40, can_wait=True), make_due(table, 40), Heard()
    assert due.elapse(wiring.deadlines(), {"case": heard.take}, heard.begin) == 80
    assert set(heard.subjects[:40]) == limits
    assert set(heard.subjects[40:]) == reminders


@pytest.mark.usefixtures("table")
def test_what_the_clock_looks_at_a_case_for_says_whether_it_can_wait(gateway: Gateway, table: type[Row]) -> None:
    """R-HND-14, R-NTF-1: the reminder of a day before can, the end of the limit cannot; the reminder after it can."""
    desk = a_city(gateway)
    know_item(item(version=2, claim=ClaimRule(limit=TimeLimit(amount=2))))
    push = desk.accept(received_at=to_text(NOW), accepted_at=to_text(NOW))
    brought: dict[bool, set[str]] = {True: set(), False: set()}
    for _ in range(7):
        row = table.get(push["case_id"], "due#case")
        instant, before = from_text(row.due_at or ""), len(desk.event_types(push))
        due.elapse(wiring.deadlines(), ELAPSES, partial(at, instant))
        brought[row.version is not None].update(desk.event_types(push)[before:])
    assert brought == {True: {"term.reminded.v1"}, False: {"push.overdue.v1", "term.missed.v1"}}
    assert desk.now(push)["state"] == PushState.OVERDUE_UNCLAIMED


@pytest.mark.usefixtures("table")
def test_two_runs_that_take_up_the_same_case_tell_it_once(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-4: a run that lasts longer than a minute meets the next one."""
    desk = a_city(gateway)
    push = desk.accept()
    instant = from_text(push["claim_due_at"])
    save = cases.CaseStore.save
    others: list[int] = []

    def meanwhile(*given: Any, **named: Any) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(cases.CaseStore, "save", save)
            others.append(due.elapse(wiring.deadlines(), ELAPSES, lambda: at(instant)))
        save(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(cases.CaseStore, "save", meanwhile)
        assert due.elapse(wiring.deadlines(), ELAPSES, lambda: at(instant)) == 0
    assert others == [1]
    assert desk.event_types(push).count("push.overdue.v1") == 1
    assert due.elapse(wiring.deadlines(), ELAPSES, lambda: at(instant)) == 0


class Listed:
    """Deadlines as a list."""

    def __init__(self, number: int) -> None:
        self.owed = [Owed("case", f"case_{each}") for each in range(number)]

    def due(self, _now: datetime) -> Iterator[Owed]:
        yield from self.owed

    def put_off(self, owed: Owed, now: datetime, until: datetime) -> None:
        raise AssertionError((owed, now, until))


def test_threads_share_what_is_due_and_what_moves_meanwhile_holds_up_none() -> None:
    """R-HND-5: each thing is taken up by one thread, all threads work, and every one that moved is left alone."""
    at_once = 4
    together, listed = threading.Barrier(at_once), Listed(40)
    first = {each.subject for each in listed.owed[:at_once]}
    taken: list[tuple[int, str]] = []

    def take(_: Context, subject: str) -> bool:
        taken.append((threading.get_ident(), subject))
        if subject in first:
            together.wait(timeout=60)  # nobody goes on before every thread has come here
        if subject.endswith("7"):
            raise Outdated
        return True

    assert due.elapse(listed, {"case": take}, lambda: at(NOW), at_once=at_once) == 36
    assert sorted(subject for _, subject in taken) == sorted(each.subject for each in listed.owed)
    assert len({thread for thread, _ in taken}) == at_once


def test_nothing_due_starts_no_thread(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-14: cost follows what is due."""
    del table
    monkeypatch.setattr(due, "ThreadPoolExecutor", None)
    with counted() as asked:
        assert due.elapse(wiring.deadlines(), ELAPSES, lambda: at(NOW), at_once=8) == 0
    assert asked.requests == {"Query": len(ALL_SHARDS)}


def test_the_function_lives_long_enough_for_the_last_thing_it_takes_up() -> None:
    """A request to DynamoDB may last half a minute with its attempts; a run over a minute meets the next, as above."""
    stage = json.loads(CONFIG.read_text(encoding="utf-8"))["stages"]["service"]
    timeout = timedelta(seconds=stage["lambda_functions"]["elapse"]["lambda_timeout"])
    assert due.MOST_OF_A_MINUTE + timedelta(seconds=30) < timeout


@pytest.mark.usefixtures("table")
def test_the_schedule_works_most_of_a_minute_with_as_many_threads_as_its_stack_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-HND-5."""
    seen: list[dict[str, Any]] = []

    def noting(*_: object, **given: Any) -> int:
        seen.append(given)
        return 0

    monkeypatch.setenv("ELAPSE_AT_ONCE", "8")
    monkeypatch.setattr(due, "elapse", noting)
    elapse(TICK, None)
    assert seen == [{"run": due.MOST_OF_A_MINUTE, "at_once": 8}]


@pytest.mark.usefixtures("table")
def test_every_limit_passes_once_whichever_thread_comes_to_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-4, R-HND-5: deemed claimed, each with its receipt; only the engine takes one call at a time."""
    rule = ClaimRule(limit=TimeLimit(amount=1, unit="hour"), on_overdue=OnOverdue.DEEMED_CLAIMED)
    desk = a_city(gateway, claim=rule)
    pushes = [desk.accept() for _ in range(8)]
    instant = from_text(pushes[-1]["claim_due_at"])
    call, one_by_one = BaseClient._make_api_call, threading.Lock()  # type: ignore[attr-defined]

    def alone(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        with one_by_one:
            return call(client, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", alone)
    elapsed = due.elapse(wiring.deadlines(), ELAPSES, partial(at, instant), run=due.MOST_OF_A_MINUTE, at_once=4)
    assert elapsed >= len(pushes)
    for push in pushes:
        assert desk.event_types(push).count("push.claimed.v1") == 1
        receipts = wiring.cases().receipts(push["case_id"], push["push_id"])
        assert [each.body.kind.value for each in receipts] == ["push", "claim"]


@pytest.mark.usefixtures("table")
def test_threads_are_given_one_office(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-8: else each thread of a cold start would have a receipts' key of its own certified."""
    made: list[int] = []

    def noting(*_: object, **__: object) -> int:
        made.append(wiring.office.cache_info().currsize)
        return 0

    monkeypatch.setattr(due, "elapse", noting)
    elapse(TICK, None)
    assert made == [1]


def test_clients_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-5: threads ask for them, and boto3's session bears no two threads at once."""
    alone: list[bool] = []
    monkeypatch.setattr(boto3, "client", lambda *_, **__: alone.append(clients._MAKING.locked()))
    clients.kms_briefly.__wrapped__()
    assert alone == [True]
