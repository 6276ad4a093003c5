"""To whom a later act goes: whoever holds each place by now, by an open way, and nobody else (R-HND-3, R-HND-7)."""

from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.pushes import Move
from services.handover.domain.returns import MOST_PASSED_ON
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.vocabulary import ItemStanding
from shared.kernel.clock import utc_now
from tests.support.city_clock import hear, pass_time
from tests.support.gateway import Gateway
from tests.support.handover_builders import HEALTH, MARKET, decision, department, item, later_act, supervisor
from tests.support.push_desk import COUNTY, PROVINCE, Push, PushDesk, a_city

Json = dict[str, Any]


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def decided(desk: PushDesk) -> Push:
    """The decision's push of a new case, which its department has not claimed."""
    number = desk.accept()["case_number"]
    push: Push = desk.bureau().post("/v1/decisions", decision(case_number=number)).json["pushes"][0]
    return push


def act(desk: PushDesk, push: Push, stage: str = "amendment", number: int = 1) -> Json:
    """What the bureau is answered for a later act on the licence of a push."""
    said = {
        "stage": stage,
        "document_number": f"示审批〔2026〕{number}号",
        "done_at": f"2026-03-{20 + number}T10:00:00+08:00",
    }
    why = {} if stage == "amendment" else {"reason": "申请材料虚假", "legal_basis": "《行政许可法》第六十九条"}
    body = later_act(case_number=push["case_number"], act={**said, **why})
    answer = desk.bureau().post("/v1/later-acts", body)
    assert answer.status == 201, answer.text
    told: Json = answer.json
    return told


def sent_to(answer: Json) -> list[str]:
    return [push["department"] for push in answer["pushes"]]


def waiting(answer: Json) -> list[tuple[str, str]]:
    return [(part["department"], part["reason"]) for part in answer["unrouted"]]


def answerable(desk: PushDesk, push: Push) -> list[tuple[str, str]]:
    """Who is answerable now, for what, place by place; that it has neither gap nor overlap is looked at as well."""
    answer = desk.bureau().get(f"/v1/cases/{push['case_id']}/responsibility").json
    assert answer["complete"]
    return [(each["answerable"], each["phase"]) for each in answer["now"]]


def pushed(push: Push, department: str) -> list[Push]:
    stored = wiring.cases().case(push["case_id"])
    assert stored
    return [each.model_dump(mode="json") for each in stored.state.pushes if each.department == department]


def tell(*changes: Any) -> None:
    hear(*changes)
    pass_time()


def merged(into: str) -> Any:
    return department(MARKET, version=5).model_copy(update={"state": DepartmentState.MERGED, "successor": into})


SUSPENDED = department(MARKET, version=5).model_copy(update={"state": DepartmentState.SUSPENDED})


