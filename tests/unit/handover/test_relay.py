"""What another level supervises is relayed up or down the line; who relays is the sender from then on (R-HND-9)."""

import pytest

from services.handover.domain.lines import LONGEST_LINE
from services.handover.domain.pushes import Move
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.vocabulary import PushState
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, department
from tests.support.push_desk import COUNTY, PROVINCE, Push, PushDesk, a_city, know_department

RETURN = {"reason": "other_level", "text": "应由市局监管"}


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def relayed(desk: PushDesk, push: Push, to: str) -> Push:
    answer = desk.move(push, Move.RELAY, department=to)
    assert answer.status == 200, answer.text
    successor: Push = answer.json["successor"]
    return successor


@pytest.mark.parametrize("to", [PROVINCE, COUNTY])
def test_a_push_is_relayed_up_and_down_the_line_and_the_bureau_sees_it(to: str, desk: PushDesk) -> None:
    """R-HND-9, X II(2)2, II(3)2."""
    push = desk.accept()
    successor = relayed(desk, push, to)
    ended = desk.now(push)
    assert (ended["state"], ended["successor"], ended["ended_reason"]) == (
        "relayed",
        successor["push_id"],
        "由省局监管",
    )
    assert (successor["department"], successor["sender"], successor["bureau"]) == (to, MARKET, BUREAU)
    assert successor["origin"] == {"kind": "relay", "of": push["push_id"], "reason": "由省局监管"}
    assert successor["place"] == push["place"]
    assert desk.event_types(push)[-2:] == ["push.relayed.v1", "push.delivered.v1"]
    assert desk.done(successor, Move.CLAIM)["state"] == "claimed"


def test_the_receipt_of_what_is_relayed_names_who_relayed_it(desk: PushDesk) -> None:
    """R-HND-8, R-HND-9."""
    answer = desk.move(desk.accept(), Move.RELAY).json
    assert [each["body"]["sender"] for each in answer["receipts"]] == [MARKET]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (HEALTH, "department_of_another_line"),
        (MARKET, "department_has_it"),
        ("dept_01STRANGER00000000000000000", "department_unknown"),
    ],
)
def test_it_is_relayed_to_nobody_outside_the_line(to: str, code: str, desk: PushDesk) -> None:
    """R-HND-9."""
    push = desk.accept()
    refused = desk.move(push, Move.RELAY, department=to)
    assert refused.status == 400
    assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [("/department", code)]
    assert desk.place(push) == [push]


def test_a_line_is_followed_so_far_and_no_further_and_a_circle_in_it_ends(desk: PushDesk) -> None:
    """R-HND-9, R-ORG-1: the registry's news may come in any order, so that lines may look odd for a while."""
    ladder = [f"dept_01STEP{number:02d}0000000000000000000" for number in range(LONGEST_LINE + 1)]
    for lower, upper in zip([PROVINCE, *ladder], ladder, strict=False):
        know_department(department(lower, version=2).model_copy(update={"superior": upper}))
    know_department(department(ladder[-1]).model_copy(update={"superior": PROVINCE}))
    push = desk.accept()
    refused = desk.move(push, Move.RELAY, department=ladder[LONGEST_LINE - 1])
    assert refused.json["errors"][0]["code"] == "department_of_another_line"
    assert desk.move(push, Move.RELAY, department=ladder[LONGEST_LINE - 2]).status == 200


def test_the_line_goes_on_through_a_department_that_was_merged(desk: PushDesk) -> None:
    """R-ORG-1: whoever named it goes on naming it."""
    heir = "dept_01HEIR0000000000000000000000"
    know_department(department(heir))
    merged = {"state": DepartmentState.MERGED, "successor": heir}
    know_department(department(PROVINCE, version=2).model_copy(update=merged))
    push = desk.accept()
    assert desk.move(push, Move.RELAY).json["errors"][0]["code"] == "department_merged"
    assert relayed(desk, push, heir)["department"] == heir


