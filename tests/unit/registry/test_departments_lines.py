"""Superior lines: they rise by level and never come back (R-ORG-1, X II(2)2)."""

from typing import Any

import pytest

from services.registry.store.departments import DepartmentStore
from shared.contracts.change import Change
from shared.contracts.departments import Department
from tests.support.gateway import Answer
from tests.support.registry_builders import a_department, act_on, department_body, put, registrar

pytestmark = pytest.mark.usefixtures("table")


def faults(answer: Answer) -> dict[str, str]:
    return {fault["pointer"]: fault["code"] for fault in answer.json["errors"]}


def line(identifier: str) -> list[str]:
    answer = registrar().get(f"/v1/departments/{identifier}/line").json
    return [each["department_id"] for each in answer["line"]]


def below(identifier: str) -> list[str]:
    page = registrar().get(f"/v1/departments?superior={identifier}").json
    return [each["department_id"] for each in page["departments"]]


def edit(identifier: str, name: str, **changed: object) -> Answer:
    version = registrar().get(f"/v1/departments/{identifier}").json["version"]
    body = department_body(name=name) | changed
    return put(registrar(), f"/v1/departments/{identifier}", body, version, key=f"{identifier}-{version}")


def a_line() -> tuple[str, str, str, str]:
    """Province, city, and below the city a county's and a development zone's department."""
    province = a_department(name="省局", level="province")
    city = a_department(name="市局", superior=province)
    county = a_department(name="县局", level="county", superior=city)
    zone = a_department(name="开发区局", level="development_zone", superior=city)
    return province, city, county, zone


def test_a_line_goes_up_from_county_and_zone_by_the_city_to_the_province() -> None:
    """X II(2)2: what is owed above is owed by way of the same line."""
    province, city, county, zone = a_line()
    assert line(county) == line(zone) == [city, province]
    assert line(province) == []
    assert below(city) == [county, zone]
    assert (below(province), below(county)) == ([city], [])


@pytest.mark.parametrize(
    ("level", "superior"),
    [
        ("province", "province"),
        ("city", "city"),
        ("city", "county"),
        ("province", "city"),
        ("county", "county"),
        ("county", "development_zone"),
        ("development_zone", "county"),
        ("city", "development_zone"),
    ],
)
def test_a_superior_is_of_a_higher_level(level: str, superior: str) -> None:
    above = a_department(name="上级", level=superior)
    answer = registrar().post("/v1/departments", department_body(name="下级", level=level, superior=above))
    assert (answer.status, faults(answer)) == (400, {"/superior": "superior_not_higher"})


def test_a_line_never_comes_back_to_where_it_began() -> None:
    """Even where a level is changed in the same edit."""
    province, _, county, _ = a_line()
    answer = edit(province, "省局", level="county", superior=county)
    assert faults(answer)["/superior"] == "superior_in_circle"


def test_a_department_stays_above_those_that_report_to_it() -> None:
    _, city, county, _ = a_line()
    answer = edit(city, "市局", level="county")
    assert faults(answer) == {"/level": "level_not_above"}
    assert "县局" in answer.json["errors"][0]["zh"]
    assert edit(county, "县局", level="development_zone").status == 200


def test_another_superior_takes_the_department_out_of_the_old_ones_list() -> None:
    province, city, county, zone = a_line()
    edit(county, "县局", level="county", superior=province)
    assert (below(city), below(province), line(county)) == ([zone], [city, county], [province])
    edit(county, "县局", level="county")
    assert (below(province), line(county)) == ([city], [])


def test_those_below_are_listed_page_by_page() -> None:
    province = a_department(name="省局", level="province")
    cities = [a_department(name=f"市局{number}", superior=province) for number in range(5)]
    first = registrar().get(f"/v1/departments?superior={province}&limit=3").json
    rest = registrar().get(f"/v1/departments?superior={province}&limit=3&cursor={first['next']}").json
    assert [each["department_id"] for each in (*first["departments"], *rest["departments"])] == cities


def test_nobody_newly_reports_to_a_department_out_of_service_and_whoever_did_may_stay() -> None:
    province, city, _, _ = a_line()
    act_on(registrar(), province, "suspend", 1, reason="机构改革")
    answer = registrar().post("/v1/departments", department_body(name="另一市局", superior=province))
    assert faults(answer) == {"/superior": "department_inactive"}
    assert edit(city, "市局", superior=province, leader="新领导").status == 200
    states = [each["state"] for each in registrar().get(f"/v1/departments/{city}/line").json["line"]]
    assert states == ["suspended"]


def test_two_edits_that_cross_close_no_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is judged by the departments above, which are conditions of its transaction: the second is decided again."""
    one, two = a_department(name="甲局"), a_department(name="乙局")
    save, crossed = DepartmentStore.save_department, list[str]()

    def crossing(store: DepartmentStore, change: Change[Department], *given: Any) -> None:
        if change.aggregate == one and not crossed:
            crossed.append(two)
            assert edit(two, "乙局", level="county", superior=one).status == 200
        save(store, change, *given)

    monkeypatch.setattr(DepartmentStore, "save_department", crossing)
    answer = edit(one, "甲局", level="county", superior=two)
    assert faults(answer) == {"/superior": "superior_in_circle", "/level": "level_not_above"}
    assert (crossed, line(two), line(one)) == ([two], [one], [])
