"""Who is answerable, asked about one department: its places, those of who was merged into it, or none (R-HND-7)."""

from typing import Any

import pytest

from services.handover.domain.pushes import Move
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, STRANGER, decision, department
from tests.support.push_desk import Push, PushDesk, a_city, know_department


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


@pytest.fixture
def push(desk: PushDesk) -> Push:
    """A decision's push, claimed by its department."""
    number = desk.accept()["case_number"]
    return desk.done(desk.bureau().post("/v1/decisions", decision(case_number=number)).json["pushes"][0], Move.CLAIM)


def asked(desk: PushDesk, push: Push, about: str) -> dict[str, Any]:
    answer: dict[str, Any] = desk.bureau().get(f"/v1/cases/{push['case_id']}/responsibility?department={about}").json
    assert answer["complete"]
    return answer


def now(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["answerable"], each["phase"]) for each in answer["now"]]


def test_a_department_without_a_place_is_told_that_it_has_none(desk: PushDesk, push: Push) -> None:
    """R-HND-7: and not that the bureau is approving what was decided long ago."""
    answer = asked(desk, push, STRANGER)
    assert now(answer) == []
    assert "no place in this case" in answer["nobody"]["en"]
    assert "没有监管位" in answer["nobody"]["zh"]
    assert [(each["answerable"], each["until"]) for each in answer["story"]] == [(BUREAU, push["delivered_at"])]


def test_a_department_with_a_place_is_told_of_that_alone(desk: PushDesk, push: Push) -> None:
    """R-HND-7."""
    answer = asked(desk, push, MARKET)
    assert (now(answer), answer["nobody"]) == ([(MARKET, "supervising")], None)


def test_before_anything_is_passed_on_it_is_the_bureaus_whoever_is_asked_about(desk: PushDesk) -> None:
    """R-HND-7, W 4."""
    answer = asked(desk, desk.accept(), STRANGER)
    assert (now(answer), answer["nobody"]) == ([(BUREAU, "approving")], None)


def test_the_successor_of_a_merged_department_has_its_places(desk: PushDesk, push: Push) -> None:
    """R-ORG-1."""
    assert now(asked(desk, push, HEALTH)) == []
    merged = {"state": DepartmentState.MERGED, "successor": HEALTH}
    know_department(department(MARKET, version=5).model_copy(update=merged))
    assert now(asked(desk, push, HEALTH)) == [(MARKET, "supervising")]
