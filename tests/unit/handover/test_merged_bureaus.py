"""Who answers for a merged bureau or department goes on with its cases and reads its lists (R-ORG-1)."""

import pytest

from services.handover import wiring
from services.handover.logic.access import merged_into
from shared.contracts.departments import DepartmentState
from shared.kernel.permissions import Role
from tests.support.city_clock import hear
from tests.support.gateway import Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    ITEM_CODE,
    MARKET,
    STRANGER,
    acceptance,
    decision,
    department,
    item,
    later_act,
)

HEIR = "dept_01HEIRBUREAU00000000000000"
LAST = "dept_01LASTBUREAU00000000000000"
NUMBER = "SP-2026-000101"

pytestmark = pytest.mark.usefixtures("table")


def merge(merged: str, heir: str, version: int = 2) -> None:
    told = {"version": version, "state": DepartmentState.MERGED, "successor": heir}
    hear(department(merged).model_copy(update=told), department(heir))


def bureau(gateway: Gateway, of: str = BUREAU) -> Gateway:
    return gateway.with_principal(of, Role.APPROVER, Role.REGISTRAR)


@pytest.fixture
def case_id(gateway: Gateway) -> str:
    """A case that a bureau accepted before it was merged, over two mergers, into another."""
    hear(item())
    accepted = bureau(gateway).post("/v1/acceptances", acceptance())
    merge(BUREAU, HEIR)
    merge(HEIR, LAST)
    return str(accepted.json["case_id"])


def test_the_successor_decides_under_the_merged_bureaus_number(gateway: Gateway, case_id: str) -> None:
    """R-ORG-1, R-HND-2, R-HND-3: it is the same case, and its clock ends."""
    heir = bureau(gateway, LAST)
    decided = heir.post("/v1/decisions", decision())
    assert (decided.status, decided.json["case_id"]) == (201, case_id)
    assert heir.post("/v1/later-acts", later_act()).json["case_id"] == case_id
    assert gateway.with_principal(BUREAU, Role.APPROVER).get(f"/v1/cases/{case_id}").json["case"]["decision"]


def test_what_the_merged_bureau_told_is_told_again_by_its_successor_with_the_same_answer(
    gateway: Gateway, case_id: str
) -> None:
    """R-ORG-1, R-HND-13: and other content of the same stage is a conflict, not a second case."""
    heir = bureau(gateway, LAST)
    assert heir.post("/v1/acceptances", acceptance()).json == bureau(gateway).post("/v1/acceptances", acceptance()).json
    assert len(heir.get(f"/v1/cases/{case_id}").json["stages"]) == 1
    assert heir.post("/v1/acceptances", acceptance(received_at="2026-03-01T09:00:00+08:00")).status == 409


@pytest.mark.parametrize(
    "other",
    [
        {"item_code": "000131002000"},
        {"applicant": {"name": "另一家面馆", "kind": "organisation", "code": "91990100MA0000002X"}},
    ],
)
def test_a_number_that_both_bureaus_used_is_two_cases(gateway: Gateway, case_id: str, other: dict[str, object]) -> None:
    """R-ORG-1, R-HND-13: another item's or applicant's case is none of the merged bureau's."""
    own = bureau(gateway, LAST).post("/v1/acceptances", acceptance(**other))
    assert own.status == 201, own.text
    assert own.json["case_id"] != case_id
    decided = bureau(gateway, LAST).post("/v1/decisions", decision())
    assert decided.json["case_id"] == own.json["case_id"]


def test_nobody_else_decides_a_merged_bureaus_case(gateway: Gateway, case_id: str) -> None:
    """R-ORG-1: another bureau's case of that number is one of its own."""
    other = bureau(gateway, STRANGER).post("/v1/decisions", decision())
    assert (other.status, other.json["code"]) == (400, "invalid_fields")
    told = decision(item_code=ITEM_CODE, applicant=acceptance()["applicant"])
    assert bureau(gateway, STRANGER).post("/v1/decisions", told).json["case_id"] != case_id


def test_the_merged_bureaus_lists_are_its_successors(gateway: Gateway, case_id: str) -> None:
    """R-ORG-1, R-HND-15, R-HND-16, R-HND-17."""
    bureau(gateway).post("/v1/acceptances", acceptance(case_number="SP-2", item_code="000131009000"))
    heir = bureau(gateway, LAST)
    assert len(heir.get(f"/v1/unrouted?bureau={BUREAU}").json["unrouted"]) == 1
    assert heir.get(f"/v1/reconciliations?bureau={BUREAU}").status == 200
    for sought in (f"bureau={BUREAU}&item_code={ITEM_CODE}", f"case_number={NUMBER}"):
        assert [each["case_id"] for each in heir.get(f"/v1/ledger?{sought}").json["cases"]] == [case_id]
    body = {"bureau": BUREAU, "format": "csv"}
    assert heir.post("/v1/exports", body).status == 202
    for path in ("unrouted", "reconciliations", "ledger"):
        refused = bureau(gateway, STRANGER).get(f"/v1/{path}?bureau={BUREAU}")
        assert refused.json.get("code") == "not_your_department" or refused.json["cases"] == []


def test_the_merged_departments_lists_are_its_successors(gateway: Gateway, case_id: str) -> None:
    """R-ORG-1, R-HND-10, R-HND-16."""
    asked = {"kind": "site_survey", "departments": [MARKET], "text": "请踏勘"}
    hear(department(MARKET))
    made = bureau(gateway, LAST).post(f"/v1/cases/{case_id}/reviews", asked)
    assert made.status == 201, made.text
    merge(MARKET, HEALTH)
    heir = gateway.with_principal(HEALTH, Role.LIAISON)
    for sought in (f"department={MARKET}", f"case_number={NUMBER}"):
        assert [each["case_id"] for each in heir.get(f"/v1/ledger?{sought}").json["cases"]] == [case_id]
    waiting = heir.get(f"/v1/reviews?department={MARKET}").json["reviews"]
    assert [each["review_id"] for each in waiting] == [made.json["review"]["review_id"]]
    assert heir.get("/v1/reviews").json["reviews"] == []
    assert heir.get(f"/v1/reviews/{made.json['review']['review_id']}").status == 200
    stranger = gateway.with_principal(STRANGER, Role.LIAISON)
    assert stranger.get(f"/v1/reviews?department={MARKET}").json["code"] == "not_your_department"


def test_a_merger_that_was_taken_back_or_went_elsewhere_gives_nothing(gateway: Gateway, case_id: str) -> None:
    """R-ORG-1: what the registry says now decides, not what it said once."""
    assert merged_into(wiring.directory(), LAST) == (HEIR, BUREAU)
    merge(HEIR, STRANGER, version=3)
    assert merged_into(wiring.directory(), LAST) == ()
    assert merged_into(wiring.directory(), STRANGER) == (HEIR, BUREAU)
    hear(department(BUREAU, version=3))
    assert merged_into(wiring.directory(), STRANGER) == (HEIR,)
    assert bureau(gateway, LAST).get(f"/v1/cases/{case_id}").status == 403


def test_bureaus_that_were_merged_into_one_another_end_the_search() -> None:
    """R-ORG-1: whatever the registry says, looking for a number comes to an end."""
    merge(BUREAU, HEIR)
    merge(HEIR, BUREAU, version=3)
    assert merged_into(wiring.directory(), BUREAU) == (HEIR,)
