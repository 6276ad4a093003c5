"""Pushes find the department that answers now: suspended and merged departments lose nothing (R-HND-15, R-ORG-1)."""

from itertools import pairwise
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.routes import LONGEST_CHAIN, Unreached, ways_to
from shared.contracts.change import Context, Once
from shared.contracts.departments import Department, DepartmentState
from shared.contracts.vocabulary import SupervisorPart
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.gateway import Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    ITEM_CODE,
    MARKET,
    STRANGER,
    acceptance,
    department,
    item,
    supervisor,
)

SUSPENDED: dict[str, Any] = {"state": DepartmentState.SUSPENDED}


def merged(into: str) -> dict[str, Any]:
    return {"state": DepartmentState.MERGED, "successor": into}


def known(identifier: str = MARKET, *, active: bool = True, **changed: Any) -> Department:
    return department(identifier, active=active).model_copy(update=changed)


def ways(*departments: Department, supervisors: tuple[str, ...] = (MARKET,)) -> tuple[list[str], tuple[str, ...]]:
    parts = (SupervisorPart.LEAD, *[SupervisorPart.ASSISTING] * len(supervisors))
    found = ways_to([supervisor(each, part) for each, part in zip(supervisors, parts, strict=False)], departments)
    return [each.department for each in found.reached], tuple(map(str, found.unreached))


def test_a_suspended_department_gets_nothing_and_the_reason_names_it() -> None:
    assert ways(known(**SUSPENDED)) == ([], (f"department_suspended: {MARKET}",))


def test_a_merged_departments_pushes_go_to_whoever_answers_for_it_however_often_it_was_merged() -> None:
    chain = [f"dept_{number:026d}" for number in range(LONGEST_CHAIN)]
    departments = [known(each, **merged(after)) for each, after in pairwise(chain)]
    assert ways(known(**merged(chain[0])), *departments, known(chain[-1])) == ([chain[-1]], ())


def test_a_chain_longer_than_anybody_believes_waits_for_a_person() -> None:
    round_and_round = [known(MARKET, **merged(HEALTH)), known(HEALTH, **merged(MARKET))]
    assert ways(*round_and_round) == ([], (f"successor_unknown: {MARKET}",))


@pytest.mark.parametrize(
    ("successor", "reason"),
    [
        (known(HEALTH, **SUSPENDED), Unreached.SUSPENDED),
        (known(HEALTH, active=False), Unreached.NO_LIAISON),
        (known(STRANGER), Unreached.SUCCESSOR_UNKNOWN),
    ],
)
def test_a_successor_that_cannot_be_reached_is_named_beside_the_department(
    successor: Department, reason: Unreached
) -> None:
    assert ways(known(**merged(HEALTH)), successor) == ([], (f"{reason}: {MARKET} → {HEALTH}",))


def test_a_department_nobody_told_of_yet_is_only_late_news() -> None:
    assert ways() == ([MARKET], ())


@pytest.mark.parametrize("order", [(MARKET, HEALTH), (HEALTH, MARKET)])
def test_who_answers_for_two_is_pushed_to_once_and_leads_if_one_of_them_led(order: tuple[str, str]) -> None:
    departments = [known(MARKET, **merged(HEALTH)), known(HEALTH)]
    parts = (SupervisorPart.LEAD, SupervisorPart.ASSISTING)
    found = ways_to([supervisor(each, part) for each, part in zip(order, parts, strict=True)], departments)
    assert [(each.department, each.part) for each in found.reached] == [(HEALTH, SupervisorPart.LEAD)]


def _know(*departments: Department) -> None:
    directory = wiring.directory()
    contexts = (Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0")) for _ in range(9))
    directory.keep_item(item(), next(contexts))
    for each in departments:
        directory.keep_department(each, next(contexts))


def test_a_push_reaches_the_inbox_of_the_successor_whose_it_is(gateway: Gateway) -> None:
    """R-HND-15: it is claimed there as any other."""
    _know(known(**merged(STRANGER)), known(STRANGER, **merged(HEALTH)), known(HEALTH))
    bureau = gateway.with_principal(BUREAU, Role.APPROVER)
    (push,) = bureau.post("/v1/acceptances", acceptance()).json["pushes"]
    assert push["department"] == HEALTH
    liaison = gateway.with_principal(HEALTH, Role.LIAISON)
    assert [each["push_id"] for each in liaison.get("/v1/inbox").json["pushes"]] == [push["push_id"]]
    assert liaison.post(f"/v1/pushes/{push['push_id']}/claim", None).json["state"] == "claimed"


def test_what_a_suspended_department_cannot_take_waits_in_the_coordinators_queue(gateway: Gateway) -> None:
    """R-HND-15."""
    _know(known(**SUSPENDED))
    bureau = gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)
    receipt = bureau.post("/v1/acceptances", acceptance())
    assert (receipt.status, receipt.json["pushes"]) == (201, [])
    (waiting,) = bureau.get("/v1/unrouted").json["unrouted"]
    assert waiting["reason"] == f"department_suspended: {MARKET}"


def test_a_route_is_shown_as_a_push_would_go(gateway: Gateway) -> None:
    """R-REG-1."""
    _know(known(**merged(HEALTH)), known(HEALTH))
    route = gateway.with_principal(BUREAU, Role.APPROVER).get(f"/v1/routes/{ITEM_CODE}").json
    assert ([each["department"] for each in route["supervisors"]], route["unreached"]) == ([HEALTH], [])


def test_the_successor_of_a_merged_bureau_pushes_under_its_items(gateway: Gateway) -> None:
    """R-HND-15, R-ORG-1: nobody else could, since the items name the bureau that was merged."""
    _know(known(BUREAU, **merged(STRANGER)), known(STRANGER), known())
    successor = gateway.with_principal(STRANGER, Role.APPROVER)
    receipt = successor.post("/v1/acceptances", acceptance()).json
    assert ([each["department"] for each in receipt["pushes"]], receipt["unrouted"]) == ([MARKET], [])
    assert receipt["item_version"] == 1


def test_a_route_of_what_is_no_code_is_not_even_looked_for(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB refuses to look for a key beyond 2 KB."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("looked for")

    monkeypatch.setattr(wiring.directory().table, "query", refuse)
    assert gateway.with_principal(BUREAU, Role.APPROVER).get(f"/v1/routes/{'x' * 3000}").status == 404
