"""A push that is not the department's duty: returned, decided by its sender or the joint conference (R-HND-4)."""

from datetime import timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.pushes import Move
from services.handover.domain.returns import MOST_PASSED_ON
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.items import ClaimRule
from shared.contracts.terms import Term
from shared.contracts.vocabulary import ClaimMode, DepartmentKind, PushState, TermKind
from shared.kernel.clock import from_text
from shared.kernel.permissions import Role
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, STRANGER, decision, department
from tests.support.push_desk import COUNTY, PROVINCE, PushDesk, a_city, know_department, lapse_at

NEW_BUREAU = "dept_01NEWBUREAU00000000000000"


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def test_a_return_says_why_and_by_whom_and_the_sender_then_owes_a_decision(desk: PushDesk) -> None:
    """R-HND-4, R-HND-14."""
    push = desk.in_state(PushState.RETURNED)
    assert push["returned"]["reason"] == "other_area"
    assert push["returned"]["text"] == "经营地址不在本辖区"
    assert push["returned"]["by"]
    assert desk.event_types(push)[-1] == "push.returned.v1"
    assert desk.lapse(push)["state"] == "returned"


def test_upheld_it_stays_where_it_is_and_must_be_claimed_within_a_new_limit(desk: PushDesk) -> None:
    """R-HND-4, R-HND-5."""
    push = desk.in_state(PushState.RETURNED)
    upheld = desk.done(push, Move.UPHOLD)
    assert upheld["decided"]["conference_document"] == "示联席纪〔2026〕3号"
    assert from_text(upheld["claim_due_at"]) == from_text(upheld["decided"]["at"]) + timedelta(hours=1)
    assert from_text(upheld["claim_due_at"]) > from_text(push["claim_due_at"])
    assert desk.done(push, Move.CLAIM)["state"] == "claimed"


def test_reassigned_it_ends_and_another_fills_its_place_in_the_same_act(desk: PushDesk) -> None:
    """R-HND-4, R-HND-8."""
    push = desk.in_state(PushState.RETURNED)
    answer = desk.move(push, Move.REASSIGN).json
    ended, successor = desk.place(push)
    assert (answer["push"], answer["successor"]) == (ended, successor)
    assert (ended["state"], ended["successor"]) == ("reassigned", successor["push_id"])
    assert (successor["state"], successor["department"]) == ("delivered", HEALTH)
    assert successor["origin"] == {"kind": "reassignment", "of": push["push_id"], "reason": "属卫健职责"}
    kept = (
        "place",
        "sender",
        "stage",
        "content_hash",
        "part",
        "item_version",
        "claim_mode",
        "claim_limit",
        "on_overdue",
    )
    assert {name: successor[name] for name in kept} == {name: push[name] for name in kept}
    assert from_text(successor["claim_due_at"]) == from_text(successor["delivered_at"]) + timedelta(hours=1)
    (half,) = answer["receipts"]
    assert (half["body"]["kind"], half["body"]["push_id"], half["body"]["department"]) == (
        "push",
        successor["push_id"],
        HEALTH,
    )
    assert desk.event_types(push)[-2:] == ["push.reassigned.v1", "push.delivered.v1"]
    assert desk.done(successor, Move.CLAIM)["state"] == "claimed"


def test_where_delivery_is_the_claim_the_department_it_is_reassigned_to_has_it_at_once(gateway: Gateway) -> None:
    """R-HND-5: on_push."""
    desk = a_city(gateway, claim=ClaimRule(mode=ClaimMode.ON_PUSH))
    push = desk.accept()
    desk.done(push, Move.WITHDRAW_CLAIM)
    desk.done(push, Move.RETURN)
    answer = desk.move(push, Move.REASSIGN).json
    assert answer["successor"]["state"] == "claimed"
    assert [each["body"]["kind"] for each in answer["receipts"]] == ["push", "claim"]


@pytest.mark.parametrize("move", [Move.UPHOLD, Move.REASSIGN])
def test_what_the_joint_conference_was_asked_is_decided_with_its_document(move: Move, desk: PushDesk) -> None:
    """R-HND-4, R-OVS-5."""
    push = desk.in_state(PushState.REFERRED)
    assert push["referral"]["text"] == "提请议定"
    refused = desk.move(push, move, conference_document=None)
    assert [each["pointer"] for each in refused.json["errors"]] == ["/conference_document"]
    assert desk.done(push, move)["decided"]["conference_document"] == "示联席纪〔2026〕3号"


