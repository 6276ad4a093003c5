"""Many at once: exactly one claim wins, and an accepted case is one case however often it is sent."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from shared.kernel.clock import BEIJING, from_text
from shared.kernel.ids import new_id
from tests.support.small_city import SmallCity, acceptance_body, insist

# The minute of test_late_claims.py runs out while these race.
pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("unclaimed")]

CLAIMS = 200
AT_ONCE = 16
"""Requests in flight, all of which are sent before the first is answered; each needs two functions of its own."""
ACCEPTANCES = 6


@pytest.fixture(scope="module")
def raced(city: SmallCity) -> list[dict[str, Any]]:
    """What each of two hundred claims of one push was answered."""
    push_id = city.accepted("RACE-CLAIM")["pushes"][0]["push_id"]
    path = f"/handover/v1/pushes/{push_id}/claim"
    names = ("liaison", "second_liaison")
    ready = threading.Barrier(AT_ONCE)

    def claim(number: int) -> httpx.Response:
        desk, key = city.desk(names[number % 2]), new_id("key")
        if number < AT_ONCE:
            ready.wait()
        return insist(lambda: desk.send(path, None, key=key))

    with ThreadPoolExecutor(max_workers=AT_ONCE) as together:
        answers = list(together.map(claim, range(CLAIMS)))
    assert {answer.status_code for answer in answers} == {httpx.codes.OK, httpx.codes.CONFLICT}, Counter(
        answer.text for answer in answers
    )
    return [answer.json() for answer in answers]


def test_of_two_hundred_claims_of_one_push_one_wins(raced: list[dict[str, Any]]) -> None:
    """R-HND-6."""
    assert [each["state"] for each in raced if "receipt" in each] == ["claimed"]


def test_all_the_others_are_told_the_same_winner_and_instant(raced: list[dict[str, Any]]) -> None:
    """R-HND-6."""
    (won,) = [each for each in raced if "receipt" in each]
    lost = [each for each in raced if "receipt" not in each]
    at = from_text(won["claimed_at"]).astimezone(BEIJING).isoformat(timespec="milliseconds")

    assert len(lost) == CLAIMS - 1
    assert {each["code"] for each in lost} == {"already_claimed"}
    assert len({(each["detail_zh"], each["detail_en"]) for each in lost}) == 1
    for words in (lost[0]["detail_zh"], lost[0]["detail_en"]):
        assert won["claimed_by"] in words
        assert at in words


def test_the_record_of_a_raced_push_has_two_halves(city: SmallCity, raced: list[dict[str, Any]]) -> None:
    """R-HND-6, R-HND-8, R-AUD-2: one delivery, one claim, in the chain as in the receipts."""
    (won,) = [each for each in raced if "receipt" in each]
    record = city.desk("liaison").get(f"/handover/v1/pushes/{won['push_id']}/receipts")["receipts"]
    timeline = city.desk("liaison").get(f"/handover/v1/cases/{won['case_id']}/timeline")

    assert [each["body"]["kind"] for each in record] == ["push", "claim"]
    assert record[1] == won["receipt"]
    told = [each["envelope"]["type"] for each in timeline["entries"]]
    assert (timeline["intact"], told.count("push.claimed.v1")) == (True, 1)


def test_one_acceptance_sent_many_times_at_once_is_one_case(city: SmallCity) -> None:
    """R-HND-13: with one Idempotency-Key as with different ones."""
    body = acceptance_body("RACE-ACCEPT")
    one = new_id("key")
    keys = [one] * ACCEPTANCES + [new_id("key") for _ in range(ACCEPTANCES)]

    def accept(key: str) -> httpx.Response:
        return insist(lambda: city.desk("approver").send("/handover/v1/acceptances", body, key=key))

    with ThreadPoolExecutor(max_workers=len(keys)) as together:
        answers = list(together.map(accept, keys))

    assert {answer.status_code for answer in answers} == {httpx.codes.CREATED}, [answer.text for answer in answers]
    receipts = [answer.json() for answer in answers]
    assert all(receipt == receipts[0] for receipt in receipts)
    waiting = city.desk("liaison").pages("/handover/v1/inbox", "pushes")
    assert [each["case_id"] for each in waiting if each["case_number"] == "RACE-ACCEPT"] == [receipts[0]["case_id"]]