class TestWhoHoldsThePlace:
    def test_what_was_relayed_is_followed_to_whoever_has_it_and_not_also_to_who_relayed_it(
        self, desk: PushDesk
    ) -> None:
        """R-HND-9, R-HND-7: one place, one body."""
        push = decided(desk)
        relayed = desk.move(push, Move.RELAY, department=PROVINCE).json["successor"]
        desk.done(relayed, Move.CLAIM)
        answer = act(desk, push)
        assert sent_to(answer) == [PROVINCE]
        assert [each["place"] for each in answer["pushes"]] == [push["place"]]
        assert answerable(desk, push) == [(PROVINCE, "supervising")]

    def test_what_was_reassigned_is_followed_to_whoever_has_it(self, desk: PushDesk) -> None:
        """R-HND-4, R-HND-7: also where the one before had earlier acts, and claims one of them."""
        push = decided(desk)
        desk.done(push, Move.CLAIM)
        (amendment,) = act(desk, push)["pushes"]
        desk.done(push, Move.WITHDRAW_CLAIM)
        desk.done(push, Move.RETURN)
        desk.done(desk.move(push, Move.REASSIGN).json["successor"], Move.CLAIM)
        desk.done(amendment, Move.CLAIM)
        assert sent_to(act(desk, push, "cancellation", 2)) == [HEALTH]
        assert answerable(desk, push) == [(HEALTH, "supervising")]

    def test_an_act_that_is_passed_on_by_itself_leaves_the_place_with_its_holder(self, desk: PushDesk) -> None:
        """R-HND-4, R-HND-7."""
        push = decided(desk)
        desk.done(push, Move.CLAIM)
        (amendment,) = act(desk, push)["pushes"]
        desk.done(amendment, Move.RETURN)
        desk.move(amendment, Move.REASSIGN)
        assert answerable(desk, push) == [(MARKET, "supervising")]
        assert sent_to(act(desk, push, "cancellation", 2)) == [MARKET]

    def test_who_is_named_anew_gets_a_place_of_its_own_beside_it(self, desk: PushDesk) -> None:
        """R-HND-3, R-REG-4."""
        push = decided(desk)
        desk.done(desk.move(push, Move.RELAY, department=PROVINCE).json["successor"], Move.CLAIM)
        hear(item(version=2, supervisors=(supervisor(MARKET), supervisor(HEALTH)), effective_from=utc_now()))
        assert sent_to(act(desk, push)) == [HEALTH, PROVINCE]
        assert sorted(answerable(desk, push)) == [(HEALTH, "receiving"), (PROVINCE, "supervising")]

    def test_a_merged_departments_place_is_its_successors_from_the_next_act_on(self, desk: PushDesk) -> None:
        """R-ORG-1, R-HND-7: the dead department supervises nothing, and nobody supervises twice."""
        push = decided(desk)
        desk.done(push, Move.CLAIM)
        hear(merged(HEALTH))
        answer = act(desk, push)
        assert [(each["department"], each["place"]) for each in answer["pushes"]] == [(HEALTH, push["place"])]
        assert answerable(desk, push) == [(HEALTH, "supervising")]
        desk.move(push, Move.WITHDRAW_CLAIM, by=desk.liaison(HEALTH))
        assert answerable(desk, push) == [(HEALTH, "receiving")]

    def test_acts_do_not_use_up_how_often_a_place_changes_hands(self, desk: PushDesk) -> None:
        """R-HND-4: each act is passed on so often by itself."""
        push = decided(desk)
        for number in range(MOST_PASSED_ON + 1):
            act(desk, push, number=number - 5)
        assert desk.move(push, Move.RELAY, department=PROVINCE).status == 200

    def test_who_passed_the_decision_on_may_be_relayed_a_later_act(self, desk: PushDesk) -> None:
        """R-HND-9: it never had this one."""
        push = decided(desk)
        desk.done(desk.move(push, Move.RELAY, department=PROVINCE).json["successor"], Move.CLAIM)
        (amendment,) = act(desk, push)["pushes"]
        down = desk.move(amendment, Move.RELAY, department=MARKET)
        assert down.status == 200, down.text
        assert desk.move(down.json["successor"], Move.RELAY, department=PROVINCE).status == 400

    def test_what_the_bureau_still_owes_to_somebody_stays_its_own_whoever_hears_of_an_act(self, desk: PushDesk) -> None:
        """R-HND-7, R-HND-15."""
        push = decided(desk)
        desk.done(push, Move.WITHDRAW)
        assert sent_to(act(desk, push)) == [MARKET]
        bureau = push["bureau"]
        assert answerable(desk, push) == [(bureau, "withdrawn")]
        desk.move(push, Move.REASSIGN)
        assert answerable(desk, push) == [(HEALTH, "receiving")]
        assert sent_to(act(desk, push, "cancellation", 2)) == [HEALTH]

    def test_what_nobody_was_to_have_is_had_again_by_whom_the_next_act_is_pushed_to(self, desk: PushDesk) -> None:
        """R-HND-3, R-HND-7: in the same place, so that there is one answer."""
        push = decided(desk)
        desk.done(push, Move.WITHDRAW_NOBODY_INSTEAD)
        (cancelled,) = act(desk, push, "cancellation")["pushes"]
        assert (cancelled["department"], cancelled["place"]) == (MARKET, push["place"])
        assert answerable(desk, push) == [(MARKET, "receiving")]
        desk.done(cancelled, Move.CLAIM)
        assert answerable(desk, push) == [(MARKET, "supervising")]


