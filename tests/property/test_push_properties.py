"""Whatever a place's departments and senders try, in any order: one state, one live push, one claim (R-HND-4)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from services.handover.domain import claims, returns
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.claims import ClaimRuleCited
from services.handover.domain.pushes import (
    CLAIMED,
    ENDED,
    MOVES,
    TO_BE_DECIDED,
    Move,
    legal_moves,
)
from services.handover.domain.returns import MOST_PASSED_ON
from shared.contracts.event import Body
from shared.contracts.items import ClaimRule
from shared.contracts.pushes import (
    MOST_CLAIM_WITHDRAWALS,
    Push,
    PushClaimed,
    PushClaimWithdrawn,
    PushDelivered,
    Referral,
    Return,
    ReturnDecision,
)
from shared.contracts.vocabulary import ClaimMode, OnOverdue, PushState, ReturnReason, TimeLimit
from shared.kernel.errors import Refused
from tests.support.feedback_builders import case
from tests.support.handover_builders import BUREAU, HEALTH, MARKET
from tests.support.push_builders import NOON, a_push
from tests.support.push_desk import COUNTY, PROVINCE

SOMEBODY = "cli_somebody_0000"
DEPARTMENTS = (MARKET, HEALTH, PROVINCE, COUNTY)


class Try(NamedTuple):
    """Somebody tries a move after a while, on one of the pushes there are."""

    move: Move
    push: int
    department: str
    wait: timedelta


class World(NamedTuple):
    file: CaseFile
    bodies: tuple[Body, ...]


TRIES = st.builds(
    Try,
    st.sampled_from(Move),
    st.integers(0, 30),
    st.sampled_from(DEPARTMENTS),
    st.sampled_from([timedelta(), timedelta(minutes=20), timedelta(hours=2), timedelta(days=3)]),
)

RULES = st.builds(
    ClaimRule,
    mode=st.sampled_from(ClaimMode),
    limit=st.sampled_from([TimeLimit(amount=1, unit="hour"), TimeLimit(amount=2)]),
    on_overdue=st.sampled_from(OnOverdue),
)

Step = Callable[[CaseFile, Push, str, datetime], Outcome]


def _decision(now: datetime) -> ReturnDecision:
    return ReturnDecision(text="依三定方案", at=now, by=SOMEBODY, conference_document="示联席纪〔2026〕3号")


def _returned(now: datetime) -> Return:
    return Return(reason=ReturnReason.OTHER, text="不在本辖区", at=now, by=SOMEBODY)


STEPS: Mapping[Move, Step] = {
    Move.VIEW: lambda file, push, _, now: claims.view(file, push, now),
    Move.CLAIM: lambda file, push, _, now: claims.claim(file, push, SOMEBODY, now),
    Move.LAPSE: lambda file, push, _, now: claims.lapse(file, push, now),
    Move.WITHDRAW_CLAIM: lambda file, push, _, now: claims.withdraw_claim(file, push, "不在本辖区", SOMEBODY, now),
    Move.RETURN: lambda file, push, _, now: returns.send_back(file, push, _returned(now)),
    Move.REFER: lambda file, push, _, now: returns.refer(file, push, Referral(text="提请", at=now, by=SOMEBODY)),
    Move.UPHOLD: lambda file, push, _, now: returns.uphold(file, push, _decision(now)),
    Move.REASSIGN: lambda file, push, to, now: returns.reassign(file, push, _decision(now), to, push.sender),
    Move.RELAY: lambda file, push, to, now: returns.relay(file, push, push.department, to, "由省局监管", now),
    Move.WITHDRAW: lambda file, push, _, now: returns.withdraw(file, push, push.sender, "推送有误", now),
    Move.WITHDRAW_NOBODY_INSTEAD: lambda file, push, _, now: returns.withdraw(
        file, push, push.sender, "无须监管", now, nobody_instead=True
    ),
}


def played(rule: ClaimRule, tries: list[Try]) -> list[World]:
    """Every world that was on the way; a try that is refused leaves the world as it was."""
    push = a_push(claim_mode=rule.mode, claim_limit=rule.limit, on_overdue=rule.on_overdue)
    push = push.model_copy(update={"place": push.push_id, "sender": BUREAU, "bureau": BUREAU})
    first = claims.deliver(CaseFile(case=case(case_id=push.case_id)), push)
    worlds, now = [World(first.file, first.bodies)], NOON
    for each in tries:
        now += each.wait
        file, bodies = worlds[-1]
        chosen = file.pushes[each.push % len(file.pushes)]
        try:
            outcome = STEPS[each.move](file, chosen, each.department, now)
        except Refused:
            continue
        worlds.append(World(outcome.file, (*bodies, *outcome.bodies)))
    return worlds


HISTORIES = st.builds(played, RULES, st.lists(TRIES, max_size=40))


@given(HISTORIES)
def test_a_place_has_exactly_one_live_push_until_the_bureau_withdraws_it(worlds: list[World]) -> None:
    """R-HND-4, R-HND-7."""
    for file, _ in worlds:
        live = [push for push in file.pushes if push.state not in ENDED]
        last = file.pushes[-1]
        assert live == ([] if last.state is PushState.WITHDRAWN else [last])
        assert len({push.place for push in file.pushes}) == 1
        assert len(file.pushes) <= MOST_PASSED_ON + 1
        for ended, successor in pairwise(file.pushes):
            assert ended.successor == successor.push_id
            assert successor.origin is not None
            assert successor.origin.of == ended.push_id


@given(HISTORIES)
def test_a_push_is_claimed_at_most_once_at_a_time_and_every_claim_stays_on_record(worlds: list[World]) -> None:
    """R-HND-6, R-HND-4."""
    file, bodies = worlds[-1]
    for push in file.pushes:
        won = sum(isinstance(each, PushClaimed) and each.push.push_id == push.push_id for each in bodies)
        back = sum(isinstance(each, PushClaimWithdrawn) and each.push.push_id == push.push_id for each in bodies)
        assert back == len(push.claim_withdrawals) <= MOST_CLAIM_WITHDRAWALS
        assert won == back + (push.claimed_at is not None)
        # A claim also stays on record where the joint conference gave the push to another department.
        if push.state is not PushState.REASSIGNED:
            assert (push.claimed_at is not None) == (push.state in CLAIMED)


@given(HISTORIES)
def test_every_push_is_told_as_delivered_once_and_as_it_now_is_by_its_last_event(worlds: list[World]) -> None:
    """R-HND-4: a consumer that keeps the last event of a push knows where it stands."""
    file, bodies = worlds[-1]
    told = {each.push.push_id: each.push for each in bodies if hasattr(each, "push")}
    assert told == {push.push_id: push for push in file.pushes}
    delivered = [each.push.push_id for each in bodies if isinstance(each, PushDelivered)]
    assert delivered == [push.push_id for push in file.pushes]


@given(HISTORIES)
def test_nobody_decides_on_its_own_return_and_the_first_sender_is_the_bureau(worlds: list[World]) -> None:
    """R-HND-4, R-HND-9."""
    for file, _ in worlds:
        assert file.pushes[0].sender == BUREAU
        for push in file.pushes:
            if push.origin is None or push.origin.kind != "relay":
                assert push.sender != push.department


@given(HISTORIES)
def test_a_move_that_is_not_legal_changes_nothing_and_one_that_is_leads_on(worlds: list[World]) -> None:
    """R-HND-4: each state was reached from the one before by a move of the table."""
    for (before, _), (after, _) in pairwise(worlds):
        for push in before.pushes:
            then = after.push(push.push_id)
            assert then is not None
            if then.state is not push.state:
                assert then.state in {*legal_moves(push).values(), PushState.CLAIMED_LATE, PushState.CLAIMED}
                assert MOVES[push.state]


@given(HISTORIES)
def test_what_is_owed_always_has_a_limit_ahead_of_what_set_it(worlds: list[World]) -> None:
    """R-HND-5: nothing lapses in the second in which it was delivered, upheld or given back."""
    for file, bodies in worlds:
        for push in file.pushes:
            assert push.claim_due_at > push.delivered_at
            if push.state is PushState.UPHELD:
                assert push.decided is not None
                assert push.claim_due_at > push.decided.at
            if push.state is PushState.CLAIM_WITHDRAWN:
                taken_back = push.claim_withdrawals[-1]
                late = taken_back.claim_rule is not ClaimRuleCited.DEEMED and taken_back.claimed_at >= push.claim_due_at
                assert late or push.claim_due_at > taken_back.at
            if push.state in TO_BE_DECIDED:
                assert push.returned is not None
        assert bodies
