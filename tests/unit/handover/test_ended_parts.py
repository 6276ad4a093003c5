"""Who answers for nothing of a case any more keeps its own part in it, and reads no further.

Personal information law art. 6 (minimal necessity); R-HND-7, R-HND-8, R-AUD-1.
"""

from typing import Any

import pytest

from services.handover.domain.pushes import Move
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.vocabulary import Stage
from shared.kernel.permissions import Role
from tests.support.gateway import Gateway
from tests.support.handover_builders import HEALTH, MARKET, STRANGER, decision, department
from tests.support.push_desk import COUNTY, PROVINCE, Push, PushDesk, a_city, know_department


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    # A decision that is pushed to the departments of the item would give each of them a part again.
    return a_city(gateway, push_stages=(Stage.ACCEPTANCE,))


def reassigned(desk: PushDesk) -> Push:
    """A push that its department returned, that another has claimed since, and whose case was decided after that."""
    push = desk.accept()
    desk.done(push, Move.RETURN)
    successor = desk.move(push, Move.REASSIGN).json["successor"]
    desk.done(successor, Move.CLAIM)
    decided = desk.bureau().post("/v1/decisions", decision(case_number=push["case_number"]))
    assert decided.status == 201, decided.text
    return push


def timeline(by: Gateway, push: Push) -> list[Any]:
    answer = by.get(f"/v1/cases/{push['case_id']}/timeline")
    assert answer.status == 200, answer.text
    assert answer.json["intact"]
    return [each["envelope"]["type"] for each in answer.json["entries"]]


def test_the_case_and_its_materials_are_read_by_who_answers_for_something_of_it(desk: PushDesk) -> None:
    """R-AUD-1: its bureau and who has it now, and no more whoever gave it away."""
    push = reassigned(desk)
    path = f"/v1/cases/{push['case_id']}"
    assert (desk.bureau().get(path).status, desk.liaison(HEALTH).get(path).status) == (200, 200)
    refused = desk.liaison(MARKET).get(path)
    assert (refused.status, refused.json["code"]) == (403, "not_your_department")
    material = desk.liaison(MARKET).get(f"{path}/materials/mat_01JD0M3Q5V8Z2K7T4B9N6R1X5C")
    assert material.json["code"] == "not_your_department"


def test_its_push_shows_the_case_as_it_was_when_its_part_ended(desk: PushDesk) -> None:
    """R-HND-4: who returned it can show what it returned; what was decided since is none of its business."""
    push = reassigned(desk)
    shown = desk.liaison(MARKET).get(f"/v1/pushes/{push['push_id']}").json
    assert shown["push"]["state"] == "reassigned"
    assert (shown["case"]["decision"], shown["case"]["case_number"]) == (None, push["case_number"])
    assert desk.bureau().get(f"/v1/cases/{push['case_id']}").json["case"]["decision"]


def test_it_is_shown_the_chain_up_to_the_end_of_its_part(desk: PushDesk) -> None:
    """R-HND-7, R-AUD-2, R-AUD-5: to the event that proves that it passed on."""
    push = reassigned(desk)
    whole, own = timeline(desk.bureau(), push), timeline(desk.liaison(MARKET), push)
    assert own == whole[: whole.index("push.reassigned.v1") + 1]
    assert timeline(desk.liaison(HEALTH), push) == whole


def test_it_keeps_its_own_receipts_and_no_others(desk: PushDesk) -> None:
    """R-HND-8."""
    push = reassigned(desk)
    market = desk.liaison(MARKET)
    assert len(market.get(f"/v1/pushes/{push['push_id']}/receipts").json["receipts"]) == 1
    successor = desk.now(push)["successor"]
    assert market.get(f"/v1/pushes/{successor}/receipts").json["code"] == "not_your_department"
    assert desk.liaison(HEALTH).get(f"/v1/pushes/{successor}/receipts").status == 200


def test_who_is_answerable_it_may_ask_as_before(desk: PushDesk) -> None:
    """R-HND-7: that tells of departments, and of nobody's person."""
    push = reassigned(desk)
    assert desk.liaison(MARKET).get(f"/v1/cases/{push['case_id']}/responsibility").status == 200
    for path in (f"cases/{push['case_id']}/responsibility", f"pushes/{push['push_id']}/receipts"):
        assert desk.liaison(STRANGER).get(f"/v1/{path}").json["code"] == "not_your_department"


def test_the_ledger_shows_it_its_own_pushes(desk: PushDesk) -> None:
    """R-HND-16: and of the decision what they carried, here nothing."""
    push = reassigned(desk)
    (line,) = desk.liaison(MARKET).get(f"/v1/ledger?case_number={push['case_number']}").json["cases"]
    assert [each["push_id"] for each in line["pushes"]] == [push["push_id"]]
    assert (line["decided_at"], line["result"], line["document_number"]) == (None, None, None)
    (whole,) = desk.liaison(HEALTH).get(f"/v1/ledger?case_number={push['case_number']}").json["cases"]
    assert len(whole["pushes"]) == 2
    assert whole["result"] == "granted"


def test_who_relayed_it_reads_all_of_it_while_somebody_has_it_from_there(desk: PushDesk) -> None:
    """R-HND-9: it is answerable for what it relayed."""
    push = desk.accept()
    relayed = desk.move(push, Move.RELAY, department=COUNTY).json["successor"]
    desk.done(relayed, Move.CLAIM)
    path = f"/v1/cases/{push['case_id']}"
    assert desk.liaison(MARKET).get(path).status == 200
    assert desk.liaison(PROVINCE).get(path).status == 403


def test_who_was_asked_and_is_needed_no_more_keeps_the_request(desk: PushDesk) -> None:
    """R-HND-10: who gave an opinion reads on."""
    push = desk.accept()
    path = f"/v1/cases/{push['case_id']}"
    asked = {"kind": "site_survey", "departments": [HEALTH, COUNTY], "text": "请踏勘"}
    review = desk.bureau().post(f"{path}/reviews", asked).json["review"]["review_id"]
    opinion = {"result": "pass", "text": "符合"}
    assert desk.liaison(COUNTY).post(f"/v1/reviews/{review}/opinion", opinion).status == 201
    assert desk.liaison(HEALTH).get(path).status == 200
    assert desk.bureau().post(f"/v1/reviews/{review}/withdraw", {"reason": "另行安排"}).status == 200
    desk.done(push, Move.CLAIM)
    assert (desk.liaison(HEALTH).get(path).status, desk.liaison(COUNTY).get(path).status) == (403, 200)
    assert desk.liaison(HEALTH).get(f"/v1/reviews/{review}").status == 200
    assert timeline(desk.liaison(HEALTH), push)[-1] == "review.withdrawn.v1"


def test_who_answers_for_a_merged_department_has_its_part_and_oversight_has_all(desk: PushDesk) -> None:
    """R-ORG-1, R-OVS-1."""
    push = reassigned(desk)
    merged = {"version": 9, "state": DepartmentState.MERGED, "successor": PROVINCE}
    know_department(department(MARKET).model_copy(update=merged))
    heir = desk.liaison(PROVINCE)
    assert heir.get(f"/v1/pushes/{push['push_id']}").json["case"]["decision"] is None
    assert timeline(heir, push)[-1] == "push.reassigned.v1"
    assert heir.get(f"/v1/cases/{push['case_id']}").status == 403
    oversight = desk.gateway.with_principal(STRANGER, Role.OVERSIGHT)
    assert oversight.get(f"/v1/cases/{push['case_id']}").status == 200
    assert timeline(oversight, push) == timeline(desk.bureau(), push)
