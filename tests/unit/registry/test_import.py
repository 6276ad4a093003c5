"""R-REG-6: a list is imported row by row: checked first, shown, then applied, all of it or nothing."""

import base64
import csv
import io
from typing import Any

import boto3
import pytest

from services.registry import wiring
from services.registry.logic import import_files
from shared.aws.table import Row
from shared.kernel.sheets.xlsx_files import lines
from tests.support.import_builders import (
    BUCKET,
    ORDER,
    a_row,
    apply,
    as_csv,
    as_xlsx,
    checked,
    code,
    declaration,
    put_upload,
    report,
    rows,
    started,
    work_off,
)
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    anybody,
    department_body,
    publish,
    put,
    registrar,
)

PART_ROWS = 4
MANY = 2 * PART_ROWS + 2
"""More than two parts."""


@pytest.fixture
def bureau(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> str:
    del table
    monkeypatch.setattr(import_files, "PART_ROWS", PART_ROWS)
    a_department()
    return a_bureau()


def _file_of(number: int) -> Any:
    item_id = wiring.items().item_of_code(code(number))
    return wiring.items().item(item_id) if item_id else None


def _sequences() -> dict[str, int]:
    return {key: found.head.sequence for number in range(MANY) if (found := _file_of(number)) for key in [code(number)]}


def test_a_list_is_checked_without_changing_anything_and_then_applied_whole(table: type[Row], bureau: str) -> None:
    """R-REG-6: the dry run comes first."""
    import_id = checked(table, bureau, as_csv(a_row(n) for n in range(MANY)))
    found = report(bureau, import_id)
    assert (found["state"], found["percent"]) == ("checked", 100)
    assert (found["counters"]["rows"], found["counters"]["create"]) == (MANY, MANY)
    assert _sequences() == {}
    assert apply(bureau, import_id).json["state"] == "applying"
    work_off(table)
    found = report(bureau, import_id)
    assert (found["state"], found["counters"]["applied"]) == ("applied", MANY)
    assert set(_sequences().values()) == {1}
    draft = _file_of(MANY - 1).state.draft
    assert (draft.name, draft.committed_limit.amount) == (f"第{MANY - 1}项许可", 8)
    assert draft.supervisors[0].department.startswith("dept_")


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_the_same_list_again_changes_nothing(table: type[Row], bureau: str, format_: str) -> None:
    """R-REG-6."""
    make = {"csv": as_csv, "xlsx": as_xlsx}[format_]
    content = make([a_row(n) for n in range(MANY)])
    apply(bureau, checked(table, bureau, content, format_))
    work_off(table)
    before = _sequences()
    again = checked(table, bureau, content, format_)
    counters = report(bureau, again)["counters"]
    assert (counters["same"], counters["create"], counters["change"]) == (MANY, 0, 0)
    assert apply(bureau, again).json["state"] == "applied"
    assert work_off(table) > 0
    assert _sequences() == before


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_is_read_and_reported_on_whatever_separates_its_cells(
    table: type[Row], bureau: str, separator: str
) -> None:
    """R-REG-6: a spreadsheet saved as text may separate by tabs."""
    import_id = checked(table, bureau, as_csv([a_row(n) for n in range(3)], separator=separator))
    found = report(bureau, import_id)
    assert (found["state"], found["counters"]["create"], found["separator"]) == ("checked", 3, separator)


def test_an_edited_list_changes_only_what_differs_and_says_so_first(table: type[Row], bureau: str) -> None:
    """R-REG-6: the diff is shown before anything is applied."""
    apply(bureau, checked(table, bureau, as_csv([a_row(n) for n in range(5)])))
    work_off(table)
    edited = [a_row(n) for n in range(5)]
    edited[3] |= {"committed_limit": "5", "approval_person": "赵宁"}
    import_id = checked(table, bureau, as_csv(edited))
    (changed,) = rows(bureau, import_id, "change")
    assert (changed["line"], changed["code"]) == (5, code(3))
    assert [each["zh"] for each in changed["differences"]] == [
        "审批责任人:由“王静”改为“赵宁”",
        "承诺时限:由“8个工作日”改为“5个工作日”",
    ]
    before = _sequences()
    apply(bureau, import_id)
    work_off(table)
    assert _sequences() == before | {code(3): 2}


def test_columns_that_a_list_lacks_keep_what_was_there(table: type[Row], bureau: str) -> None:
    """R-REG-6: a list of codes and phones edits phones."""
    apply(bureau, checked(table, bureau, as_csv([a_row(1, procedures="听证", legal_basis="某条")])))
    work_off(table)
    import_id = checked(table, bureau, as_csv([{"code": code(1), "lead.contact": "+86-99-5550777"}]))
    (row,) = rows(bureau, import_id)
    assert [each["field"].endswith("/contact") for each in row["differences"]] == [True]
    apply(bureau, import_id)
    work_off(table)
    draft = _file_of(1).state.draft
    assert draft.supervisors[0].contact == "+86-99-5550777"
    assert (draft.legal_basis, [each.value for each in draft.procedures]) == ("某条", ["hearing"])


def test_every_bad_row_is_told_with_line_column_value_and_reason_and_nothing_is_applied(
    table: type[Row], bureau: str
) -> None:
    """R-REG-6: all or nothing by default."""
    bad = [a_row(1), a_row(2, level="乡级", committed_limit="99"), a_row(3, lead__department="无此局"), a_row(1)]
    import_id = checked(table, bureau, as_csv(bad))
    told = {each["line"]: each for each in rows(bureau, import_id, "bad")}
    assert set(told) == {2, 3, 4, 5}
    (level,) = told[3]["faults"]
    assert (level["column"], level["header"], level["value"], level["code"]) == ("D", "行使层级", "乡级", "cell_word")
    assert "市级" in level["zh"]
    assert "city" in level["en"]
    assert [each["code"] for each in told[4]["faults"]] == ["department_unknown"]
    assert [each["code"] for each in told[2]["faults"]] == ["row_code_twice"]
    refused = apply(bureau, import_id)
    assert (refused.status, refused.json["code"]) == (409, "import_has_faults")
    assert "4 行中有 4 行有误" in refused.json["detail_zh"]
    assert _sequences() == {}


def test_rules_of_the_item_are_told_at_the_cell_they_speak_of(table: type[Row], bureau: str) -> None:
    """R-REG-2, R-REG-6: what a registrar would be refused, a row is."""
    import_id = checked(table, bureau, as_csv([a_row(1, committed_limit="99"), a_row(2, item_type="77")]))
    limit, item_type = rows(bureau, import_id)
    assert [(each["header"], each["code"]) for each in limit["faults"]] == [("承诺时限", "limit_over_statutory")]
    assert [(each["header"], each["code"]) for each in item_type["faults"]] == [("事项类型", "item_type_unknown")]


def test_with_partial_the_good_rows_are_taken(table: type[Row], bureau: str) -> None:
    """R-REG-6: `partial=true`."""
    import_id = checked(table, bureau, as_csv([a_row(1), a_row(2, level="乡级"), a_row(3)]))
    assert apply(bureau, import_id, partial=True).status == 200
    work_off(table)
    assert report(bureau, import_id)["counters"]["applied"] == 2
    assert _sequences() == {code(1): 1, code(3): 1}


def test_codes_are_kept_exactly_and_only_remarked_on(table: type[Row], bureau: str) -> None:
    """R-REG-2, R-REG-6: 31 characters, hyphens, damaged 17 characters, whatever."""
    codes = [
        "11990100MB12345678000013101600001",
        "511A00103000-510100000000-000",
        "1199010000123456X",
        "000123",
        "a.b_C",
    ]
    import_id = checked(table, bureau, as_csv([a_row(1, code=each) for each in codes]))
    found = rows(bureau, import_id)
    assert [each["code"] for each in found] == codes
    assert {each["outcome"] for each in found} == {"create"}
    assert report(bureau, import_id)["counters"]["warned"] >= 3
    apply(bureau, import_id)
    work_off(table)
    assert all(wiring.items().item_of_code(each) for each in codes)


@pytest.mark.parametrize("written", ['="000123"', "'000123"])
def test_the_ways_a_spreadsheet_keeps_digits_are_read_with_a_warning(
    table: type[Row], bureau: str, written: str
) -> None:
    (row,) = rows(bureau, checked(table, bureau, as_csv([a_row(1, code=written)])))
    assert (row["code"], row["outcome"]) == ("000123", "create")
    assert row["warnings"][0]["code"] in {"cell_quoted_formula", "cell_apostrophe"}


def test_a_code_that_a_spreadsheet_made_a_number_is_refused_with_what_to_do(table: type[Row], bureau: str) -> None:
    (row,) = rows(bureau, checked(table, bureau, as_csv([a_row(1, code="1.23E+30")])))
    assert [each["code"] for each in row["faults"]] == ["cell_code"]
    assert "文本" in row["faults"][0]["zh"]


def test_rows_of_another_bureau_are_bad(table: type[Row], bureau: str) -> None:
    """R-REG-6: a bureau imports its own list."""
    other = a_department(name="临海市行政审批局", kind="approval")
    market = a_department(name="临海市市场监督管理局")
    a_draft(other, market, code=code(7))
    found = rows(
        bureau, checked(table, bureau, as_csv([a_row(7), a_row(8, approval_department="临海市行政审批局"), a_row(9)]))
    )
    assert [[fault["code"] for fault in each["faults"]] for each in found] == [
        ["row_other_bureau"],
        ["row_other_bureau"],
        [],
    ]


def test_departments_are_named_by_id_name_or_former_name(table: type[Row], bureau: str) -> None:
    """R-ORG-1: a renamed department is still found."""
    health = a_department(name="临江市卫生局")
    renamed = department_body(name="临江市卫生健康委员会")
    assert put(registrar(None), f"/v1/departments/{health}", renamed, 1).status == 200
    names = [health, "临江市卫生健康委员会", "临江市卫生局"]
    found = rows(
        bureau, checked(table, bureau, as_csv([a_row(n, lead__department=name) for n, name in enumerate(names)]))
    )
    assert {each["outcome"] for each in found} == {"create"}
    assert ["cell_former_name" in [w["code"] for w in each["warnings"]] for each in found] == [False, False, True]


def test_the_sheet_comes_back_as_it_was_with_a_column_of_errors(table: type[Row], bureau: str) -> None:
    """R-REG-6: CSV with its mark, every cell and the order kept."""
    given = [a_row(1), a_row(2, level="乡级", approval_contact="+86-99-5550100")]
    import_id = checked(table, bureau, as_csv(given, encoding="gb18030", separator=";"))
    found = report(bureau, import_id)
    assert (found["encoding"], found["separator"]) == ("GB18030", ";")
    answer = registrar(bureau).get(f"/v1/imports/{import_id}/sheet")
    assert answer.status == 307
    assert "checked.csv" in answer.headers["Location"]
    raw = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"imports/{import_id}/sheet.csv")["Body"].read()
    assert raw.startswith(b"\xef\xbb\xbf")
    back = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert back[0][-1] == "错误 / Errors"
    assert (back[1][:3], back[1][-1]) == ([code(1), "第1项许可", "01 行政许可"], "")
    assert "乡级" in back[2][3]
    assert "行使层级(D)" in back[2][-1]
    assert back[2][9] == "'+86-99-5550100"
    again = checked(table, bureau, raw)
    assert [each["outcome"] for each in rows(bureau, again)] == ["create", "bad"]


