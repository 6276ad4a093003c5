"""What is done with a push after a limit of it has passed and before the schedule has run (R-HND-4, R-HND-5)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from services.handover import wiring
from services.handover.domain.claims import ClaimRuleCited
from services.handover.domain.pushes import Move
from services.handover.logic import pushes, returns
from services.handover.schemas.pushes import ClaimWithdrawalRequest
from services.handover.schemas.returns import RelayRequest, ReturnRequest, UpholdRequest
from shared.contracts.change import Context
from shared.contracts.departments import Department, DepartmentState
from shared.contracts.items import ClaimRule
from shared.contracts.vocabulary import OnOverdue, PushState, ReturnReason, TimeLimit
from shared.kernel.clock import from_text
from shared.kernel.errors import Refused
from shared.kernel.permissions import Role
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, department
from tests.support.push_desk import PROVINCE, Push, PushDesk, a_city, context_of, know_department, lapse_at

A_WHILE = timedelta(seconds=30)
"""The schedule comes every minute."""

TOLD_OF = (("push", "push_id"), ("term", "subject"))

RETURNED = ReturnRequest(reason=ReturnReason.OTHER_AREA, text="经营地址不在本辖区")

pytestmark = pytest.mark.usefixtures("table")


def city(gateway: Gateway, on_overdue: OnOverdue) -> PushDesk:
    return a_city(gateway, claim=ClaimRule(limit=TimeLimit(amount=1, unit="hour"), on_overdue=on_overdue))


def after_limit(push: Push) -> datetime:
    return from_text(push["claim_due_at"]) + A_WHILE


def liaison(now: datetime) -> Context:
    return context_of(MARKET, now, Role.LIAISON)


def told_since(push: Push) -> list[str]:
    """What was told of a push, and of what is owed of it, since it was delivered."""
    of_it = [
        event.type
        for event in wiring.cases().events(push["case_id"])
        if push["push_id"] in {event.data.body.get(name, {}).get(key) for name, key in TOLD_OF}
    ]
    return of_it[of_it.index("push.delivered.v1") + 1 :]


class TestWhereSilenceIsTheClaim:
    @pytest.fixture
    def desk(self, gateway: Gateway) -> PushDesk:
        return city(gateway, OnOverdue.DEEMED_CLAIMED)

    @pytest.mark.parametrize("swept", [False, True])
    @pytest.mark.parametrize(
        ("move", "code"),
        [
            (lambda now, push: pushes.claim_push(wiring.office(), liaison(now), push), "already_claimed"),
            (lambda now, push: returns.return_push(wiring.office(), liaison(now), push, RETURNED), "wrong_state"),
            (
                lambda now, push: returns.relay_push(
                    wiring.office(), liaison(now), push, RelayRequest(department=PROVINCE, reason="由省局监管")
                ),
                "wrong_state",
            ),
        ],
    )
    def test_it_is_claimed_whether_or_not_the_schedule_has_run(
        self, move: Callable[[datetime, str], object], code: str, desk: PushDesk, *, swept: bool
    ) -> None:
        """R-HND-5: what comes of it does not depend on the second."""
        push = desk.accept()
        if swept:
            lapse_at(after_limit(push))
        with pytest.raises(Refused) as refused:
            move(after_limit(push), push["push_id"])
        assert refused.value.code == code
        assert code != "already_claimed" or "system:deemed" in refused.value.en

    def test_taken_back_before_the_schedule_came_both_entries_and_both_receipts_are_there(self, desk: PushDesk) -> None:
        """R-HND-4, R-HND-8: claimed and taken back in one act."""
        push = desk.accept()
        request = ClaimWithdrawalRequest(reason="不在本辖区")
        taken_back = pushes.withdraw_claim(wiring.office(), liaison(after_limit(push)), push["push_id"], request)
        assert taken_back.state is PushState.CLAIM_WITHDRAWN
        assert taken_back.claim_withdrawals[0].claim_rule == ClaimRuleCited.DEEMED
        assert told_since(push) == ["push.claimed.v1", "push.claim_withdrawn.v1"]
        kinds = [each.body.kind for each in wiring.cases().receipts(push["case_id"], push["push_id"])]
        assert kinds == ["push", "claim"]

    @pytest.mark.parametrize(
        "gone",
        [
            department(MARKET, version=5).model_copy(update={"state": DepartmentState.SUSPENDED}),
            department(MARKET, version=5, active=False),
            department(MARKET, version=5).model_copy(
                update={"state": DepartmentState.MERGED, "successor": "dept_01UNHEARDOF00000000000000"}
            ),
        ],
    )
    def test_where_nobody_could_have_claimed_silence_is_no_claim(self, gone: Department, desk: PushDesk) -> None:
        """R-HND-5, R-ORG-2: it is visibly overdue, so that somebody looks."""
        push = desk.accept()
        know_department(gone)
        assert desk.lapse(push)["state"] == "overdue_unclaimed"

    def test_whoever_answers_for_a_merged_department_could_have_claimed(self, desk: PushDesk) -> None:
        """R-HND-5, R-ORG-1."""
        push = desk.accept()
        merged = {"state": DepartmentState.MERGED, "successor": HEALTH}
        know_department(department(MARKET, version=5).model_copy(update=merged))
        assert desk.lapse(push)["state"] == "claimed"


class TestWhereSilenceIsNoClaim:
    @pytest.fixture
    def desk(self, gateway: Gateway) -> PushDesk:
        return city(gateway, OnOverdue.ESCALATE)

    @pytest.mark.parametrize("swept", [False, True])
    def test_what_is_returned_late_was_overdue_and_missed_first(self, desk: PushDesk, *, swept: bool) -> None:
        """R-HND-4: nobody is rid of having been late by returning it before somebody looked."""
        push = desk.accept()
        if swept:
            lapse_at(after_limit(push))
        moved = returns.return_push(wiring.office(), liaison(after_limit(push)), push["push_id"], RETURNED)
        assert moved.push.state is PushState.RETURNED
        assert told_since(push) == [
            "push.overdue.v1",
            "term.missed.v1",
            "push.returned.v1",
            "term.settled.v1",
        ]

    def test_what_is_claimed_late_was_overdue_and_missed_first(self, desk: PushDesk) -> None:
        """R-HND-4: the answer is the claim's own receipt."""
        push = desk.accept()
        claimed = pushes.claim_push(wiring.office(), liaison(after_limit(push)), push["push_id"])
        assert claimed.state is PushState.CLAIMED_LATE
        assert claimed.receipt.body.kind == "claim"
        assert told_since(push) == ["push.overdue.v1", "term.missed.v1", "push.claimed.v1", "term.settled.v1"]

    def test_what_is_opened_late_for_the_first_time_was_overdue_first(self, desk: PushDesk) -> None:
        """R-HND-4."""
        push = desk.accept()
        seen = pushes.view_push(wiring.office(), liaison(after_limit(push)), push["push_id"]).push
        assert (seen.state, seen.viewed_at) == (PushState.OVERDUE_UNCLAIMED, after_limit(push))

    def test_in_the_last_moment_of_the_limit_nothing_is_late(self, desk: PushDesk) -> None:
        """R-HND-5."""
        push = desk.accept()
        last = from_text(push["claim_due_at"]) - timedelta(milliseconds=1)
        assert pushes.claim_push(wiring.office(), liaison(last), push["push_id"]).state is PushState.CLAIMED
        assert told_since(push) == ["push.claimed.v1"]

    def test_a_return_that_is_decided_late_was_missed_first(self, desk: PushDesk) -> None:
        """R-HND-4, R-HND-14: the sender's limit too."""
        push = desk.done(desk.accept(), Move.RETURN)
        stored = wiring.cases().case(push["case_id"])
        assert stored is not None
        (due,) = (term.due_at for term in stored.state.terms if term.subject == push["push_id"])
        assert due is not None
        late = context_of(BUREAU, due + A_WHILE, Role.APPROVER)
        upheld = returns.uphold_push(wiring.office(), late, push["push_id"], UpholdRequest(text="依三定方案"))
        assert upheld.push.state is PushState.UPHELD
        assert told_since(push)[-3:] == ["term.missed.v1", "push.upheld.v1", "term.settled.v1"]
