"""Taking a claim back (撤回认领): in time, with a reason, and both entries stay (R-HND-4)."""

from datetime import datetime, timedelta

import pytest

from services.handover import wiring
from services.handover.domain.claims import CLAIM_WITHDRAWAL_LIMIT
from services.handover.domain.pushes import Move
from services.handover.logic.pushes import claim_push, withdraw_claim
from services.handover.schemas.pushes import ClaimWithdrawalRequest
from shared.aws.table import Row
from shared.contracts.items import ClaimRule
from shared.contracts.pushes import MOST_CLAIM_WITHDRAWALS, Push
from shared.contracts.vocabulary import ClaimMode, OnOverdue, PushState, TimeLimit
from shared.kernel.calendar import deadline
from shared.kernel.clock import from_text, to_text
from shared.kernel.errors import Refused
from shared.kernel.permissions import Role
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, MARKET, STRANGER
from tests.support.push_desk import PushDesk, a_city, context_of

A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def claimed_at(push_id: str, now: datetime) -> Push:
    return claim_push(wiring.office(), context_of(MARKET, now, Role.LIAISON), push_id)


def withdrawn_at(push_id: str, now: datetime) -> Push:
    request = ClaimWithdrawalRequest(reason="不在本辖区")
    return withdraw_claim(wiring.office(), context_of(MARKET, now, Role.LIAISON), push_id, request)


def test_the_claim_and_its_withdrawal_both_stay_and_responsibility_goes_back(desk: PushDesk) -> None:
    """R-HND-4."""
    push = desk.accept()
    claim = desk.done(push, Move.CLAIM)
    after = desk.done(push, Move.WITHDRAW_CLAIM)
    assert after["state"] == "claim_withdrawn"
    assert (after["claimed_at"], after["claimed_by"], after["claim_rule"]) == (None, None, None)
    (entry,) = after["claim_withdrawals"]
    assert entry["claimed_at"] == claim["claimed_at"]
    assert entry["claimed_by"] == claim["claimed_by"]
    assert entry["claim_rule"] == claim["claim_rule"]
    assert entry["reason"] == "经核实不在本辖区"
    assert desk.event_types(push)[-2:] == ["push.claimed.v1", "push.claim_withdrawn.v1"]


def test_a_claim_taken_back_is_claimed_anew_and_both_claims_have_their_receipt(desk: PushDesk) -> None:
    """R-HND-6, R-HND-8."""
    push = desk.in_state(PushState.CLAIM_WITHDRAWN)
    again = desk.move(push, Move.CLAIM)
    assert (again.status, again.json["state"]) == (200, "claimed")
    receipts = wiring.cases().receipts(push["case_id"], push["push_id"])
    assert [each.body.kind for each in receipts] == ["push", "claim", "claim"]
    assert {each.body.push_half for each in receipts[1:]} == {receipts[0].body.digest()}


def test_it_can_be_taken_back_until_the_end_of_the_next_working_day_and_the_refusal_names_the_limit(
    desk: PushDesk,
) -> None:
    """R-HND-4: within a short limit."""
    first, second = desk.accept(), desk.accept()
    now = from_text(first["delivered_at"])
    for push in (first, second):
        claimed_at(push["push_id"], now)
    until = deadline(now, CLAIM_WITHDRAWAL_LIMIT).at
    assert withdrawn_at(first["push_id"], until - A_MOMENT).state is PushState.CLAIM_WITHDRAWN
    with pytest.raises(Refused) as refused:
        withdrawn_at(second["push_id"], until)
    assert refused.value.code == "claim_withdrawal_late"
    assert "1 个工作日" in refused.value.zh
    assert "1 working day" in refused.value.en


def test_a_claim_limit_still_ahead_goes_on_and_one_that_has_passed_runs_anew(desk: PushDesk) -> None:
    """R-HND-5: what is taken back does not lapse in the same second."""
    early, late = desk.accept(), desk.accept()
    now = from_text(early["delivered_at"])
    for push in (early, late):
        claimed_at(push["push_id"], now)
    assert to_text(withdrawn_at(early["push_id"], now + A_MOMENT).claim_due_at) == early["claim_due_at"]
    after_limit = from_text(late["claim_due_at"])
    renewed = withdrawn_at(late["push_id"], after_limit).claim_due_at
    assert renewed == after_limit + timedelta(hours=1)


@pytest.mark.parametrize(
    ("rule", "lapses"),
    [
        (ClaimRule(mode=ClaimMode.ON_PUSH), False),
        (ClaimRule(limit=TimeLimit(amount=1, unit="hour"), on_overdue=OnOverdue.DEEMED_CLAIMED), True),
    ],
)
def test_a_claim_that_nobody_made_can_be_taken_back_too(rule: ClaimRule, lapses: bool, gateway: Gateway) -> None:
    """R-HND-4, R-HND-5: delivery or silence was the claim; the department may still say that it is not its duty."""
    desk = a_city(gateway, claim=rule)
    push = desk.accept()
    claim = desk.lapse(push) if lapses else push
    assert claim["state"] == "claimed"
    after = desk.done(push, Move.WITHDRAW_CLAIM)
    assert after["claim_withdrawals"][0]["claimed_by"].startswith("system:")
    assert desk.done(push, Move.RETURN)["state"] == "returned"


def test_it_can_be_taken_back_three_times_and_then_it_stands(desk: PushDesk) -> None:
    """R-HND-4."""
    push = desk.accept()
    for _ in range(MOST_CLAIM_WITHDRAWALS):
        desk.done(push, Move.CLAIM)
        desk.done(push, Move.WITHDRAW_CLAIM)
    desk.done(push, Move.CLAIM)
    refused = desk.move(push, Move.WITHDRAW_CLAIM)
    assert (refused.status, refused.json["code"]) == (409, "claim_withdrawals_spent")
    assert "3" in refused.json["detail_zh"]


@pytest.mark.parametrize("department", [STRANGER, BUREAU])
def test_nobody_takes_back_the_claim_of_another_department(department: str, desk: PushDesk) -> None:
    """R-HND-4."""
    push = desk.in_state(PushState.CLAIMED)
    refused = desk.liaison(department).post(f"/v1/pushes/{push['push_id']}/withdraw-claim", {"reason": "不在本辖区"})
    assert refused.json["code"] == "not_your_department"
