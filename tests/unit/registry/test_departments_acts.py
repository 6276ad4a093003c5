"""Departments suspended, merged and renamed, without losing what refers to them (R-ORG-1, R-ORG-2)."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.registry import wiring
from services.registry.store.departments import DepartmentStore
from shared.aws.table import Row
from shared.contracts.change import Change, Taken
from shared.contracts.departments import Department
from tests.support.aws import unsent_events
from tests.support.gateway import Answer
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    act_on,
    anybody,
    department_body,
    put,
    registrar,
)

pytestmark = pytest.mark.usefixtures("table")

WHY = "机构改革"
NOBODY = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"


def faults(answer: Answer) -> dict[str, str]:
    return {fault["pointer"]: fault["code"] for fault in answer.json["errors"]}


def suspend(identifier: str, version: int = 1) -> Answer:
    return act_on(registrar(), identifier, "suspend", version, reason=WHY)


def merge(identifier: str, successor: str, version: int = 1) -> Answer:
    return act_on(registrar(), identifier, "merge", version, reason=WHY, successor=successor)


def test_a_suspended_department_keeps_everything_and_takes_up_work_again(table: type[Row]) -> None:
    identifier = a_department()
    before = registrar().get(f"/v1/departments/{identifier}").json
    suspended = suspend(identifier)
    assert (suspended.status, suspended.headers["ETag"]) == (200, '"v2"')
    assert suspended.json == before | {"version": 2, "state": "suspended"}
    resumed = act_on(registrar(), identifier, "resume", 2, reason="改革完成")
    assert resumed.json == before | {"version": 3}
    told = [(event.data.body["act"], event.data.body["reason"]) for event in unsent_events(table)]
    assert told == [("registered", None), ("suspended", WHY), ("resumed", "改革完成")]


def test_a_merged_department_names_its_successor_for_good() -> None:
    identifier, successor = a_department(), a_department()
    merged = merge(identifier, successor).json
    assert (merged["state"], merged["successor"]) == ("merged", successor)
    for answer in (
        suspend(identifier, 2),
        merge(identifier, successor, 2),
        put(registrar(), f"/v1/departments/{identifier}", department_body(), 2),
    ):
        assert (answer.status, answer.json["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("name", ["resume"])
def test_an_act_that_does_not_fit_names_those_that_do(name: str) -> None:
    answer = act_on(registrar(), a_department(), name, 1, reason=WHY)
    assert (answer.status, answer.json["code"]) == (409, "wrong_state")
    assert "edit, hand_over, suspend, merge" in answer.json["detail_en"]


def test_a_successor_is_another_active_department_of_the_same_kind() -> None:
    identifier = a_department()
    assert faults(merge(identifier, identifier)) == {"/successor": "successor_is_itself"}
    assert faults(merge(identifier, a_bureau())) == {"/successor": "department_kind"}
    suspended = a_department()
    suspend(suspended)
    assert faults(merge(identifier, suspended)) == {"/successor": "department_inactive"}
    answer = merge(identifier, NOBODY)
    assert (answer.status, faults(answer)) == (422, {"/successor": "department_unknown"})


def test_departments_are_taken_out_of_service_by_the_citys_registrar_alone() -> None:
    identifier = a_department()
    for body in ("suspend", "resume"):
        answer = act_on(registrar(identifier), identifier, body, 1, reason=WHY)
        assert (answer.status, answer.json["code"]) == (403, "city_registrar_only")


def test_of_two_acts_from_one_version_the_second_is_stale() -> None:
    identifier = a_department()
    suspend(identifier)
    assert suspend(identifier).json["code"] == "version_stale"


# --- Names ---------------------------------------------------------------------------------------


def rename(identifier: str, name: str, version: int = 1) -> Answer:
    body = department_body(name=name, reason="更名")
    return put(registrar(), f"/v1/departments/{identifier}", body, version, key=f"{identifier}-{version}")


def test_a_renamed_department_is_known_by_what_it_was_called_and_until_when() -> None:
    identifier = a_department(name="临江市工商行政管理局")
    renamed = rename(identifier, "临江市市场监督管理局").json
    (former,) = renamed["former_names"]
    assert former["name"] == "临江市工商行政管理局"
    again = rename(identifier, "临江市市场监管局", 2).json
    assert [each["name"] for each in again["former_names"]] == ["临江市工商行政管理局", "临江市市场监督管理局"]


@pytest.mark.parametrize("typed", ["临江市体育局", " 临江市体育局 ", "临江 市体育局", "临江市体育局\u3000"])
def test_a_name_is_taken_once_however_it_is_typed(typed: str) -> None:
    identifier = a_department(name="临江市体育局")
    answer = registrar().post("/v1/departments", department_body(name=typed))
    assert (answer.status, answer.json["code"]) == (409, "name_taken")
    assert identifier in answer.json["detail"]
    other = a_department(name="临江市文化局")
    assert rename(other, typed).json["code"] == "name_taken"


def test_renaming_frees_a_name_and_suspending_keeps_it() -> None:
    identifier = a_department(name="临江市体育局")
    rename(identifier, "临江市文体局")
    assert a_department(name="临江市体育局")
    suspend(identifier, 2)
    assert registrar().post("/v1/departments", department_body(name="临江市文体局")).json["code"] == "name_taken"


def test_a_merged_department_leaves_its_name_to_its_successor() -> None:
    identifier, successor = a_department(name="临江市体育局"), a_department(name="临江市文化局")
    merge(identifier, successor)
    assert rename(successor, "临江市体育局").status == 200


def test_of_two_that_take_a_name_at_once_one_wins(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """The row of the name is a condition of the transaction, whoever looked when."""
    a_department(name="临江市体育局")
    refused: list[str] = []
    save = DepartmentStore.save_department

    def spied(store: DepartmentStore, change: Change[Department], *given: Any) -> None:
        try:
            save(store, change, *given)
        except Taken as taken:
            refused.append(taken.label)
            raise

    monkeypatch.setattr(DepartmentStore, "save_department", spied)
    registrar().post("/v1/departments", department_body(name="临江市体育局"))
    assert refused == ["name"]
    assert len([event for event in unsent_events(table) if event.type == "department.changed.v1"]) == 1
    assert len(list(table.listing_index.query("departments#kind#supervision"))) == 1


# --- As it was -----------------------------------------------------------------------------------


def test_a_department_is_shown_as_it_was_at_any_version() -> None:
    """R-ORG-2: every change is versioned, with who, when and why."""
    identifier = a_department(name="临江市体育局")
    first = registrar().get(f"/v1/departments/{identifier}").json
    rename(identifier, "临江市文体局")
    suspend(identifier, 2)
    shown = registrar().get(f"/v1/departments/{identifier}/versions/1").json
    assert shown["department"] == first
    second = registrar().get(f"/v1/departments/{identifier}/versions/2").json
    assert (second["act"], second["reason"], second["by"]["client_id"]) == ("edited", "更名", "cli_registrar_0000")
    assert second["department"]["name"] == "临江市文体局"


@pytest.mark.parametrize("version", ["0", "2", "-1", "x", "1.0", "９", "1" * 30])
def test_a_version_that_never_was_is_not_found(version: str) -> None:
    assert registrar().get(f"/v1/departments/{a_department()}/versions/{version}").status == 404


def test_the_history_tells_every_change_latest_first_page_by_page() -> None:
    identifier = a_department(name="临江市体育局")
    rename(identifier, "临江市文体局")
    suspend(identifier, 2)
    url = f"/v1/departments/{identifier}/history"
    page = registrar().get(f"{url}?limit=2").json
    rest = registrar().get(f"{url}?limit=2&cursor={page['next']}").json
    changes: list[Mapping[str, Any]] = [*page["changes"], *rest["changes"]]
    assert [(each["version"], each["act"], each["reason"]) for each in changes] == [
        (3, "suspended", WHY),
        (2, "edited", "更名"),
        (1, "registered", None),
    ]
    assert registrar().get(f"/v1/departments/{NOBODY}/history").status == 404


def test_a_version_is_shown_by_one_read_however_long_the_history_is() -> None:
    identifier = a_department()
    for version in range(1, 6):
        put(
            registrar(),
            f"/v1/departments/{identifier}",
            department_body(leader=f"甲{version}"),
            version,
            key=f"{version}",
        )
    told = wiring.departments().told(identifier, 3)
    assert told
    assert told.data.body["department"]["leader"] == "甲2"


# --- Lists ---------------------------------------------------------------------------------------


def test_the_departments_of_a_kind_are_listed_by_themselves() -> None:
    markets, bureau = {a_department(), a_department()}, a_bureau()

    def listed(kind: str) -> set[str]:
        page = registrar().get(f"/v1/departments?kind={kind}").json
        return {each["department_id"] for each in page["departments"]}

    assert (listed("supervision"), listed("approval"), listed("credit")) == (markets, {bureau}, set())
    (moved,) = sorted(markets)[:1]
    put(registrar(), f"/v1/departments/{moved}", department_body(kind="oversight"), 1)
    assert (listed("supervision"), listed("oversight")) == (markets - {moved}, {moved})


def test_kind_and_superior_are_not_asked_together() -> None:
    answer = registrar().get(f"/v1/departments?kind=credit&superior={NOBODY}")
    assert faults(answer) == {"query:kind": "one_filter_at_a_time"}


def test_anybody_may_read_which_departments_there_are_but_of_no_person() -> None:
    identifier = a_department()
    answer = anybody().get("/v1/public/departments")
    assert answer.json["departments"] == [
        {
            "department_id": identifier,
            "name": "临江市市场监督管理局",
            "kind": "supervision",
            "level": "city",
            "division_code": "999900",
            "state": "active",
        }
    ]
    assert "李敏" not in answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    again = anybody().get("/v1/public/departments", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304