class TestWhetherTheWayIsOpen:
    @pytest.mark.parametrize(
        ("gone", "reason"),
        [
            (SUSPENDED, "department_suspended"),
            (department(MARKET, version=5, active=False), "department_without_liaison"),
        ],
    )
    @pytest.mark.parametrize("still_named", [True, False])
    def test_a_holder_that_can_take_nothing_is_waited_for(
        self, gone: Any, reason: str, desk: PushDesk, *, still_named: bool
    ) -> None:
        """R-HND-15: never pushed to who cannot receive, never lost, never twice."""
        push = decided(desk)
        desk.done(push, Move.CLAIM)
        if not still_named:
            hear(item(version=2, supervisors=(supervisor(HEALTH),), effective_from=utc_now()))
        hear(gone)
        answer = act(desk, push)
        assert sent_to(answer) == ([] if still_named else [HEALTH])
        assert waiting(answer) == [(MARKET, f"{reason}: {MARKET}")]
        tell(department(MARKET, version=6))
        amended = [each for each in pushed(push, MARKET) if each["stage"] == "amendment"]
        assert [each["place"] for each in amended] == [push["place"]]
        assert answerable(desk, push)[0] == (MARKET, "supervising")

    def test_under_a_retired_item_a_merged_holders_successor_gets_it(self, desk: PushDesk) -> None:
        """R-HND-15, R-ORG-1."""
        push = decided(desk)
        desk.done(push, Move.CLAIM)
        hear(item(version=2, standing=ItemStanding.RETIRED, effective_from=utc_now()), merged(HEALTH))
        answer = act(desk, push, "rescission")
        assert (sent_to(answer), answer["unrouted"]) == ([HEALTH], [])
        assert answerable(desk, push) == [(HEALTH, "supervising")]

    def test_under_a_retired_item_a_suspended_holder_is_waited_for_and_not_the_item(self, desk: PushDesk) -> None:
        """R-HND-15."""
        push = decided(desk)
        desk.done(push, Move.CLAIM)
        hear(item(version=2, standing=ItemStanding.RETIRED, effective_from=utc_now()), SUSPENDED)
        answer = act(desk, push, "rescission")
        assert (sent_to(answer), waiting(answer)) == ([], [(MARKET, f"department_suspended: {MARKET}")])
        tell(department(MARKET, version=6))
        rescinded = [each for each in pushed(push, MARKET) if each["stage"] == "rescission"]
        assert [(each["place"], each["item_version"]) for each in rescinded] == [(push["place"], 1)]

    def test_what_waited_for_a_holder_goes_to_who_holds_the_place_by_then(self, desk: PushDesk) -> None:
        """R-HND-15, R-HND-4."""
        push = decided(desk)
        hear(SUSPENDED)
        act(desk, push)
        desk.done(push, Move.WITHDRAW)
        desk.move(push, Move.REASSIGN)
        tell(department(MARKET, version=6))
        assert [each["stage"] for each in pushed(push, HEALTH)] == ["decision", "amendment"]
        assert answerable(desk, push) == [(HEALTH, "receiving")]

    def test_sent_on_by_hand_it_goes_in_the_place_it_was_meant_for(self, desk: PushDesk) -> None:
        """R-HND-15, R-HND-7: who is told of an act does not thereby supervise."""
        push = decided(desk)
        desk.done(push, Move.CLAIM)
        hear(SUSPENDED)
        (part,) = act(desk, push)["unrouted"]
        body = {"departments": [{"department": COUNTY, "part": "lead"}], "reason": "经协调先行接收"}
        routed = desk.bureau().post(f"/v1/unrouted/{part['unrouted_id']}/route", body).json
        assert [each["place"] for each in routed["pushes"]] == [push["place"]]
        assert answerable(desk, push) == [(MARKET, "supervising")]
