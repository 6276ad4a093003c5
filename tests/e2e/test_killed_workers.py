"""Functions are killed while 504 pushes go through: what was accepted takes effect once, what was not leaves nothing.

The emulator needs seconds for what AWS does in milliseconds, so the pushes are those of 21 cases under an item with as
many supervisors as an item may have: each is pushed to twelve departments at acceptance and again at its decision.
"""

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from localstack.demo.desk import eventually
from services.handover.store.cases import number_key
from shared.contracts.event import Event
from shared.contracts.items import MOST_SUPERVISORS
from shared.contracts.receipt_checks import verify_receipt
from shared.contracts.receipts import PublishedRoot, SignedReceipt
from shared.kernel.ids import case_of, new_id
from shared.kernel.notes import parse_vkey
from tests.support.deployed import PROCESSES_SHOWN, Deployed, Rows, workers_of
from tests.support.small_city import SmallCity, acceptance_body, decision_body, insist

pytestmark = [pytest.mark.stack, PROCESSES_SHOWN]

STORM = "000131016009"
DEPARTMENTS = tuple(f"storm-{number}" for number in range(MOST_SUPERVISORS))
CASES = 21
PUSHES = CASES * 2 * len(DEPARTMENTS)
GIVING_UP = 8
"""Acceptances that are sent once, whatever comes of it."""
REFUSED = 4
"""Acceptances of tomorrow, which are refused however often they are sent."""
AT_ONCE = 6
KILLED = 40
KILL_EVERY_SECONDS = (0.1, 0.7)
"""Within half a minute, so that no message meets it five times, after which it would be given up."""
LEAST_KILLED = 6
"""A quick machine is done before all of them are."""
SWEPT_SECONDS = 1_800.0
"""The sweeper comes every minute and takes what is older than a minute; a consumer's queue gives back after 15 s."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Storm:
    """What was sent while functions were being killed, and what was answered, by the bureau's numbers."""

    accepted: dict[str, httpx.Response]
    decided: dict[str, httpx.Response]
    given_up: dict[str, httpx.Response]
    refused: dict[str, httpx.Response]
    killed: int

    def pushes(self) -> list[Json]:
        """Every push that a bureau was told of."""
        answers = [*self.accepted.values(), *self.decided.values()]
        return [push for answer in answers for push in answer.json().get("pushes", ())]


@contextlib.contextmanager
def _killing(pid: int) -> Iterator[list[int]]:
    """While this is open, one function's process after another is killed, of this emulator's and nobody else's."""
    chance, over, killed = random.Random(20260302), threading.Event(), list[int]()

    def kill() -> None:
        while len(killed) < KILLED and not over.wait(chance.uniform(*KILL_EVERY_SECONDS)):
            if victims := workers_of(pid):
                victim = chance.choice(victims)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


@pytest.fixture(scope="module")
def supervised(city: SmallCity) -> None:
    """Twelve departments with a liaison each, and an item that all of them supervise."""
    for number, name in enumerate(DEPARTMENTS):
        liaison = {"name": "孙壬", "phone": f"1990000{number:04d}"}
        city.add_department(name, name=f"临江市第{number}监管局", kind="supervision", liaisons=[liaison])
    city.publish(STORM, DEPARTMENTS)
    city.await_event(f"/handover/v1/routes/{STORM}", "approver")


