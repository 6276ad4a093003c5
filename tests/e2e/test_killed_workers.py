"""Functions are killed between any two steps: what was accepted takes effect once, what was not leaves nothing."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from localstack.demo.desk import eventually
from services.handover.store.cases import number_key
from shared.kernel.ids import new_id
from tests.support.deployed import PROC, Deployed, Rows, workers_of
from tests.support.small_city import LIAISONS, SmallCity, acceptance_body, insist

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not (PROC / "self" / "stat").exists(), reason="this system does not show processes under /proc"),
]

INSISTING = 30
"""Acceptances that are sent again, with the same key, until they are answered."""
GIVING_UP = 10
"""Acceptances that are sent once, whatever comes of it."""
AT_ONCE = 6
KILLED = 30
KILL_EVERY_SECONDS = 0.1
"""All within a few seconds, so that no message meets it five times in vain, after which it would be given up."""
SWEPT_SECONDS = 240.0
"""The sweeper comes every minute and takes what is older than a minute; a consumer's queue gives back after 15 s."""


@dataclass(frozen=True)
class Storm:
    """What was sent while functions were being killed."""

    insisted: dict[str, httpx.Response]
    given_up: dict[str, httpx.Response]
    killed: int


def _kill_many(pid: int) -> int:
    """Kill one function's process after another, of this emulator's and nobody else's; how many."""
    chance = random.Random(20260302)
    killed = 0
    while killed < KILLED:
        time.sleep(KILL_EVERY_SECONDS)
        if victims := workers_of(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(victims), signal.SIGKILL)
                killed += 1
    return killed


@pytest.fixture(scope="module")
def storm(stack: Deployed, city: SmallCity) -> Storm:
    pid = stack.stack.emulator.pid()
    assert pid

    def accept(number: str) -> tuple[str, httpx.Response]:
        key, body = new_id("key"), acceptance_body(number)

        def send() -> httpx.Response:
            return city.desk("approver").send("/handover/v1/acceptances", body, key=key)

        return number, insist(send) if number.startswith("STORM-KEEP") else send()

    kept = [f"STORM-KEEP-{number}" for number in range(INSISTING)]
    dropped = [f"STORM-DROP-{number}" for number in range(GIVING_UP)]
    every = random.Random(1).sample(kept + dropped, INSISTING + GIVING_UP)
    with ThreadPoolExecutor(max_workers=AT_ONCE + 1) as together:
        killing = together.submit(_kill_many, pid)
        answers = dict(together.map(accept, every))
        killed = killing.result()
    return Storm({n: answers[n] for n in kept}, {n: answers[n] for n in dropped}, killed)


@dataclass(frozen=True)
class Calm:
    """What stands when everything has been told, heard and logged."""

    handover: Rows
    sms: dict[str, list[dict[str, Any]]]
    logged: Counter[str]

    def case(self, bureau: str, number: str) -> str | None:
        """The case a number stands for, if it stands for one."""
        row = self.handover.get((number_key(bureau, number), "case"))
        return str(row["body"]) if row else None

    def rows_of(self, case_id: str) -> list[str]:
        """The rows of a case."""
        return sorted(sk for pk, sk in self.handover if pk == case_id)

    def mentions(self, number: str) -> int:
        """In how many rows a case's number appears at all."""
        return sum(f'"{number}"' in str(row.get("body", "")) or number in key[0] for key, row in self.handover.items())


@pytest.fixture(scope="module")
def calm(stack: Deployed, city: SmallCity, storm: Storm) -> Calm:
    pushes = {push["push_id"] for answer in storm.insisted.values() for push in answer.json().get("pushes", ())}

    def settled() -> bool:
        sent = {each["push_id"] for each in city.all_sms() if each["state"] == "sent"}
        return stack.quiet() and pushes <= sent

    eventually(settled, seconds=SWEPT_SECONDS, what="the end of the storm")
    sms: dict[str, list[dict[str, Any]]] = {}
    for each in city.all_sms():
        sms.setdefault(each["push_id"], []).append(each)
    return Calm(stack.rows("handover"), sms, Counter(stack.logged_ids()))


def _events_of(stack: Deployed, case_ids: set[str]) -> set[str]:
    return {event.id for event in stack.events("handover") if event.subject in case_ids}


def test_functions_were_killed_while_cases_were_accepted(storm: Storm) -> None:
    assert storm.killed == KILLED


def test_every_acceptance_that_insists_is_accepted(storm: Storm) -> None:
    """R-HND-13."""
    answers = storm.insisted.values()

    assert {answer.status_code for answer in answers} == {httpx.codes.CREATED}, [answer.text for answer in answers]


def test_each_accepted_case_stands_once(city: SmallCity, storm: Storm, calm: Calm) -> None:
    """R-HND-1, R-HND-13: one head, one acceptance, one push, whatever was repeated."""
    bureau = city.departments["bureau"]
    for number, answer in storm.insisted.items():
        receipt = answer.json()
        push_id = receipt["pushes"][0]["push_id"]

        assert calm.case(bureau, number) == receipt["case_id"]
        assert calm.rows_of(receipt["case_id"]) == ["event#0000000001", "event#0000000002", "head", f"push#{push_id}"]


def test_what_was_not_answered_stands_whole_or_not_at_all(city: SmallCity, storm: Storm, calm: Calm) -> None:
    """One transaction: a case, its events, its push and the answer to its key, or none of them."""
    bureau = city.departments["bureau"]
    for number, answer in storm.given_up.items():
        case_id = calm.case(bureau, number)

        if case_id is None:
            assert not answer.is_success
            assert calm.mentions(number) == 0
        else:
            rows = calm.rows_of(case_id)
            assert rows[:3] == ["event#0000000001", "event#0000000002", "head"]
            assert len(rows) == 4
        assert answer.is_success or answer.is_server_error, answer.text


def test_each_liaison_is_told_of_each_push_once(storm: Storm, calm: Calm) -> None:
    """R-NTF-1: one delivery per liaison."""
    for answer in storm.insisted.values():
        push_id = answer.json()["pushes"][0]["push_id"]

        assert sorted(each["liaison"] for each in calm.sms[push_id]) == sorted(LIAISONS)


def test_every_event_is_in_the_log_exactly_once(city: SmallCity, stack: Deployed, storm: Storm, calm: Calm) -> None:
    """R-AUD-3."""
    bureau = city.departments["bureau"]
    numbers = [*storm.insisted, *storm.given_up]
    cases = {case_id for number in numbers if (case_id := calm.case(bureau, number))}

    events = _events_of(stack, cases)

    assert len(events) == 2 * len(cases) >= 2 * INSISTING
    assert {event: calm.logged[event] for event in events if calm.logged[event] != 1} == {}
    assert [event for event, count in calm.logged.items() if count > 1] == []


def test_nothing_was_given_up_for_dead(stack: Deployed, calm: Calm) -> None:
    """Killing is no fault of a message: what test_poison.py damaged is all that lies there."""
    assert calm.handover
    assert set(stack.dead_letters()) <= {"handover-dead", "log-dead"}
