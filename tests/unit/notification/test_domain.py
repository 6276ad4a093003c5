"""What an SMS says and to whom, and when a delivery is tried again (R-NTF-1, R-NTF-3)."""

from datetime import timedelta

import pytest

from services.notification.domain import (
    BACKOFF_MINUTES,
    Obstacle,
    Outcome,
    address_of,
    addressed,
    attempted,
    delivered_message,
    deliveries_for,
    dialable,
    due_at,
    masked,
    readdressed,
    refuse_other_department,
)
from shared.contracts.notification import Delivery
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import ClaimMode, Stage
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role
from tests.support.push_builders import HEALTH, MARKET, NOON, a_department, a_liaison, a_push

FAILED = Outcome(reached=False, result="Throttled")


def test_the_sms_names_item_stage_case_tail_and_limit_and_says_what_to_do() -> None:
    text = delivered_message(a_push(case_number="SP-2026-000123", stage=Stage.DECISION)).text
    assert text == (
        "【审管联动】收到“食品经营许可”办结推送(办件尾号000123),认领截止2026年3月3日12:00,请登录审管联动系统认领。"
    )


def test_the_sms_of_a_push_that_is_its_own_claim_says_so() -> None:
    """R-HND-5: 推送即认领."""
    assert "推送即认领" in delivered_message(a_push(claim_mode=ClaimMode.ON_PUSH)).text


def test_a_long_item_name_is_cut_so_that_the_limit_stays_readable() -> None:
    text = delivered_message(a_push(item_name="很" * 200)).text
    assert "很" * 29 + "…" in text
    assert len(text) < 140


def test_a_push_carries_no_applicant_at_all() -> None:
    """R-NTF-1: what is not in the push cannot be in the SMS."""
    assert not [name for name in Push.model_fields if "applicant" in name or "phone" in name or "address" in name]


def test_each_active_liaison_gets_a_delivery_and_an_inactive_one_none() -> None:
    """R-ORG-2: whoever is not on duty is not called."""
    liaisons = (a_liaison("甲", "13900000001"), a_liaison("乙", "13900000002"))
    push = a_push()
    deliveries = deliveries_for(delivered_message(push), liaisons, NOON)
    assert [each.liaison for each in deliveries] == ["甲", "乙"]
    assert [each.phone_masked for each in deliveries] == ["139****0001", "139****0002"]
    assert len({each.delivery_id for each in deliveries}) == 2
    assert {each.state for each in deliveries} == {"pending"}


def test_the_same_push_always_makes_the_same_delivery_ids() -> None:
    push = a_push()
    first, again = (deliveries_for(delivered_message(push), (a_liaison(),), NOON + timedelta(hours=n)) for n in (0, 1))
    assert [each.delivery_id for each in first] == [each.delivery_id for each in again]


def test_without_anybody_to_address_one_delivery_waits() -> None:
    """R-NTF-3: never silently given up."""
    (waiting,) = deliveries_for(delivered_message(a_push()), (), NOON)
    assert (waiting.liaison, waiting.phone_masked, waiting.state) == (None, None, "pending")
    assert due_at(waiting) == NOON


def test_once_the_liaisons_are_known_each_gets_the_message_and_the_count_of_tries_stays_true() -> None:
    (waiting,) = deliveries_for(delivered_message(a_push()), (), NOON)
    tried = attempted(waiting, Outcome(reached=False, result=Obstacle.ADDRESS_UNKNOWN), NOON)
    first, second = addressed(tried, (a_liaison("甲"), a_liaison("乙")))
    assert (first.delivery_id, first.liaison, first.attempts) == (waiting.delivery_id, "甲", 1)
    assert (second.liaison, second.attempts, second.text) == ("乙", 0, waiting.text)
    assert due_at(second) == NOON


def _delivery() -> Delivery:
    (delivery,) = deliveries_for(delivered_message(a_push()), (a_liaison("甲", "13900000001"),), NOON)
    return delivery


