"""Many at once: exactly one claim wins, and an accepted case is one case however often it is sent."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from shared.kernel.ids import new_id
from tests.support.small_city import SmallCity, acceptance_body, insist

# The minute of test_late_claims.py runs out while these race.
pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("unclaimed")]

CLAIMS = 20
ACCEPTANCES = 6


def test_of_twenty_claims_at_once_one_wins_and_the_others_are_told_who(city: SmallCity) -> None:
    """R-HND-6."""
    push_id = city.accepted("RACE-CLAIM")["pushes"][0]["push_id"]
    path = f"/handover/v1/pushes/{push_id}/claim"
    names = ("liaison", "second_liaison")

    def claim(number: int) -> httpx.Response:
        desk, key = city.desk(names[number % 2]), new_id("key")
        return insist(lambda: desk.send(path, None, key=key))

    with ThreadPoolExecutor(max_workers=CLAIMS) as together:
        answers = list(together.map(claim, range(CLAIMS)))
    won = [answer.json() for answer in answers if answer.is_success]
    lost = [answer.json() for answer in answers if not answer.is_success]

    assert [each["state"] for each in won] == ["claimed"], [answer.text for answer in answers]
    assert {(each["status"], each["code"]) for each in lost} == {(409, "already_claimed")}, lost
    assert len({each["detail_en"] for each in lost}) == 1
    assert won[0]["claimed_by"] in lost[0]["detail_en"]
    assert won[0]["claimed_by"] in lost[0]["detail_zh"]


def test_the_chain_of_a_raced_case_holds_one_claim(city: SmallCity) -> None:
    """R-HND-6, R-AUD-2."""
    case_id = city.accepted("RACE-CLAIM-AGAIN")["case_id"]
    push_id = city.desk("approver").get(f"/handover/v1/cases/{case_id}")["pushes"][0]["push_id"]
    path = f"/handover/v1/pushes/{push_id}/claim"
    keys = [new_id("key") for _ in range(4)]
    with ThreadPoolExecutor(max_workers=len(keys)) as together:
        list(together.map(lambda key: insist(lambda: city.desk("liaison").send(path, None, key=key)), keys))

    timeline = city.desk("liaison").get(f"/handover/v1/cases/{case_id}/timeline")

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