def test_an_xlsx_sheet_comes_back_as_xlsx(table: type[Row], bureau: str) -> None:
    import_id = checked(table, bureau, as_xlsx([a_row(1), a_row(2, level="乡级")]), "xlsx")
    raw = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"imports/{import_id}/sheet.xlsx")["Body"].read()
    back = [each.cells for each in lines(io.BytesIO(raw))]
    assert back[0][-1] == "错误 / Errors"
    assert back[1][0] == code(1)
    assert "行使层级(D)" in back[2][-1]


def test_a_title_may_stand_above_the_header_and_lines_count_as_in_the_spreadsheet(
    table: type[Row], bureau: str
) -> None:
    content = "临江市审管联动事项清单,,\r\n\r\n".encode() + as_csv([a_row(1), a_row(2, level="乡级")])
    assert [each["line"] for each in rows(bureau, checked(table, bureau, content))] == [4, 5]


def test_what_was_applied_is_published_at_once_where_that_is_asked_for(table: type[Row], bureau: str) -> None:
    """R-REG-4, R-REG-6: each row with its own result; one whose liaison is gone stays a draft and is reported."""
    a_department(name="临江市体育局", liaisons=[{"name": "孙丁", "phone": "0999-5550109", "active": False}])
    given = [a_row(1), a_row(2, lead__department="临江市体育局"), a_row(3)]
    import_id = checked(table, bureau, as_csv(given))
    assert apply(bureau, import_id, **ORDER).status == 200
    work_off(table)
    found = report(bureau, import_id)
    assert (found["state"], found["counters"]["published"], found["counters"]["unpublished"]) == ("applied", 2, 1)
    (left,) = rows(bureau, import_id, "unpublished")
    assert (left["line"], left["publication"]["code"]) == (3, "liaison_missing")
    assert anybody().get(f"/v1/public/items/{code(1)}").status == 200
    assert _file_of(2).state.published is None


