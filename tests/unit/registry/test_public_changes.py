"""The change log of the published list: what changed between two days (R-REG-5)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.registry.domain.items import ItemAct
from services.registry.logic import changes as logic
from shared.aws.table import Row
from shared.kernel.clock import BEIJING
from tests.support.public_list_builders import BUREAU, GOVERNMENT, version_of
from tests.support.registry_builders import anybody

OTHER_BUREAU = "dept_01OTHERBUREAU000000000000000"


def day(text: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(text).replace(hour=hour, tzinfo=BEIJING)


def read(query: str) -> dict[str, Any]:
    answer = anybody().get(f"/v1/public/changes?{query}")
    assert answer.status == 200, answer.text
    return dict(answer.json)


def walked(query: str) -> list[str]:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = read(f"{query}{cursor and f'&cursor={cursor}'}")
        seen += [f"{each['code']}{each['version']}" for each in page["changes"]]
        cursor = page["next"]
    return seen


@pytest.fixture
def history(table: type[Row]) -> type[Row]:
    """One change on each of some days over the end of a year, one of them hidden."""
    for text, code, act in (
        ("2025-11-30", "A", ItemAct.PUBLISH),
        ("2025-12-01", "B", ItemAct.PUBLISH),
        ("2025-12-31", "A", ItemAct.SUSPEND),
        ("2026-01-01", "A", ItemAct.REINSTATE),
        ("2026-02-28", "B", ItemAct.RETIRE),
    ):
        version_of(table, code, act, made_at=day(text))
    version_of(table, "G", made_at=day("2026-01-02"), sharing=GOVERNMENT)
    version_of(table, "C", made_at=day("2026-01-03"), approval_department=OTHER_BUREAU)
    return table


def test_the_log_tells_what_was_done_when_and_why(history: type[Row]) -> None:
    """R-REG-5, R-REG-4."""
    version_of(history, "C", made_at=day("2026-03-02"), name="食品经营许可(新办)")
    (told,) = read("from=2026-03-01&to=2026-03-31")["changes"]
    assert (told["code"], told["version"], told["act"], told["reason"]) == ("C", 2, "publish", "按上级要求调整")
    assert told["published_at"] == told["effective_from"] == "2026-03-02T02:00:00.000Z"
    assert "食品经营许可(新办)" in str(told["differences"])


def test_both_days_are_included_and_days_are_those_of_shanghai(table: type[Row]) -> None:
    version_of(table, "FIRST", made_at=day("2026-03-01", hour=0))
    version_of(table, "LAST", made_at=day("2026-03-31", hour=23) + timedelta(minutes=59, seconds=59, milliseconds=999))
    version_of(table, "AFTER", made_at=day("2026-04-01", hour=0))
    assert walked("from=2026-03-01&to=2026-03-31") == ["FIRST1", "LAST1"]
    assert walked("from=2026-03-31&to=2026-03-31") == ["LAST1"]
    assert walked("from=2026-04-01&to=2026-04-01") == ["AFTER1"]
    assert walked("from=2026-03-02&to=2026-03-30") == []


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_pages_go_on_from_month_to_month_in_the_order_of_time(limit: int, history: type[Row]) -> None:
    assert history
    whole = ["A1", "B1", "A2", "A3", "C1", "B2"]
    assert walked(f"from=2025-11-01&to=2026-03-31&limit={limit}") == whole
    assert walked(f"from=2025-12-02&to=2026-01-31&limit={limit}") == ["A2", "A3", "C1"]
    assert walked(f"from=2025-11-01&to=2026-03-31&limit={limit}&approval_department={OTHER_BUREAU}") == ["C1"]
    assert walked(f"from=2025-11-01&to=2026-03-31&limit={limit}&approval_department={BUREAU}") == [
        "A1",
        "B1",
        "A2",
        "A3",
        "B2",
    ]


def test_what_is_not_for_the_public_is_left_out(history: type[Row]) -> None:
    """R-REG-2: sharing scope; nor does the next version tell what the hidden one said."""
    assert history
    assert walked("from=2026-01-02&to=2026-01-02") == []
    version_of(
        history, "G", made_at=day("2026-03-05"), name="公开后的名称", sharing=version_of(history, "Z").item.sharing
    )
    (told,) = read("from=2026-03-05&to=2026-03-05")["changes"]
    assert (told["name"], told["differences"]) == ("公开后的名称", [])


def test_a_request_looks_at_a_bounded_number_of_entries(history: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """R-REG-5: a page may be short, even empty, while there is a next one."""
    assert history
    monkeypatch.setattr(logic, "MOST_READ", 2)
    first = read(f"from=2025-11-01&to=2026-03-31&approval_department={OTHER_BUREAU}")
    assert first["changes"] == []
    assert first["next"] is not None
    assert walked(f"from=2025-11-01&to=2026-03-31&approval_department={OTHER_BUREAU}") == ["C1"]


@pytest.mark.parametrize(
    "query",
    [
        "", "from=2026-01-01", "to=2026-01-01", "from=2026-02-01&to=2026-01-31", "from=2025-01-01&to=2026-01-02",
        "from=x&to=2026-01-01", "from=2026-01-01&to=2026-01-31&approval_department=x",
        "from=2026-01-01&to=2026-01-31&limit=0",
        "from=0001-01-01&to=0001-01-01", "from=9999-12-31&to=9999-12-31",
    ],
)  # fmt: skip
def test_a_bad_question_is_named(query: str, table: type[Row]) -> None:
    assert table
    answer = anybody().get(f"/v1/public/changes?{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
    assert answer.json["errors"][0]["pointer"].startswith("query:")


def test_a_year_at_once_may_be_asked_for(table: type[Row]) -> None:
    assert table
    assert read("from=2024-01-01&to=2024-12-31")["changes"] == []
    assert read("from=9998-12-01&to=9998-12-31")["changes"] == []
    assert read("from=1970-01-01&to=1970-01-01")["changes"] == []


def test_days_that_are_over_are_kept_longer_than_those_that_are_not(history: type[Row]) -> None:
    """R-REG-5: HTTP caching."""
    assert history
    past = anybody().get("/v1/public/changes?from=2025-11-01&to=2026-03-31")
    assert past.headers["Cache-Control"] == "public, max-age=86400"
    assert anybody().get("/v1/public/changes?from=9998-01-01&to=9998-01-02").headers["Cache-Control"] == (
        "public, max-age=60"
    )
    again = anybody().get("/v1/public/changes?from=2025-11-01&to=2026-03-31", **{"If-None-Match": past.headers["ETag"]})
    assert (again.status, again.text) == (304, "")


def test_a_cursor_belongs_to_its_days(history: type[Row]) -> None:
    assert history
    cursor = read("from=2025-11-01&to=2026-03-31&limit=1")["next"]
    answer = anybody().get(f"/v1/public/changes?from=2025-11-01&to=2026-03-30&limit=1&cursor={cursor}")
    assert answer.json["code"] == "cursor_invalid"
