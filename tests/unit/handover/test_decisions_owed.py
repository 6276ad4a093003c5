"""What came back to its sender, or was withdrawn and is owed, stands in the sender's list until it is decided.

R-HND-4, R-HND-9, R-HND-15, R-HND-16.
"""

from typing import Any

import pytest

from services.handover.domain.pushes import Move
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.vocabulary import PushState
from shared.kernel.permissions import Role
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, STRANGER, department
from tests.support.push_desk import COUNTY, PushDesk, a_city, know_department


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def owed(by: Gateway, query: str = "") -> list[tuple[Any, Any]]:
    """What stands in a list, and that as many are counted."""
    listed = by.get(f"/v1/decisions-owed?{query}")
    assert listed.status == 200, listed.text
    counted = by.get(f"/v1/decisions-owed/count?{query}").json["owed"]
    assert counted == len(listed.json["pushes"])
    return [(each["push_id"], each["state"]) for each in listed.json["pushes"]]


@pytest.mark.parametrize("decided", [Move.UPHOLD, Move.REASSIGN, Move.CLAIM])
def test_a_returned_push_waits_for_the_bureau_until_it_is_decided(decided: Move, desk: PushDesk) -> None:
    """R-HND-4: referred to the conference it waits still."""
    push = desk.in_state(PushState.RETURNED)
    bureau = desk.bureau()
    assert owed(bureau) == [(push["push_id"], "returned")]
    desk.done(push, Move.REFER)
    assert owed(bureau) == [(push["push_id"], "referred")]
    desk.done(push, decided)
    assert owed(bureau) == []
    assert owed(desk.liaison()) == []


def test_a_returned_relay_waits_for_the_department_that_relayed_it(desk: PushDesk) -> None:
    """R-HND-9: it is no push of that department's inbox, and none of the bureau's to decide."""
    push = desk.accept()
    relayed = desk.move(push, Move.RELAY, department=COUNTY).json["successor"]
    assert owed(desk.liaison()) == []
    desk.done(relayed, Move.RETURN)
    assert owed(desk.liaison()) == [(relayed["push_id"], "returned")]
    assert owed(desk.bureau()) == []
    desk.move(relayed, Move.UPHOLD, by=desk.liaison(), text="依三定方案")
    assert owed(desk.liaison()) == []


def test_what_the_bureau_withdrew_waits_until_it_is_given_or_nobody_is_to_have_it(desk: PushDesk) -> None:
    """R-HND-7, R-HND-15: oldest first."""
    bureau = desk.bureau()
    first, second = (desk.done(desk.accept(), Move.WITHDRAW) for _ in range(2))
    assert owed(bureau) == [(first["push_id"], "withdrawn"), (second["push_id"], "withdrawn")]
    desk.done(second, Move.REASSIGN)
    assert owed(bureau) == [(first["push_id"], "withdrawn")]
    desk.done(first, Move.WITHDRAW, nobody_instead=True)
    assert owed(bureau) == []


def test_what_is_returned_and_then_withdrawn_waits_once(desk: PushDesk) -> None:
    """R-HND-4, R-HND-15."""
    push = desk.in_state(PushState.RETURNED)
    desk.done(push, Move.WITHDRAW)
    assert owed(desk.bureau()) == [(push["push_id"], "withdrawn")]


def test_a_list_is_paged(desk: PushDesk) -> None:
    """R-HND-16."""
    expected = {desk.in_state(PushState.RETURNED)["push_id"] for _ in range(3)}
    first = desk.bureau().get("/v1/decisions-owed?limit=2").json
    rest = desk.bureau().get(f"/v1/decisions-owed?limit=2&cursor={first['next']}").json
    found = [each["push_id"] for page in (first, rest) for each in page["pushes"]]
    assert (len(found), set(found), rest["next"]) == (3, expected, None)


def test_who_answers_for_a_merged_sender_sees_what_it_owed_and_nobody_else_does(desk: PushDesk) -> None:
    """R-ORG-1."""
    push = desk.in_state(PushState.RETURNED)
    for path in ("decisions-owed", "decisions-owed/count"):
        refused = desk.bureau(STRANGER).get(f"/v1/{path}?department={BUREAU}")
        assert refused.json["code"] == "not_your_department"
    merged = {"version": 2, "state": DepartmentState.MERGED, "successor": STRANGER}
    know_department(department(BUREAU).model_copy(update=merged))
    assert owed(desk.bureau(STRANGER), f"department={BUREAU}") == [(push["push_id"], "returned")]
    assert owed(desk.bureau(STRANGER)) == []


def test_an_inspector_decides_nothing_and_has_no_such_list(desk: PushDesk) -> None:
    """R-AUD-7."""
    inspector = desk.gateway.with_principal(MARKET, Role.INSPECTOR)
    assert inspector.get("/v1/decisions-owed").status == 403
    assert owed(desk.liaison(HEALTH)) == []
