"""The bureau's coordinator routes by hand what could not be routed; what nobody routes escalates (R-HND-15)."""

from typing import Any

import pytest

from services.handover import wiring
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.event import body_of
from shared.contracts.terms import TermMissed, TermSettled
from shared.contracts.vocabulary import TermKind
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.city_clock import hear, pass_time
from tests.support.crashes import Killed, Wire
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, STRANGER, acceptance, department, item, supervisor


@pytest.fixture
def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)


def unrouted(bureau: Gateway) -> str:
    """The id of a part that waits, for want of an item."""
    answer = bureau.post("/v1/acceptances", acceptance()).json
    return str(answer["unrouted"][0]["unrouted_id"])


def route(by: Gateway, part: str, *to: str, **changed: Any) -> Answer:
    given = {"departments": [{"department": each} for each in to], "reason": "经协调由该部门先行接收"}
    return by.post(f"/v1/unrouted/{part}/route", given | changed)


def test_a_coordinator_routes_what_has_no_item_and_the_push_says_why_it_came(gateway: Gateway, bureau: Gateway) -> None:
    """R-HND-15, R-HND-8: with a claim limit, a receipt and without a version, since there is none."""
    part = unrouted(bureau)
    hear(department(MARKET))
    answer = route(bureau, part, MARKET)
    assert answer.status == 200
    push = answer.json["pushes"][0]
    origin = {"kind": "routing", "of": part, "reason": "经协调由该部门先行接收"}
    assert (push["department"], push["item_version"], push["origin"]) == (MARKET, None, origin)
    assert answer.json["unrouted"]["pushes"] == [push["push_id"]]
    assert [each["body"]["push_id"] for each in answer.json["receipts"]] == [push["push_id"]]
    assert bureau.get("/v1/unrouted").json["unrouted"] == []
    claimed = gateway.with_principal(MARKET, Role.LIAISON).post(f"/v1/pushes/{push['push_id']}/claim", None)
    assert claimed.json["state"] == "claimed"


def test_what_a_person_has_routed_is_not_routed_again_when_the_item_appears(gateway: Gateway, bureau: Gateway) -> None:
    """R-HND-15."""
    part = unrouted(bureau)
    hear(department(MARKET))
    route(bureau, part, MARKET)
    hear(item(supervisors=(supervisor(), supervisor(HEALTH))))
    pass_time()
    assert gateway.with_principal(HEALTH, Role.LIAISON).get("/v1/inbox").json["pushes"] == []


def test_a_part_is_routed_once(bureau: Gateway) -> None:
    """R-HND-15."""
    part = unrouted(bureau)
    hear(department(MARKET), department(HEALTH))
    assert route(bureau, part, MARKET, HEALTH).status == 200
    again = route(bureau, part, HEALTH)
    assert (again.status, again.json["code"]) == (409, "wrong_state")


def test_every_department_that_cannot_take_it_is_named_with_what_to_do(bureau: Gateway) -> None:
    """R-HND-15: unknown, suspended, without a liaison, merged, named twice."""
    part = unrouted(bureau)
    closed = department(HEALTH).model_copy(update={"state": DepartmentState.SUSPENDED})
    hear(department(MARKET, active=False), closed)
    answer = route(bureau, part, STRANGER, HEALTH, MARKET, STRANGER)
    assert answer.status == 400
    assert [(each["pointer"], each["code"]) for each in answer.json["errors"]] == [
        ("/departments/0/department", "department_unknown"),
        ("/departments/1/department", "department_suspended"),
        ("/departments/2/department", "department_without_liaison"),
        ("/departments/3/department", "department_unknown"),
        ("/departments/3/department", "duplicate"),
    ]


def test_only_the_bureaus_own_coordinator_routes(gateway: Gateway, bureau: Gateway) -> None:
    """R-HND-15."""
    part = unrouted(bureau)
    hear(department(MARKET))
    assert route(gateway.with_principal(STRANGER, Role.REGISTRAR), part, MARKET).json["code"] == "not_your_department"
    assert route(gateway.with_principal(BUREAU, Role.APPROVER), part, MARKET).json["code"] == "forbidden"
    missing = route(bureau, f"{part[:-3]}099", MARKET)
    assert (missing.status, missing.json["code"]) == (404, "not_found")


def test_a_part_nobody_routes_in_time_is_missed_and_settled_when_it_is_routed(
    bureau: Gateway, table: type[Row]
) -> None:
    """R-HND-15: it escalates, and oversight hears when it is made good."""
    part = unrouted(bureau)
    stored = wiring.cases().case_by_number(BUREAU, "SP-2026-000101")
    assert stored
    due = next(term.due_at for term in stored.state.terms if term.kind is TermKind.ROUTING)
    assert due
    pass_time(due)
    hear(department(MARKET))
    route(bureau, part, MARKET)
    terms = [body_of(each, TermMissed).term for each in unsent_events(table) if each.type == TermMissed.TYPE]
    settled = [body_of(each, TermSettled).term for each in unsent_events(table) if each.type == TermSettled.TYPE]
    assert [each.subject for each in terms if each.kind is TermKind.ROUTING] == [part]
    assert [each.subject for each in settled if each.kind is TermKind.ROUTING] == [part]


def test_whenever_the_process_dies_a_part_is_routed_once_or_not_at_all(
    bureau: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-15: killed before or after each call to AWS; asked again with the same key, it is routed once."""
    hear(department(MARKET))
    moment, died = 0, True
    while died:
        part = str(
            bureau.post("/v1/acceptances", acceptance(case_number=f"SP-{moment}")).json["unrouted"][0]["unrouted_id"]
        )
        wire, key = Wire(moment), f"key-{moment}"
        given = {"departments": [{"department": MARKET}], "reason": "经协调"}
        died = False
        with wire.cut(monkeypatch):
            try:
                bureau.post(f"/v1/unrouted/{part}/route", given, key=key)
            except Killed:
                died = True
        answer = bureau.post(f"/v1/unrouted/{part}/route", given, key=key)
        assert (answer.status, len(answer.json["pushes"])) == (200, 1)
        case = answer.json["unrouted"]["case_id"]
        rows = [row["sk"]["S"] for row in all_rows(table) if row["pk"]["S"] == case]
        assert len([each for each in rows if each.startswith("head#pushes#")]) == 1
        moment += 1
    assert moment > 5