@pytest.mark.parametrize("move", [Move.REFER, Move.UPHOLD, Move.REASSIGN, Move.WITHDRAW])
@pytest.mark.parametrize(
    ("someone", "role"),
    [(STRANGER, Role.APPROVER), (MARKET, Role.LIAISON), (BUREAU, Role.LIAISON), (MARKET, Role.APPROVER)],
)
def test_nobody_but_its_sender_decides_on_a_return(move: Move, someone: str, role: Role, desk: PushDesk) -> None:
    """R-HND-4: the bureau, by those who act for it."""
    push = desk.in_state(PushState.RETURNED)
    refused = desk.move(push, move, by=desk.gateway.with_principal(someone, role))
    assert (refused.status, refused.json["code"]) == (403, "not_your_department")
    assert desk.now(push) == push


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (STRANGER, "department_unknown"),
        (MARKET, "department_has_it"),
        ("dept_01SUSPENDED000000000000000", "department_suspended"),
        ("dept_01MERGED00000000000000000", "department_merged"),
        ("dept_01SILENT00000000000000000", "department_without_liaison"),
        ("dept_01OVERSIGHT00000000000000", "department_does_not_supervise"),
    ],
)
def test_it_is_reassigned_to_nobody_who_cannot_take_it(target: str, code: str, desk: PushDesk) -> None:
    """R-HND-4, R-HND-15, R-ORG-2."""
    changes: dict[str, dict[str, Any]] = {
        "dept_01SUSPENDED000000000000000": {"state": DepartmentState.SUSPENDED},
        "dept_01MERGED00000000000000000": {"state": DepartmentState.MERGED, "successor": HEALTH},
        "dept_01SILENT00000000000000000": {"liaisons": ()},
        "dept_01OVERSIGHT00000000000000": {"kind": DepartmentKind.OVERSIGHT},
    }
    if target in changes:
        know_department(department(target).model_copy(update=changes[target]))
    push = desk.in_state(PushState.RETURNED)
    refused = desk.move(push, Move.REASSIGN, department=target)
    assert refused.status == 400
    assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [("/department", code)]
    assert desk.place(push) == [push]


def test_withdrawn_by_its_sender_it_ends_with_the_reason(desk: PushDesk) -> None:
    """R-HND-4."""
    push = desk.done(desk.accept(), Move.WITHDRAW)
    assert (push["state"], push["ended_reason"], push["successor"]) == ("withdrawn", "推送有误", None)
    assert desk.event_types(push)[-1] == "push.withdrawn.v1"


def test_a_place_changes_hands_so_often_and_no_more(desk: PushDesk) -> None:
    """R-HND-4: then the duty is settled where it is, or by the joint conference."""
    push, turns = desk.accept(), [HEALTH, MARKET]
    for number in range(MOST_PASSED_ON):
        desk.done(push, Move.RETURN)
        answer = desk.move(push, Move.REASSIGN, department=turns[number % 2])
        assert answer.status == 200, answer.text
        push = answer.json["successor"]
    desk.done(push, Move.RETURN)
    refused = desk.move(push, Move.REASSIGN, department=turns[MOST_PASSED_ON % 2])
    assert refused.json["code"] == "passed_on_too_often"
    assert desk.done(push, Move.REFER)["state"] == "referred"
    assert desk.done(push, Move.UPHOLD)["state"] == "upheld"


def test_the_successor_of_a_merged_bureau_decides_in_its_place(desk: PushDesk) -> None:
    """R-ORG-1: whatever names a merged department goes on naming it; its successor answers."""
    push = desk.in_state(PushState.RETURNED)
    url, body = f"/v1/pushes/{push['push_id']}/uphold", {"text": "依三定方案"}
    assert desk.bureau(NEW_BUREAU).post(url, body).json["code"] == "not_your_department"
    merged = {"kind": DepartmentKind.APPROVAL, "state": DepartmentState.MERGED, "successor": NEW_BUREAU}
    know_department(department(BUREAU, version=2).model_copy(update=merged))
    assert desk.bureau(NEW_BUREAU).post(url, body).status == 200


def test_the_successor_of_a_merged_department_opens_claims_and_returns_what_was_pushed_to_it(desk: PushDesk) -> None:
    """R-ORG-1, R-HND-15: also over two mergers."""
    first, second = desk.accept(), desk.accept()
    for merged, successor in ((MARKET, COUNTY), (COUNTY, HEALTH)):
        changes = {"state": DepartmentState.MERGED, "successor": successor}
        know_department(department(merged, version=2).model_copy(update=changes))
    heir = desk.liaison(HEALTH)
    assert heir.get(f"/v1/pushes/{first['push_id']}").status == 200
    assert heir.post(f"/v1/pushes/{first['push_id']}/claim", None).status == 200
    body = {"reason": "other", "text": "已划出"}
    assert heir.post(f"/v1/pushes/{second['push_id']}/return", body).json["push"]["state"] == "returned"
    assert desk.liaison(PROVINCE).get(f"/v1/pushes/{first['push_id']}").json["code"] == "not_your_department"