@pytest.fixture(scope="module")
def storm(stack: Deployed, city: SmallCity, supervised: None) -> Storm:  # noqa: ARG001 - the item must be listed
    pid = stack.stack.emulator.pid()
    assert pid
    desk = city.desk("approver")

    def sender(path: str, body: Json) -> Callable[[], httpx.Response]:
        key = new_id("key")
        return lambda: desk.send(f"/handover/v1/{path}", body, key=key)

    def live(number: str) -> tuple[httpx.Response, httpx.Response | None]:
        if number.startswith("STORM-DROP"):
            return sender("acceptances", acceptance_body(number))(), None
        if number.startswith("STORM-REFUSE"):
            tomorrow = {"accepted_at": "2999-01-01T09:00:00+08:00"}
            return insist(sender("acceptances", acceptance_body(number, STORM, **tomorrow))), None
        accepted = insist(sender("acceptances", acceptance_body(number, STORM)))
        return accepted, insist(sender("decisions", decision_body(number)))

    kept = [f"STORM-KEEP-{number}" for number in range(CASES)]
    dropped = [f"STORM-DROP-{number}" for number in range(GIVING_UP)]
    refused = [f"STORM-REFUSE-{number}" for number in range(REFUSED)]
    every = random.Random(1).sample([*kept, *dropped, *refused], CASES + GIVING_UP + REFUSED)
    with _killing(pid) as killed, ThreadPoolExecutor(max_workers=AT_ONCE) as together:
        answers = dict(zip(every, together.map(live, every), strict=True))
    return Storm(
        {number: answers[number][0] for number in kept},
        {number: decided for number in kept if (decided := answers[number][1]) is not None},
        {number: answers[number][0] for number in dropped},
        {number: answers[number][0] for number in refused},
        len(killed),
    )


@dataclass(frozen=True)
class Calm:
    """What stands when everything has been told, heard and logged."""

    handover: Rows
    events: dict[str, list[Event]]
    """The events of each case, in order."""
    sms: Counter[str]
    logged: Counter[str]

    def case(self, bureau: str, number: str) -> str | None:
        """The case a number stands for, if it stands for one."""
        row = self.handover.get((number_key(bureau, number), "case"))
        return str(row["body"]) if row else None

    def rows_of(self, case_id: str, kind: str) -> list[str]:
        """The rows of one kind of a case."""
        return sorted(sk for pk, sk in self.handover if pk == case_id and sk.startswith(kind))

    def mentions(self, number: str) -> int:
        """In how many rows a case's number appears at all."""
        return sum(f'"{number}"' in str(row.get("body", "")) or number in key[0] for key, row in self.handover.items())


@pytest.fixture(scope="module")
def calm(stack: Deployed, city: SmallCity, storm: Storm) -> Calm:
    pushes = {push["push_id"] for push in storm.pushes()}

    def sent() -> bool:
        return stack.quiet() and pushes <= {each["about"] for each in _sms(city) if each["state"] == "sent"}

    eventually(sent, seconds=SWEPT_SECONDS, what="the end of the storm")
    events: dict[str, list[Event]] = {}
    for event in sorted(stack.events("handover"), key=lambda each: each.sequence):
        events.setdefault(event.subject, []).append(event)
    sms = Counter(each["about"] for each in _sms(city))
    return Calm(stack.rows("handover"), events, sms, Counter(stack.logged_ids()))


def _sms(city: SmallCity) -> Iterator[Json]:
    for name in DEPARTMENTS:
        yield from city.all_sms(name)


def test_functions_were_killed_while_cases_went_through(storm: Storm) -> None:
    assert storm.killed >= LEAST_KILLED


def test_every_request_that_insists_is_done(storm: Storm) -> None:
    """R-HND-13."""
    answers = [*storm.accepted.values(), *storm.decided.values()]

    assert {answer.status_code for answer in answers} == {httpx.codes.CREATED}, [answer.text for answer in answers]
    assert len({push["push_id"] for push in storm.pushes()}) == len(storm.pushes()) == PUSHES >= 500


def test_each_push_stands_once_and_was_delivered_once(city: SmallCity, storm: Storm, calm: Calm) -> None:
    """R-HND-1, R-HND-2, R-HND-13: one head, two stages, 24 pushes and their deliveries, whatever was repeated."""
    bureau = city.departments["bureau"]
    for number, answer in storm.accepted.items():
        case_id = answer.json()["case_id"]
        pushes = {push["push_id"] for push in storm.pushes() if case_of(push["push_id"]) == case_id}
        told = Counter(event.type for event in calm.events[case_id])

        assert calm.case(bureau, number) == case_id
        assert calm.rows_of(case_id, "head#pushes#") == sorted(f"head#pushes#{push_id}" for push_id in pushes)
        assert calm.rows_of(case_id, "head#stages#") == ["head#stages#acceptance", "head#stages#decision"]
        assert calm.rows_of(case_id, "answer#") == ["answer#acceptance", "answer#decision"]
        assert told == {"case.accepted.v1": 1, "case.decided.v1": 1, "push.delivered.v1": len(pushes)}


