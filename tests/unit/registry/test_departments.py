"""Departments and their liaisons (R-ORG-1, R-ORG-2)."""

import pytest

from shared.aws.table import Row
from shared.contracts.departments import Department, DepartmentChanged
from shared.kernel.codes import make_uscc
from shared.kernel.permissions import Role
from tests.support.aws import unsent_events
from tests.support.gateway import Answer
from tests.support.registry_builders import a_bureau, a_department, anybody, department_body, put, registrar

pytestmark = pytest.mark.usefixtures("table")

NOBODY = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"


def faults(answer: Answer) -> dict[str, str]:
    return {fault["pointer"]: fault["code"] for fault in answer.json["errors"]}


def test_a_registered_department_is_told_to_everybody_whole(table: type[Row]) -> None:
    answer = registrar().post("/v1/departments", department_body())
    assert (answer.status, answer.headers["ETag"]) == (201, '"v1"')
    (event,) = unsent_events(table)
    assert (event.type, event.subject) == ("department.changed.v1", answer.json["department_id"])
    told = DepartmentChanged.model_validate(event.data.body).department
    assert told == Department.model_validate_json(answer.text)


def test_changing_a_liaison_is_a_version_and_an_event(table: type[Row]) -> None:
    """R-ORG-2: changing one is versioned and audited."""
    identifier = a_department()
    body = department_body(liaisons=[{"name": "陈晨", "phone": "0999-5550102"}])
    answer = put(registrar(), f"/v1/departments/{identifier}", body, 1)
    assert (answer.status, answer.json["version"], answer.headers["ETag"]) == (200, 2, '"v2"')
    assert registrar().get(f"/v1/departments/{identifier}").json["liaisons"][0]["name"] == "陈晨"
    first, second = unsent_events(table)
    assert (second.sequence, second.previous) == (2, first.hash())
    assert second.data.body["department"]["version"] == 2


def test_another_departments_registrar_may_not_change_its_liaisons() -> None:
    """R-ORG-2: whoever could would have the messages sent elsewhere."""
    identifier, other = a_department(), a_bureau()
    answer = put(registrar(other), f"/v1/departments/{identifier}", department_body(leader="别人"), 1)
    assert (answer.status, answer.json["code"]) == (403, "not_your_department")
    assert put(registrar(identifier), f"/v1/departments/{identifier}", department_body(leader="甲"), 1).status == 200


def test_an_edit_from_an_old_version_changes_nothing(table: type[Row]) -> None:
    identifier = a_department()
    url = f"/v1/departments/{identifier}"
    put(registrar(), url, department_body(leader="甲"), 1, key="a")
    answer = put(registrar(), url, department_body(leader="乙"), 1, key="b")
    assert (answer.status, answer.json["code"]) == (412, "version_stale")
    assert registrar().get(url).json["leader"] == "甲"
    assert unsent_events(table)[-1].type == "request.refused.v1"


def test_an_edit_repeated_with_its_key_is_answered_again() -> None:
    identifier = a_department()
    url = f"/v1/departments/{identifier}"
    first = put(registrar(), url, department_body(leader="甲"), 1)
    again = put(registrar(), url, department_body(leader="甲"), 1)
    assert (again.status, again.json) == (200, first.json)


def test_an_edit_says_which_version_it_edits() -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    answer = registrar().call("PUT", f"/v1/departments/{a_department()}", department_body(), headers)
    assert (answer.status, answer.json["code"]) == (428, "version_missing")


def test_a_supervision_department_needs_a_liaison_and_a_bureau_does_not() -> None:
    """R-ORG-2."""
    answer = registrar().post("/v1/departments", department_body(liaisons=[]))
    assert (answer.status, faults(answer)) == (400, {"/liaisons": "liaison_required"})
    assert a_department(kind="approval", liaisons=[])


@pytest.mark.parametrize("field", ["leader", "coordinating_section"])
def test_a_department_names_a_leader_and_a_coordinating_section(field: str) -> None:
    """R-ORG-2."""
    body = department_body()
    del body[field]
    assert faults(registrar().post("/v1/departments", body)) == {f"/{field}": "missing"}


def test_every_bad_field_is_named_at_once() -> None:
    body = department_body(kind="king", division_code="12", liaisons=[{"name": "x", "phone": "call me"}], colour=1)
    found = faults(registrar().post("/v1/departments", body))
    assert {"/kind", "/division_code", "/liaisons/0/phone", "/colour"} <= set(found)


def test_a_credit_identifier_is_kept_in_normal_form() -> None:
    code = make_uscc("11999900MB000001")
    identifier = a_department(credit_code=f" {code.lower()} ")
    assert registrar().get(f"/v1/departments/{identifier}").json["credit_code"] == code


def test_a_wrong_check_character_is_let_pass_and_a_damaged_code_is_not() -> None:
    """R-CRD-1: some issued codes fail the check; codes out of spreadsheets end in 000."""
    code = make_uscc("11999900MB000001")
    wrong = code[:-1] + ("1" if code[-1] != "1" else "2")
    assert a_department(credit_code=wrong)
    answer = registrar().post("/v1/departments", department_body(credit_code=f"{code[:15]}000"))
    assert faults(answer) == {"/credit_code": "uscc.spreadsheet_damage"}
    answer = registrar().post("/v1/departments", department_body(credit_code="123", liaisons=[]))
    assert faults(answer) == {"/liaisons": "liaison_required", "/credit_code": "uscc.length"}


def test_a_superior_is_a_department_that_is_registered() -> None:
    answer = registrar().post("/v1/departments", department_body(superior=NOBODY))
    assert (answer.status, answer.json["code"], faults(answer)) == (
        422,
        "department_unknown",
        {"/superior": "department_unknown"},
    )
    assert a_department(superior=a_department(level="province", name="示例省市场监督管理局"))


def test_no_department_is_its_own_superior() -> None:
    identifier = a_department()
    answer = put(registrar(), f"/v1/departments/{identifier}", department_body(superior=identifier), 1)
    assert faults(answer) == {"/superior": "superior_is_itself"}


def test_the_list_holds_every_department_once_page_after_page() -> None:
    registered = {a_department(name=f"部门{number}") for number in range(13)}
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = registrar().get(f"/v1/departments?limit=5{cursor and f'&cursor={cursor}'}").json
        assert len(page["departments"]) <= 5
        seen += [each["department_id"] for each in page["departments"]]
        cursor = page["next"]
    assert (len(seen), set(seen)) == (13, registered)


def test_a_cursor_of_another_list_is_refused() -> None:
    for number in range(3):
        a_department(name=f"部门{number}")
    cursor = registrar().get("/v1/departments?limit=1").json["next"]
    answer = anybody().get(f"/v1/public/items?cursor={cursor}")
    assert (answer.status, answer.json["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("unknown", [NOBODY, "item_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "x"])
def test_an_unknown_department_is_not_found(unknown: str) -> None:
    assert registrar().get(f"/v1/departments/{unknown}").status == 404


def test_only_a_registrar_writes_departments() -> None:
    answer = registrar().with_principal(NOBODY, Role.LIAISON).post("/v1/departments", department_body())
    assert (answer.status, answer.json["code"]) == (403, "forbidden")