def test_a_returned_decision_does_not_hold_up_the_case(desk: PushDesk) -> None:
    """R-HND-2: the result is pushed in a place of its own."""
    push = desk.in_state(PushState.RETURNED)
    result = desk.bureau().post("/v1/decisions", decision(case_number=push["case_number"]))
    assert result.status == 201
    assert result.json["pushes"][0]["place"] != push["place"]


def test_what_the_bureau_withdrew_it_owes_to_somebody_until_it_gives_it_or_says_that_nobody_is_to_have_it(
    desk: PushDesk,
) -> None:
    """R-HND-7, R-HND-15: nothing is dropped by taking it back; the limit and its reminders say so."""
    push = desk.accept()
    desk.done(push, Move.WITHDRAW)
    assert owed(push) == {(TermKind.ROUTING, push["push_id"])}

    answer = desk.move(push, Move.REASSIGN)
    successor = answer.json["successor"]
    assert (successor["place"], successor["origin"]["of"]) == (push["place"], push["push_id"])
    assert owed(push) == {(TermKind.CLAIM, successor["push_id"])}

    bureau = desk.gateway.with_principal(BUREAU, Role.APPROVER)
    path = f"/v1/pushes/{successor['push_id']}/withdraw"
    assert bureau.post(path, {"reason": "推送有误", "nobody_instead": True}).status == 200
    assert owed(push) == set()
    assert bureau.post(path, {"reason": "推送有误"}).json["code"] == "wrong_state"


def test_what_is_withdrawn_is_not_withdrawn_again_to_be_owed_anew(desk: PushDesk) -> None:
    """R-HND-14, R-HND-15: the limit runs from the first time, and what was missed stays missed."""
    first = desk.done(desk.accept(), Move.WITHDRAW)
    (due,) = (term.due_at for term in terms_of(first) if term.kind is TermKind.ROUTING)
    assert due is not None
    lapse_at(due)
    missed = terms_of(first)
    refused = desk.move(first, Move.WITHDRAW)
    assert (refused.status, refused.json["code"]) == (409, "wrong_state")
    assert refused.json["detail_en"].endswith("from here: reassign, withdraw_nobody_instead.")
    assert desk.now(first) == first
    assert terms_of(first) == missed
    assert desk.event_types(first)[-1] == "term.missed.v1"

    given_up = desk.done(first, Move.WITHDRAW_NOBODY_INSTEAD)
    assert (given_up["ended_at"], given_up["ended_reason"]) == (first["ended_at"], "无须监管")
    assert owed(first) == set()
    assert desk.event_types(first)[-2:] == ["push.withdrawn.v1", "term.settled.v1"]


@pytest.mark.parametrize("state", [PushState.CLAIMED, PushState.CLAIMED_LATE])
def test_what_is_claimed_is_moved_by_the_joint_conference_alone(state: PushState, desk: PushDesk) -> None:
    """R-HND-4, R-OVS-5: a claim nobody meant, or of one that can supervise no more, is final for nobody."""
    push = desk.in_state(state)
    refused = desk.move(push, Move.REASSIGN, conference_document=None)
    assert [each["pointer"] for each in refused.json["errors"]] == ["/conference_document"]
    answer = desk.move(push, Move.REASSIGN).json
    ended, successor = desk.place(push)
    assert (ended["state"], ended["claimed_at"], ended["claimed_by"]) == (
        "reassigned",
        push["claimed_at"],
        push["claimed_by"],
    )
    assert (successor["department"], successor["state"], successor["claimed_at"]) == (HEALTH, "delivered", None)
    assert [each["body"]["push_id"] for each in answer["receipts"]] == [successor["push_id"]]
    assert desk.done(successor, Move.CLAIM)["state"] == "claimed"


def owed(push: dict[str, Any]) -> set[tuple[TermKind, str]]:
    """What is owed in a push's case, by the terms of its own clock apart."""
    limits = {TermKind.COMMITTED_LIMIT, TermKind.STATUTORY_LIMIT}
    return {(term.kind, term.subject) for term in terms_of(push) if term.kind not in limits}


def terms_of(push: dict[str, Any]) -> tuple[Term, ...]:
    """The terms of a push's case as they are kept."""
    stored = wiring.cases().case(push["case_id"])
    assert stored is not None
    return stored.state.terms