def test_each_delivery_has_one_receipt_that_the_root_key_proves(stack: Deployed, storm: Storm, calm: Calm) -> None:
    """R-HND-8: whichever process signed it, and however soon that one was killed."""
    published = PublishedRoot.model_validate_json(
        stack.http.get(f"{stack.base_url}/handover/v1/public/receipt-key").content
    )
    root = parse_vkey(published.key)
    answers = [*storm.accepted.values(), *storm.decided.values()]
    given = [SignedReceipt.model_validate(each) for answer in answers for each in answer.json()["receipts"]]
    delivered = {event.id for events in calm.events.values() for event in events if event.type == "push.delivered.v1"}

    assert len({receipt.body.push_id for receipt in given}) == len(given) == PUSHES
    assert {verify_receipt(receipt, root).body.event_id for receipt in given} <= delivered
    for receipt in given:
        assert len(calm.rows_of(receipt.body.case_id, f"receipt#{receipt.body.push_id}#")) == 1


def test_what_was_not_answered_stands_whole_or_not_at_all(city: SmallCity, storm: Storm, calm: Calm) -> None:
    """One transaction: a case, its events, its push and the answer to its key, or none of them."""
    bureau = city.departments["bureau"]
    for number, answer in storm.given_up.items():
        case_id = calm.case(bureau, number)

        if case_id is None:
            assert not answer.is_success
            assert calm.mentions(number) == 0
        else:
            assert [event.type for event in calm.events[case_id]] == ["case.accepted.v1", "push.delivered.v1"]
            assert calm.rows_of(case_id, "answer#") == ["answer#acceptance"]
            for kind in ("head#pushes#", "head#stages#", "receipt#", "due#case"):
                assert len(calm.rows_of(case_id, kind)) == 1
        assert answer.is_success or answer.is_server_error, answer.text


def test_what_was_refused_left_nothing(city: SmallCity, storm: Storm, calm: Calm) -> None:
    """R-HND-13: nothing but that it was refused."""
    bureau = city.departments["bureau"]
    for number, answer in storm.refused.items():
        assert (answer.status_code, answer.json()["code"]) == (httpx.codes.BAD_REQUEST, "invalid_fields")
        assert calm.case(bureau, number) is None
        assert calm.mentions(number) == 0


def test_each_liaison_is_told_of_each_push_once(storm: Storm, calm: Calm) -> None:
    """R-NTF-1: one delivery per liaison, and each of these departments has one."""
    assert calm.sms == dict.fromkeys((push["push_id"] for push in storm.pushes()), 1)


def test_every_event_is_in_the_log_exactly_once(city: SmallCity, storm: Storm, calm: Calm) -> None:
    """R-AUD-3."""
    bureau = city.departments["bureau"]
    numbers = [*storm.accepted, *storm.given_up]
    cases = {case_id for number in numbers if (case_id := calm.case(bureau, number))}
    events = [event.id for case_id in cases for event in calm.events[case_id]]

    assert len(events) >= PUSHES + 2 * CASES
    assert {event: calm.logged[event] for event in events if calm.logged[event] != 1} == {}
    assert [event for event, count in calm.logged.items() if count > 1] == []


def test_nothing_was_given_up_for_dead(stack: Deployed, calm: Calm) -> None:
    """Killing is no fault of a message: what test_poison.py damaged is all that lies there."""
    assert calm.handover
    assert set(stack.dead_letters()) <= {"handover-dead", "log-rejected-dead"}
