"""Who was liaison on that day? (R-ORG-2)"""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from services.registry.api import departments, liaisons
from shared.kernel.clock import from_text
from tests.support.registry_builders import a_department, department_body, put, registrar

pytestmark = pytest.mark.usefixtures("table")

LI, CHEN = {"name": "李敏", "phone": "0999-5550101"}, {"name": "陈晨", "phone": "0999-5550102"}


class Clock:
    """The registry's clock, set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def at(self, beijing: str) -> None:
        self.now = from_text(f"{beijing}+08:00")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (departments, liaisons):
        monkeypatch.setattr(module.api, "_clock", made)
    return made


def edit(identifier: str, version: int, *named: Mapping[str, object], reason: str | None = None) -> None:
    body = department_body(liaisons=list(named), reason=reason)
    assert put(registrar(), f"/v1/departments/{identifier}", body, version, key=f"{version}").status == 200


def on(identifier: str, day: str = "") -> list[str]:
    answer = registrar().get(f"/v1/departments/{identifier}/liaisons{day and f'?on={day}'}")
    assert answer.status == 200, answer.text
    return [each["name"] for each in answer.json["terms"]]


def a_history(clock: Clock) -> str:
    """Li from the 2nd, Chen beside him from the 4th at noon, Chen alone from the 6th just before midnight."""
    clock.at("2026-03-02T09:00:00")
    identifier = a_department(liaisons=[LI])
    clock.at("2026-03-04T12:00:00")
    edit(identifier, 1, LI, CHEN)
    clock.at("2026-03-06T23:59:59")
    edit(identifier, 2, CHEN, reason="李敏调离")
    return identifier


@pytest.mark.parametrize(
    ("day", "who"),
    [
        ("2026-03-01", []),
        ("2026-03-02", ["李敏"]),
        ("2026-03-04", ["李敏", "陈晨"]),
        ("2026-03-06", ["李敏", "陈晨"]),
        ("2026-03-07", ["陈晨"]),
        ("2027-01-01", ["陈晨"]),
    ],
)
def test_who_was_liaison_on_a_day_in_beijing(day: str, who: list[str], clock: Clock) -> None:
    assert on(a_history(clock), day) == who


def test_without_a_day_it_is_today_in_beijing(clock: Clock) -> None:
    identifier = a_history(clock)
    clock.at("2026-03-07T00:00:00")  # still the 6th in UTC
    assert on(identifier) == ["陈晨"]
    answer = registrar().get(f"/v1/departments/{identifier}/liaisons").json
    assert (answer["on"], answer["department_id"]) == ("2026-03-07", identifier)


def test_a_term_says_since_when_until_when_and_why_it_ended(clock: Clock) -> None:
    identifier = a_history(clock)
    terms = registrar().get(f"/v1/departments/{identifier}/liaisons/history").json["terms"]
    assert [(each["name"], each["since"], each["until"], each["reason"]) for each in terms] == [
        ("陈晨", "2026-03-04T04:00:00.000Z", None, None),
        ("李敏", "2026-03-02T01:00:00.000Z", "2026-03-06T15:59:59.000Z", "李敏调离"),
    ]


def test_the_terms_are_told_page_by_page(clock: Clock) -> None:
    url = f"/v1/departments/{a_history(clock)}/liaisons/history?limit=1"
    first = registrar().get(url).json
    rest = registrar().get(f"{url}&cursor={first['next']}").json
    assert [each["name"] for each in (*first["terms"], *rest["terms"])] == ["陈晨", "李敏"]


def test_a_corrected_phone_ends_a_term_and_begins_another_of_the_same_person(clock: Clock) -> None:
    identifier = a_history(clock)
    person = registrar().get(f"/v1/departments/{identifier}").json["liaisons"][0]
    clock.at("2026-03-08T12:00:00")
    edit(identifier, 3, person | {"phone": "0999-5550109"})
    answer = registrar().get(f"/v1/departments/{identifier}/liaisons?on=2026-03-08").json
    assert [(each["person_id"], each["phone"]) for each in answer["terms"]] == [
        (person["person_id"], "0999-5550102"),
        (person["person_id"], "0999-5550109"),
    ]


def test_whoever_is_not_on_duty_is_no_liaison_until_on_duty_again(clock: Clock) -> None:
    identifier = a_history(clock)
    clock.at("2026-03-09T09:00:00")
    edit(identifier, 3, CHEN | {"active": False})
    clock.at("2026-03-11T09:00:00")
    edit(identifier, 4, CHEN)
    days = ("2026-03-09", "2026-03-10", "2026-03-11")
    assert [on(identifier, day) for day in days] == [["陈晨"], [], ["陈晨"]]


def test_an_edit_that_leaves_the_liaisons_alone_leaves_their_terms_alone(clock: Clock) -> None:
    identifier = a_history(clock)
    clock.at("2026-03-09T09:00:00")
    edit(identifier, 3, CHEN)
    assert len(registrar().get(f"/v1/departments/{identifier}/liaisons/history").json["terms"]) == 2


def test_changed_twice_in_one_instant_only_what_lasted_is_a_term(clock: Clock) -> None:
    identifier = a_history(clock)
    edit(identifier, 3, LI)
    edit(identifier, 4, LI, CHEN)
    assert on(identifier, "2026-03-07") == ["李敏", "陈晨"]


@pytest.mark.parametrize("day", ["2026-02-30", "today", "2026-3-1", "9999-12-31", "0001-01-01"])
def test_a_day_is_a_day(day: str) -> None:
    answer = registrar().get(f"/v1/departments/{a_department()}/liaisons?on={day}")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "query:on")


def test_an_unknown_department_had_no_liaisons() -> None:
    unknown = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"
    for url in ("liaisons", "liaisons/history", "line"):
        assert registrar().get(f"/v1/departments/{unknown}/{url}").status == 404