def test_an_item_changed_since_the_check_is_checked_again_instead_of_being_overwritten(
    table: type[Row], bureau: str
) -> None:
    """R-REG-6: what was looked at is what is applied, or nothing is."""
    market = a_department(name="临江市民政局")
    file = a_draft(bureau, market, code=code(MANY - 1))
    import_id = checked(table, bureau, as_csv(a_row(n) for n in range(MANY)))
    publish(registrar(bureau), file, consultation_waived="文件已定")
    before = _sequences()
    apply(bureau, import_id)
    work_off(table)
    found = report(bureau, import_id)
    assert (found["state"], found["stale"]["code"]) == ("checked", "import_stale")
    assert _sequences() == before
    assert wiring.items().item_of_code(code(0)) is None, "what was reserved is free again"
    apply(bureau, import_id)
    work_off(table)
    assert report(bureau, import_id)["state"] == "applied"
    assert len(_sequences()) == MANY


def test_a_code_taken_by_another_bureau_since_the_check_leaves_everything_as_it_was(
    table: type[Row], bureau: str
) -> None:
    other = a_department(name="临海市行政审批局", kind="approval")
    market = a_department(name="临海市市场监督管理局")
    import_id = checked(table, bureau, as_csv(a_row(n) for n in range(MANY)))
    a_draft(other, market, code=code(PART_ROWS + 1))
    apply(bureau, import_id)
    work_off(table)
    found = report(bureau, import_id)
    assert (found["state"], found["counters"]["bad"]) == ("checked", 1)
    assert list(_sequences()) == [code(PART_ROWS + 1)]


