"""Downloads of the whole public list: CSV, XLSX and JSON, made once per change (R-REG-5)."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import openpyxl
import pytest

from services.registry import events, wiring
from services.registry.domain.exports import Export, Format
from services.registry.domain.items import ItemAct
from services.registry.domain.sheet import headers
from services.registry.logic import exports as logic
from services.registry.logic.public import whole_list
from shared.aws.table import Row
from shared.contracts.event import Event
from shared.kernel.clock import utc_now
from tests.support.aws import sqs_batch
from tests.support.public_list_builders import GOVERNMENT, days_ahead, minutes_ago, told_version_of
from tests.support.registry_builders import a_bureau, a_department, anybody
from tests.unit.registry.conftest import BUCKET

MINUTES = 15
_MINUTE = {
    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012",
    "time": "2026-03-02T01:30:00Z", "region": "cn-north-1", "resources": [], "detail": {},
}  # fmt: skip
LONG_CODE = "1161090001601260XK4000131016000"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def wait(self, minutes: float) -> "Clock":
        self.now += timedelta(minutes=minutes)
        return self


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(events, "utc_now", clock)
    return clock


def hear(*told: Event) -> None:
    assert events.consume(sqs_batch(*told), None) == {"batchItemFailures": []}


def published(table: type[Row], code: str, **changed: Any) -> Event:
    _, event = told_version_of(table, code, **changed)
    hear(event)
    return event


def run() -> Export | None:
    """What the schedule does each minute."""
    before = wiring.exports().current()
    events.export(_MINUTE, None)
    after = wiring.exports().current()
    return None if after == before else after


def stored(export: Export, format_: Format) -> bytes:
    held = boto3.client("s3").get_object(Bucket=BUCKET, Key=export.files[format_].key)
    return bytes(held["Body"].read())


def rows_of_csv(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def rows_of_xlsx(raw: bytes) -> Iterator[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
    assert sheet is not None
    for row in sheet.iter_rows():
        assert {cell.data_type for cell in row if cell.value is not None} <= {"s", "inlineStr"}
        yield [cell.value or "" for cell in row]


def test_the_whole_list_is_exported_in_three_formats_that_say_the_same(table: type[Row], clock: Clock) -> None:
    """R-REG-5: UTF-8 with its mark, departments by name, long codes kept, formulas neutralised, hashes told."""
    bureau, market = a_bureau(), a_department(name="临江市市场监督管理局")
    from tests.unit.registry.test_public_list import supervised

    given = {"approval_department": bureau, **supervised(market)}
    published(table, LONG_CODE, name="=1+1,“食品”经营许可\n(甲)", **given)
    published(table, "000131016000", **given)
    published(table, "G", sharing=GOVERNMENT, **given)
    published(table, "R", **given)
    published(table, "R", act=ItemAct.RETIRE, made_at=minutes_ago(9))
    clock.wait(MINUTES)
    made = run()
    assert made is not None
    assert made.items == 2

    raw = stored(made, Format.CSV)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = {row["事项编码"]: row for row in rows_of_csv(raw)}
    assert rows.keys() == {LONG_CODE, "000131016000"}
    assert rows[LONG_CODE]["事项名称"].startswith("'=1+1")
    assert rows["000131016000"]["审批部门"] == "临江市行政审批局"

    header, *cells = rows_of_xlsx(stored(made, Format.XLSX))
    assert header == headers("zh")
    assert {row[0] for row in cells} == {LONG_CODE, "000131016000"}
    assert {row[1] for row in cells} == {"=1+1,“食品”经营许可\n(甲)", "食品经营许可"}

    whole = json.loads(stored(made, Format.JSON))
    assert whole["as_of"] == json.loads(made.model_dump_json())["as_of"]
    listed = anybody().get("/v1/public/items").json["items"]
    assert sorted(whole["items"], key=str) == sorted(listed, key=str)

    for format_ in Format:
        content = stored(made, format_)
        assert made.files[format_].size == len(content)
        assert made.files[format_].sha256 == hashlib.sha256(content).hexdigest()


def test_the_public_is_told_what_there_is_and_led_to_it(table: type[Row], clock: Clock) -> None:
    """R-REG-5: before the first export the answer says so and what to do."""
    for url in ("/v1/public/exports", "/v1/public/exports/csv"):
        early = anybody().get(url)
        assert (early.status, early.json["code"]) == (404, "export_not_made")
    published(table, "A")
    clock.wait(MINUTES)
    made = run()
    assert made
    told = anybody().get("/v1/public/exports")
    assert told.headers["Cache-Control"] == "public, max-age=60"
    assert told.json["items"] == 1
    assert {each["format"] for each in told.json["files"]} == {"csv", "xlsx", "json"}
    for each in told.json["files"]:
        led = anybody().get(f"/v1/public/{each['href']}")
        assert led.status == 307
        assert made.files[Format(each["format"])].key in led.headers["Location"]
        assert re.search(r"item-list-\d{8}-\d{4}\." + each["format"], led.headers["Location"])
    assert anybody().get("/v1/public/exports/pdf").status == 404
    assert anybody().get("/v1/public/exports", **{"If-None-Match": told.headers["ETag"]}).status == 304


def test_an_export_is_made_once_for_all_changes_of_its_minutes_and_no_change_postpones_it(
    table: type[Row], clock: Clock
) -> None:
    assert run() is None
    published(table, "A")
    clock.wait(MINUTES - 1)
    published(table, "B")
    assert run() is None
    clock.wait(1.1)
    made = run()
    assert made
    assert made.items == 2
    assert run() is None
    assert run() is None


def test_a_change_while_an_export_is_made_owes_another(
    table: type[Row], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first one missed is in the second."""
    published(table, "A")
    clock.wait(MINUTES)

    def meanwhile(*given: Any) -> Iterator[Any]:
        yield from whole_list(*given)
        published(table, "B")

    monkeypatch.setattr(logic, "whole_list", meanwhile)
    first = run()
    monkeypatch.setattr(logic, "whole_list", whole_list)
    assert first
    assert first.items == 1
    clock.wait(MINUTES - 1)
    assert run() is None
    clock.wait(1.1)
    second = run()
    assert second
    assert second.items == 2