def test_a_corrected_phone_is_the_one_that_is_called() -> None:
    corrected = a_department(a_liaison("甲", "13900000009"))
    assert address_of(_delivery(), corrected) == "+8613900000009"


def test_of_two_liaisons_of_one_name_each_gets_his_own_message() -> None:
    namesakes = a_department(a_liaison("甲", "13900000005"), a_liaison("甲", "13900000001"))
    assert address_of(_delivery(), namesakes) == "+8613900000001"


def test_a_liaison_who_left_is_not_called() -> None:
    gone = a_department(a_liaison("甲", "13900000001", active=False), a_liaison("乙"))
    assert address_of(_delivery(), gone) is Obstacle.LIAISON_GONE


def test_the_message_of_a_liaison_who_left_goes_to_whoever_stands_in_his_place() -> None:
    """R-ORG-2: a taker takes the giver's place in the list."""
    taken_over = a_department(a_liaison("丁", "13900000004"), a_liaison("乙"), a_liaison("甲", active=False))
    assert readdressed(_delivery(), taken_over).liaison == "丁"
    assert readdressed(_delivery(), a_department(a_liaison("乙"), a_liaison("甲"))).liaison == "甲"


def test_with_nobody_on_duty_a_message_waits_for_whom_it_was_meant() -> None:
    nobody = a_department(a_liaison("甲", active=False))
    waiting = _delivery()
    assert readdressed(waiting, nobody) == waiting
    assert address_of(waiting, nobody) is Obstacle.LIAISON_GONE


def test_a_land_line_is_an_obstacle_and_no_silent_loss() -> None:
    assert address_of(_delivery(), a_department(a_liaison("甲", "0797-1234567"))) is Obstacle.PHONE_UNUSABLE


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("13900000001", "+8613900000001"),
        ("139-0000-0001", "+8613900000001"),
        ("+86-13900000001", "+8613900000001"),
        ("8613900000001", "+8613900000001"),
        ("+85291234567", "+85291234567"),
        ("0797-1234567", None),
        ("12345678", None),
    ],
)
def test_a_phone_becomes_a_number_carriers_can_dial(phone: str, number: str | None) -> None:
    assert dialable(phone) == number


@pytest.mark.parametrize("phone", ["13900000001", "+86-13900000001", "0797-1234567"])
def test_a_masked_phone_hides_four_digits(phone: str) -> None:
    shown = masked(phone)
    assert "****" in shown
    assert phone.replace("-", "") not in shown


def test_retries_cover_about_three_days_and_then_a_person_takes_over() -> None:
    """R-NTF-3."""
    delivery, now = _delivery(), NOON
    for _ in BACKOFF_MINUTES:
        delivery = attempted(delivery, FAILED, now)
        assert delivery.state == "pending"
        due = due_at(delivery)
        assert due is not None
        assert due > now
        now = due
    assert timedelta(days=2.9) < now - NOON < timedelta(days=3.1)
    delivery = attempted(delivery, FAILED, now)
    assert delivery.state == "abandoned"
    assert due_at(delivery) is None
    assert delivery.attempts == len(BACKOFF_MINUTES) + 1


def test_a_sent_message_is_tried_no_more_even_if_a_late_attempt_fails() -> None:
    sent = attempted(_delivery(), Outcome(reached=True, result="message-1"), NOON)
    assert (sent.state, due_at(sent)) == ("sent", None)
    late = attempted(sent, FAILED, NOON)
    assert (late.state, late.attempts, late.last_result) == ("sent", 2, "Throttled")


@pytest.mark.parametrize("role", [Role.OVERSIGHT, Role.SYSTEM_ADMIN])
def test_oversight_and_operations_see_every_department(role: Role) -> None:
    refuse_other_department(Principal("cli", HEALTH, frozenset({role})), MARKET)


def test_a_liaison_sees_only_the_own_department() -> None:
    liaison = Principal("cli", MARKET, frozenset({Role.LIAISON}))
    refuse_other_department(liaison, MARKET)
    with pytest.raises(Refused) as refused:
        refuse_other_department(liaison, HEALTH)
    assert refused.value.code == "not_your_department"