def test_while_an_import_is_applied_nobody_else_writes_the_bureau_s_items(table: type[Row], bureau: str) -> None:
    """R-REG-6: all or nothing, whoever is at work beside it; other bureaus are not held up."""
    market = a_department(name="临江市民政局")
    file = a_draft(bureau, market, code=code(900))
    other = a_department(name="临海市行政审批局", kind="approval")
    import_id = checked(table, bureau, as_csv([a_row(1)]))
    second = checked(table, bureau, as_csv([a_row(2)]))
    apply(bureau, import_id)
    desk = registrar(bureau)
    refused = publish(desk, file, consultation_waived="文件已定")
    assert (refused.status, refused.json["code"]) == (409, "import_running")
    assert import_id in refused.json["detail_en"]
    assert apply(bureau, second).json["code"] == "import_running"
    assert desk.post(f"/v1/imports/{import_id}/abandon", None).json["code"] == "wrong_state"
    a_draft(other, market, code=code(901))
    work_off(table)
    assert publish(desk, file, consultation_waived="文件已定").status == 200


def test_an_import_s_own_events_name_who_had_it_applied(table: type[Row], bureau: str) -> None:
    """R-AUD-1: the registrar acts, not the system."""
    apply(bureau, checked(table, bureau, as_csv([a_row(1)])))
    work_off(table)
    (event,) = wiring.journal().events(str(wiring.items().item_of_code(code(1))))
    assert (event.type, event.department) == ("item.drafted.v1", bureau)
    assert event.data.actor.client_id.startswith("cli_")


