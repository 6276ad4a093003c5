"""R-REG-6: a list of some hundred rows through the deployed stack: uploaded, checked, shown, applied, published."""

import httpx

from localstack.demo.desk import eventually
from tests.support.import_builders import ORDER, a_row, as_csv, as_xlsx, declaration, send_upload
from tests.support.small_city import EVENTS_SECONDS, SmallCity

ROWS = 250
FIRST = 700_000


def _checked(city: SmallCity, content: bytes, format_: str) -> str:
    desk = city.desk("registrar")
    made = desk.post("/registry/v1/imports", declaration(content, format_))
    send_upload(made["upload"], content)
    desk.post(f"/registry/v1/imports/{made['import_id']}/start", None)
    _await(city, made["import_id"], "checked")
    return str(made["import_id"])


def _await(city: SmallCity, import_id: str, state: str) -> dict[str, object]:
    seen: list[int] = []

    def there() -> dict[str, object] | None:
        report = city.desk("registrar").get(f"/registry/v1/imports/{import_id}")
        assert report["state"] != "refused", report["refusal"]
        seen.append(report["percent"])
        return dict(report) if report["state"] == state else None

    found = eventually(there, seconds=2 * EVENTS_SECONDS, what=f"the import is {state}")
    assert seen[-1] == 100
    return dict(found["counters"])  # type: ignore[call-overload,no-any-return]


def test_a_list_is_imported_through_the_deployed_stack(city: SmallCity) -> None:
    """R-REG-6: XLSX of a few hundred rows; the same again changes nothing; one edited cell changes one item."""
    desk = city.desk("registrar")
    rows = [a_row(FIRST + number) for number in range(ROWS)]
    first = _checked(city, as_xlsx(rows), "xlsx")
    desk.post(f"/registry/v1/imports/{first}/apply", {})
    assert _await(city, first, "applied")["applied"] == ROWS
    again = _checked(city, as_csv(rows, encoding="gb18030"), "csv")
    assert desk.get(f"/registry/v1/imports/{again}")["counters"]["same"] == ROWS
    rows[7] |= {"approval_person": "赵宁"}
    edited = _checked(city, as_csv(rows[:10]), "csv")
    (changed,) = desk.get(f"/registry/v1/imports/{edited}/rows", outcome="change")["rows"]
    assert changed["differences"][0]["zh"] == "审批责任人:由“王静”改为“赵宁”"
    desk.post(f"/registry/v1/imports/{edited}/apply", ORDER)
    counters = _await(city, edited, "applied")
    assert (counters["applied"], counters["published"]) == (1, 1)
    city.await_event(f"/handover/v1/routes/{changed['code']}", "approver")


def test_the_sheet_with_its_errors_and_the_template_come_through_the_gateway_whole(city: SmallCity) -> None:
    """R-REG-6: bytes stay bytes, whatever the client says it accepts."""
    bad = _checked(city, as_csv([a_row(FIRST + 1), a_row(FIRST + 2, level="乡级")]), "csv")
    desk = city.desk("registrar")
    refused = desk.send(f"/registry/v1/imports/{bad}/apply", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "import_has_faults")
    moved = desk.http.get(
        f"{desk.base_url}/registry/v1/imports/{bad}/sheet", headers={"Authorization": f"Bearer {desk.token}"}
    )
    assert moved.status_code == httpx.codes.TEMPORARY_REDIRECT
    sheet = desk.http.get(moved.headers["Location"]).content
    assert sheet.startswith(b"\xef\xbb\xbf")
    assert "行使层级(D)" in sheet.decode("utf-8-sig")
    template = desk.http.get(f"{desk.base_url}/registry/v1/public/import-template/xlsx")
    assert template.content.startswith(b"PK\x03\x04")