def test_the_return_of_what_was_relayed_is_decided_by_who_relayed_it_and_not_by_the_bureau(desk: PushDesk) -> None:
    """R-HND-4, R-HND-9."""
    successor = relayed(desk, desk.accept(), COUNTY)
    desk.done(successor, Move.RETURN)
    assert desk.move(successor, Move.UPHOLD).json["code"] == "not_your_department"
    upheld = desk.liaison(MARKET).post(f"/v1/pushes/{successor['push_id']}/uphold", {"text": "属县局职责"})
    assert upheld.json["push"]["state"] == "upheld"


def test_who_relayed_it_reassigns_within_its_own_line_or_takes_it_back(desk: PushDesk) -> None:
    """R-HND-4, R-HND-9: and the bureau decides again on what was taken back."""
    successor = relayed(desk, desk.accept(), COUNTY)
    desk.done(successor, Move.RETURN)
    url, market = f"/v1/pushes/{successor['push_id']}/reassign", desk.liaison(MARKET)
    refused = market.post(url, {"department": HEALTH, "text": "属卫健职责"})
    assert refused.json["errors"][0]["code"] == "department_of_another_line"
    back = market.post(url, {"department": MARKET, "text": "由市局监管"}).json["successor"]
    assert (back["department"], back["sender"], back["place"]) == (MARKET, BUREAU, successor["place"])
    desk.done(back, Move.RETURN)
    assert desk.done(back, Move.WITHDRAW)["state"] == "withdrawn"


def test_a_relay_that_is_withdrawn_comes_back_to_who_relayed_it(desk: PushDesk) -> None:
    """R-HND-4, R-HND-7: nobody is rid of a duty by relaying it and thinking better of it."""
    successor = relayed(desk, desk.accept(), PROVINCE)
    assert desk.move(successor, Move.WITHDRAW).json["code"] == "not_your_department"
    answer = desk.liaison(MARKET).post(f"/v1/pushes/{successor['push_id']}/withdraw", {"reason": "仍由市局监管"})
    back = answer.json["successor"]
    assert answer.json["push"]["state"] == "withdrawn"
    assert (back["department"], back["sender"], back["state"]) == (MARKET, BUREAU, "delivered")
    assert [each["state"] for each in desk.place(back)] == ["relayed", "withdrawn", "delivered"]


def test_over_two_relays_each_sender_gets_back_what_it_sent(desk: PushDesk) -> None:
    """R-HND-9."""
    know_department(department(MARKET, version=2).model_copy(update={"superior": None}))
    know_department(department(COUNTY, version=2).model_copy(update={"superior": MARKET}))
    town = "dept_01TOWN0000000000000000000000"
    know_department(department(town).model_copy(update={"superior": COUNTY}))
    county = relayed(desk, desk.accept(), COUNTY)
    last = relayed(desk, county, town)
    withdrawn = desk.liaison(COUNTY).post(f"/v1/pushes/{last['push_id']}/withdraw", {"reason": "仍由县局监管"})
    again = withdrawn.json["successor"]
    assert (again["department"], again["sender"]) == (COUNTY, MARKET)
    withdrawn = desk.liaison(MARKET).post(f"/v1/pushes/{again['push_id']}/withdraw", {"reason": "仍由市局监管"})
    assert (withdrawn.json["successor"]["department"], withdrawn.json["successor"]["sender"]) == (MARKET, BUREAU)


def test_what_was_relayed_is_returned_and_never_relayed_back(desk: PushDesk) -> None:
    """R-HND-9."""
    successor = relayed(desk, desk.accept(), COUNTY)
    refused = desk.move(successor, Move.RELAY, department=MARKET)
    assert refused.json["errors"][0]["code"] == "department_had_it"
    assert desk.liaison(COUNTY).post(f"/v1/pushes/{successor['push_id']}/return", RETURN).status == 200


def test_only_the_department_that_has_it_relays_it(desk: PushDesk) -> None:
    """R-HND-9."""
    push = desk.in_state(PushState.VIEWED)
    body = {"department": PROVINCE, "reason": "由省局监管"}
    for someone in (PROVINCE, BUREAU, HEALTH):
        refused = desk.liaison(someone).post(f"/v1/pushes/{push['push_id']}/relay", body)
        assert refused.json["code"] == "not_your_department"