def test_an_import_is_its_own_bureau_s_alone(table: type[Row], bureau: str) -> None:
    import_id = checked(table, bureau, as_csv([a_row(1)]))
    other = registrar(a_department(name="临海市行政审批局", kind="approval"))
    for path in ("", "/rows", "/sheet"):
        assert other.get(f"/v1/imports/{import_id}{path}").status == 403
    assert other.post(f"/v1/imports/{import_id}/apply", {}).status == 403
    assert other.get("/v1/imports").json["imports"] == []
    assert [each["import_id"] for each in registrar(bureau).get("/v1/imports").json["imports"]] == [import_id]


def test_an_upload_that_is_not_what_was_declared_is_refused(table: type[Row], bureau: str) -> None:
    """R-REG-6: size and SHA-256, at the start and again at the very bytes that are read."""
    content, desk = as_csv([a_row(1)]), registrar(bureau)
    import_id = desk.post("/v1/imports", declaration(content)).json["import_id"]
    assert desk.post(f"/v1/imports/{import_id}/start", None).json["code"] == "upload_missing"
    put_upload(import_id, content + b"x")
    assert desk.post(f"/v1/imports/{import_id}/start", None).json["code"] == "upload_differs"
    put_upload(import_id, content[:-1] + b"x")
    assert desk.post(f"/v1/imports/{import_id}/start", None).json["code"] == "upload_differs"
    put_upload(import_id, content)
    assert desk.post(f"/v1/imports/{import_id}/start", None).status == 200
    put_upload(import_id, as_csv([a_row(2)]))
    work_off(table)
    found = report(bureau, import_id)
    assert (found["state"], found["refusal"]["code"]) == ("refused", "file_changed")


def test_an_abandoned_import_is_left_alone_by_its_own_queue(table: type[Row], bureau: str) -> None:
    import_id = started(bureau, as_csv([a_row(1)]))
    assert registrar(bureau).post(f"/v1/imports/{import_id}/abandon", None).json["state"] == "abandoned"
    work_off(table)
    assert report(bureau, import_id)["state"] == "abandoned"


def test_progress_never_runs_backwards(table: type[Row], bureau: str) -> None:
    """R-REG-6: progress is visible."""
    import_id = started(bureau, as_csv(a_row(n) for n in range(MANY)))
    seen: list[int] = []
    work_off(table, more=lambda: False, between=lambda: seen.append(report(bureau, import_id)["percent"]))
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    applying: list[int] = []
    apply(bureau, import_id, **ORDER)
    work_off(table, more=lambda: False, between=lambda: applying.append(report(bureau, import_id)["percent"]))
    assert applying[-1] == 100


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_the_template_is_a_list_that_can_be_imported(table: type[Row], bureau: str, format_: str) -> None:
    """R-REG-6: one example row; departments of that name make it a good one."""
    a_department(name="临江市卫生健康委员会")
    answer = anybody().get(f"/v1/public/import-template/{format_}")
    content = answer.text.encode() if format_ == "csv" else base64.b64decode(answer.text)
    (row,) = rows(bureau, checked(table, bureau, content, format_))
    assert (row["outcome"], row["faults"]) == ("create", [])
    assert anybody().get("/v1/public/import-template/pdf").status == 404
