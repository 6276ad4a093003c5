"""Sections, people and liaisons of a department, and the ids they keep (R-ORG-2)."""

from typing import Any

import pytest

from tests.support.gateway import Answer
from tests.support.registry_builders import a_department, department_body, put, registrar

pytestmark = pytest.mark.usefixtures("table")

NOBODY = "pers_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"
LI, CHEN = {"name": "李敏", "phone": "0999-5550101"}, {"name": "陈晨", "phone": "0999-5550102"}


def faults(answer: Answer) -> dict[str, str]:
    return {fault["pointer"]: fault["code"] for fault in answer.json["errors"]}


def read(identifier: str) -> dict[str, Any]:
    return dict(registrar().get(f"/v1/departments/{identifier}").json)


def edit(identifier: str, **changed: Any) -> Answer:
    version = read(identifier)["version"]
    return put(registrar(), f"/v1/departments/{identifier}", department_body(**changed), version, key=f"edit-{version}")


def a_staffed_department() -> dict[str, Any]:
    staff = {
        "sections": [{"name": "食品科"}, {"name": "药品科"}],
        "people": [LI | {"section": "食品科", "post": "科长"}, CHEN],
        "liaisons": [LI],
    }
    return read(a_department(**staff))


def test_the_server_gives_everybody_an_id_and_a_liaison_of_the_people_has_theirs() -> None:
    department = a_staffed_department()
    food, drugs = department["sections"]
    li, chen = department["people"]
    assert food["section_id"].startswith("sect_")
    assert len({food["section_id"], drugs["section_id"]}) == 2
    assert li["person_id"].startswith("pers_")
    assert (li["section"], li["post"], chen["section"]) == (food["section_id"], "科长", None)
    assert department["liaisons"] == [LI | {"person_id": li["person_id"], "active": True}]


def test_written_anew_without_ids_everybody_keeps_theirs() -> None:
    before = a_staffed_department()
    given = {
        "sections": [{"name": "药品科"}, {"name": "化妆品科"}],
        "people": [CHEN | {"section": "化妆品科"}],
        "liaisons": [CHEN, LI],
    }
    after = edit(before["department_id"], **given).json
    assert after["sections"][0] == before["sections"][1]
    assert after["people"][0]["person_id"] == before["people"][1]["person_id"]
    assert after["people"][0]["section"] == after["sections"][1]["section_id"]
    assert [each["person_id"] for each in after["liaisons"]] == [
        before["people"][1]["person_id"],
        before["liaisons"][0]["person_id"],
    ]


def test_with_its_id_a_person_goes_on_under_another_name_and_phone() -> None:
    before = a_staffed_department()
    person_id = before["liaisons"][0]["person_id"]
    renamed = {"person_id": person_id, "name": "李珉", "phone": "0999-5550109"}
    after = edit(before["department_id"], liaisons=[renamed]).json
    assert after["liaisons"] == [renamed | {"active": True}]


def test_somebody_new_gets_a_new_id() -> None:
    before = a_staffed_department()
    after = edit(before["department_id"], liaisons=[LI | {"phone": "0999-5550108"}]).json
    assert after["liaisons"][0]["person_id"] not in {each["person_id"] for each in before["people"]}


def test_everything_wrong_with_the_staff_is_named_at_once() -> None:
    identifier = a_staffed_department()["department_id"]
    answer = edit(
        identifier,
        sections=[
            {"section_id": "sect_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "name": "甲科"},
            {"name": "乙科"},
            {"name": "乙科"},
        ],
        people=[{"person_id": NOBODY, "name": "无名", "phone": "0999-5550110"}, CHEN | {"section": "丙科"}, CHEN],
        liaisons=[LI, LI, {"person_id": NOBODY[:-1] + "F", "name": "无名", "phone": "0999-5550110"}],
        credit_code="123",
    )
    assert answer.status == 400
    assert faults(answer) == {
        "/sections/0/section_id": "section_unknown",
        "/sections/2/name": "section_twice",
        "/people/0/person_id": "person_unknown",
        "/people/1/section": "section_unknown",
        "/people/2": "person_twice",
        "/liaisons/1": "person_twice",
        "/liaisons/2/person_id": "person_unknown",
        "/credit_code": "uscc.length",
    }


def test_a_liaison_bears_the_name_that_the_list_of_people_gives() -> None:
    before = a_staffed_department()
    person_id = before["people"][0]["person_id"]
    people = [LI | {"person_id": person_id}]
    answer = edit(before["department_id"], people=people, liaisons=[LI | {"person_id": person_id, "name": "李明"}])
    assert faults(answer) == {"/liaisons/0/name": "person_differs"}


def test_an_id_of_another_department_is_no_id_of_this_one() -> None:
    others = a_staffed_department()["liaisons"]
    answer = edit(a_department(), liaisons=others)
    assert faults(answer) == {"/liaisons/0/person_id": "person_unknown"}


def test_an_approval_department_may_have_liaisons_too() -> None:
    """R-ORG-2: both sides' liaisons are fixed in the system."""
    assert read(a_department(kind="approval", liaisons=[CHEN]))["liaisons"][0]["name"] == "陈晨"