def test_two_at_once_make_one_export_and_a_dead_one_is_followed_by_another(
    table: type[Row], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(table, "A")
    clock.wait(MINUTES)
    owed = wiring.exports().owed()
    assert owed
    assert wiring.exports().take(owed, clock.now + logic.AT_WORK)
    assert wiring.exports().take(owed, clock.now + logic.AT_WORK) is None

    def dies(*_: Any) -> Iterator[Any]:
        raise ConnectionError

    assert run() is None, "somebody is at it"
    clock.wait(16)
    with monkeypatch.context() as patched:
        patched.setattr(logic, "whole_list", dies)
        with pytest.raises(ConnectionError):
            run()
    assert run() is None
    clock.wait(16)
    assert run()


def test_an_older_export_never_takes_the_place_of_a_later_one(table: type[Row], clock: Clock) -> None:
    published(table, "A")
    clock.wait(MINUTES)
    made = run()
    assert made
    wiring.exports().publish(made.model_copy(update={"as_of": made.as_of - timedelta(minutes=1), "items": 7}))
    assert wiring.exports().current() == made


def test_a_version_that_comes_into_force_later_is_in_the_export_from_its_day_on(table: type[Row], clock: Clock) -> None:
    """R-REG-4: no event happens on that day."""
    published(table, "A", name="旧名称")
    published(table, "A", name="新名称", made_at=minutes_ago(5), effective_from=days_ahead(3))
    published(table, "B", sharing=GOVERNMENT, made_at=minutes_ago(5), effective_from=days_ahead(2))
    clock.wait(MINUTES)
    first = run()
    assert first
    assert [row["事项名称"] for row in rows_of_csv(stored(first, Format.CSV))] == ["旧名称"]
    assert run() is None
    clock.wait(3 * 24 * 60)
    second = run()
    assert second
    assert [row["事项名称"] for row in rows_of_csv(stored(second, Format.CSV))] == ["新名称"]
    clock.wait(24 * 60)
    assert run() is None


def test_a_renamed_department_is_renamed_in_the_export(table: type[Row]) -> None:
    from tests.support.aws import unsent_events

    a_bureau()
    hear(*(each for each in unsent_events(table) if each.type == "department.changed.v1"))
    assert wiring.exports().owed()


def test_how_late_an_export_is_is_measured_every_minute(table: type[Row], clock: Clock) -> None:
    """docs/operations.md: the alarm tells of exports that keep failing."""
    exports = wiring.exports()
    assert logic.overdue(exports, clock.now, MINUTES) == timedelta()
    published(table, "A")
    assert logic.overdue(exports, clock.now, MINUTES) == timedelta()
    late = logic.overdue(exports, clock.wait(75).now, MINUTES)
    assert timedelta(minutes=59) < late < timedelta(minutes=61)
    assert run()
    assert logic.overdue(exports, clock.now, MINUTES) == timedelta()


def test_an_empty_list_is_an_export_too(table: type[Row], clock: Clock) -> None:
    published(table, "G", sharing=GOVERNMENT)
    clock.wait(MINUTES)
    made = run()
    assert made
    assert made.items == 0
    assert json.loads(stored(made, Format.JSON))["items"] == []
    assert rows_of_csv(stored(made, Format.CSV)) == []
    assert list(rows_of_xlsx(stored(made, Format.XLSX))) == [headers("zh")]
