"""The published list, which everybody may read without a login (R-REG-5)."""

from typing import Any

import pytest

from services.registry import wiring
from services.registry.domain.items import ItemAct
from services.registry.logic import public as logic
from services.registry.store.item_keys import PUBLIC, code_key
from shared.aws.table import Row
from shared.contracts.items import Sharing, Supervisor
from shared.contracts.vocabulary import Level, SupervisorPart
from tests.support.public_list_builders import (
    BUREAU,
    GOVERNMENT,
    HEALTH,
    LONG_AGO,
    MARKET,
    days_ahead,
    minutes_ago,
    version_of,
)
from tests.support.registry_builders import anybody

OTHER_BUREAU = "dept_01OTHERBUREAU000000000000000"


def supervised(*departments: str) -> dict[str, Any]:
    parts = [SupervisorPart.LEAD] + [SupervisorPart.ASSISTING] * len(departments)
    return {
        "supervisors": tuple(
            Supervisor(
                department=each,
                part=part,
                supervision_item="监督检查",
                section="监管科",
                person="李敏",
                contact="0999-5550101",
            )
            for each, part in zip(departments, parts, strict=False)
        )
    }


def page(query: str = "") -> dict[str, Any]:
    answer = anybody().get(f"/v1/public/items{query}")
    assert answer.status == 200, answer.text
    return dict(answer.json)


def codes(query: str = "") -> list[str]:
    return [each["item"]["code"] for each in page(query)["items"]]


def walked(query: str) -> list[str]:
    """Every code of a list, page after page; a page may be short."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        read = page(f"{query}{cursor and f'&cursor={cursor}'}")
        seen += [each["item"]["code"] for each in read["items"]]
        cursor = read["next"]
    return seen


def test_the_public_reads_unit_section_person_and_contact_of_both_sides(table: type[Row]) -> None:
    """R-REG-5."""
    made = version_of(table, "OUT", **supervised(MARKET))
    assert codes() == ["OUT"]
    shown = anybody().get("/v1/public/items/OUT")
    assert shown.status == 200
    assert shown.json["item"]["supervisors"][0]["contact"] == "0999-5550101"
    assert shown.json["item"]["approval_section"] == made.item.approval_section
    assert (shown.json["standing"], shown.json["in_force"]) == ("published", True)
    assert shown.json["reason"] == made.reason
    assert (shown.json["to_come"], shown.json["open_notices"]) == ([], [])
    assert anybody().get("/v1/public/items/DRAFT").status == 404


def test_every_version_stays_readable_for_ever(table: type[Row]) -> None:
    """R-REG-4."""
    version_of(table, "A")
    version_of(table, "A", name="新", made_at=minutes_ago(60))
    names = {n: anybody().get(f"/v1/public/items/A/versions/{n}").json["item"]["name"] for n in (1, 2)}
    assert names == {1: "食品经营许可", 2: "新"}
    assert anybody().get("/v1/public/items/A").json["item"]["version"] == 2


@pytest.mark.parametrize("version", ["3", "0", "01x", "-1", "９", "9999999"])
def test_a_version_that_never_was_is_not_found(version: str, table: type[Row]) -> None:
    version_of(table, "A")
    assert anybody().get(f"/v1/public/items/A/versions/{version}").status == 404


def test_the_list_holds_every_item_once_page_after_page(table: type[Row]) -> None:
    """R-REG-5: the whole list, the list of a type and that of a department, in a stable order."""
    published = [f"CODE-{number:02}" for number in range(11)]
    for code in published:
        version_of(table, code)
    for query in ("", "&item_type=01", f"&supervision_department={MARKET}", f"&approval_department={BUREAU}"):
        for limit in (1, 4, 11):
            seen = walked(f"?limit={limit}{query}")
            assert sorted(seen) == published
            assert seen == walked(f"?limit=200{query}")


def test_each_field_of_a_question_narrows_the_list(table: type[Row]) -> None:
    """R-REG-5: by code, both departments, type, level, division and standing; all that is given must agree."""
    version_of(table, "A", **supervised(MARKET))
    version_of(table, "B", level=Level.COUNTY, division_code="990102", **supervised(HEALTH, MARKET))
    version_of(table, "C", approval_department=OTHER_BUREAU, item_type="07", **supervised(HEALTH))
    asked = {
        "?code=A": "A",
        "?code=NONE": "",
        f"?supervision_department={HEALTH}": "BC",
        f"?supervision_department={MARKET}": "AB",
        f"?supervision_department={BUREAU}": "",
        f"?approval_department={BUREAU}": "AB",
        f"?approval_department={OTHER_BUREAU}": "C",
        f"?approval_department={BUREAU}&supervision_department={HEALTH}": "B",
        "?item_type=07": "C",
        "?item_type=01": "AB",
        "?item_type=01&level=county": "B",
        "?level=city": "AC",
        "?division_code=990102": "B",
        "?standing=published": "ABC",
        "?standing=suspended": "",
        f"?code=A&supervision_department={HEALTH}": "",
        "?code=A&level=city": "A",
    }
    assert {query: "".join(sorted(walked(query))) for query in asked} == asked


def test_a_supervisor_left_out_of_the_next_version_leaves_its_list(table: type[Row]) -> None:
    version_of(table, "A", **supervised(MARKET, HEALTH))
    version_of(table, "A", made_at=minutes_ago(9), **supervised(MARKET))
    assert codes(f"?supervision_department={HEALTH}") == []
    assert codes(f"?supervision_department={MARKET}") == ["A"]


def test_what_is_suspended_stays_in_sight_and_what_is_retired_only_for_who_asks(table: type[Row]) -> None:
    """R-REG-4, R-REG-5."""
    for code, act in (("S", ItemAct.SUSPEND), ("R", ItemAct.RETIRE)):
        version_of(table, code)
        version_of(table, code, act, made_at=minutes_ago(9))
    version_of(table, "P")
    version_of(table, "P", ItemAct.RETIRE, made_at=minutes_ago(9), effective_from=days_ahead(30))
    assert sorted(codes()) == ["P", "S"]
    assert codes("?standing=retired") == ["R"]
    assert codes("?standing=suspended") == ["S"]
    assert anybody().get("/v1/public/items/R").json["standing"] == "retired"
    leaving = anybody().get("/v1/public/items/P").json
    assert (leaving["standing"], leaving["to_come"][0]["standing"]) == ("published", "retired")


def test_a_version_to_come_is_announced_and_the_one_in_force_is_shown(table: type[Row]) -> None:
    """R-REG-4: what comes first is shown where nothing is in force yet."""
    day = days_ahead(30)
    version_of(table, "A", name="旧")
    version_of(table, "A", name="新", made_at=minutes_ago(9), effective_from=day)
    version_of(table, "B", made_at=minutes_ago(9), effective_from=day)
    shown = {each["item"]["code"]: each for each in page()["items"]}
    assert (shown["A"]["item"]["name"], shown["A"]["in_force"]) == ("旧", True)
    assert [each["version"] for each in shown["A"]["to_come"]] == [2]
    assert (shown["B"]["in_force"], [each["version"] for each in shown["B"]["to_come"]]) == (False, [1])


def test_open_notices_flag_the_item(table: type[Row]) -> None:
    """R-REG-7: whoever reads the item sees that the law behind it has changed."""
    version_of(table, "A")
    row = table.get(code_key("A"), PUBLIC)
    row.update(actions=[table.marks.set({"ntc_01NOTICE0000000000000000B", "ntc_01NOTICE0000000000000000A"})])
    expected = ["ntc_01NOTICE0000000000000000A", "ntc_01NOTICE0000000000000000B"]
    assert anybody().get("/v1/public/items/A").json["open_notices"] == expected
    assert page()["items"][0]["open_notices"] == expected
    version_of(table, "A", made_at=minutes_ago(9))
    assert page()["items"][0]["open_notices"] == expected


def test_what_is_not_for_the_public_is_nowhere_to_be_seen(table: type[Row]) -> None:
    """R-REG-2, R-REG-5: sharing scope."""
    version_of(table, "G", sharing=GOVERNMENT)
    version_of(table, "WAS")
    version_of(table, "WAS", sharing=GOVERNMENT, made_at=minutes_ago(60))
    version_of(table, "WILL-NOT")
    version_of(table, "WILL-NOT", sharing=GOVERNMENT, made_at=minutes_ago(60), effective_from=days_ahead(3))
    assert codes() == ["WILL-NOT"]
    assert page()["items"][0]["to_come"] == []
    hidden = (
        "/v1/public/items/G",
        "/v1/public/items/G/versions",
        "/v1/public/items/G/versions/1",
        "/v1/public/items/G/in-force",
        "/v1/public/items/WAS",
        "/v1/public/items/WAS/versions/2",
        "/v1/public/items/WAS/in-force",
        "/v1/public/items/WILL-NOT/versions/2",
    )
    assert {url: anybody().get(url).status for url in hidden} == dict.fromkeys(hidden, 404)
    assert anybody().get("/v1/public/items/WAS/versions/1").status == 200
    assert anybody().get("/v1/public/items/WAS/in-force?at=2026-02-01").json["item"]["version"] == 1
    versions = anybody().get("/v1/public/items/WAS/versions").json["versions"]
    assert [each["version"] for each in versions] == [1]


def test_the_versions_of_an_item_are_listed_newest_first_page_after_page(table: type[Row]) -> None:
    """R-REG-4."""
    for number in range(7):
        sharing = GOVERNMENT if number == 3 else Sharing()
        version_of(table, "A", name=f"第{number}版", made_at=minutes_ago(100 - number), sharing=sharing)
    seen: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        read = anybody().get(f"/v1/public/items/A/versions?limit=2{cursor and f'&cursor={cursor}'}").json
        assert len(read["versions"]) <= 2
        seen += read["versions"]
        cursor = read["next"]
    assert [each["version"] for each in seen] == [7, 6, 5, 3, 2, 1]
    assert (seen[0]["name"], seen[0]["act"], seen[0]["reason"]) == ("第6版", "publish", "按上级要求调整")
    assert anybody().get("/v1/public/items/NONE/versions").status == 404


def test_the_version_in_force_is_told_for_an_instant_and_for_a_day(table: type[Row]) -> None:
    """R-REG-4: a day stands for its last moment in Asia/Shanghai."""
    version_of(table, "A", made_at=LONG_AGO)
    noon = LONG_AGO.replace(month=2, day=1, hour=4)  # half past twelve in Shanghai
    version_of(table, "A", made_at=noon)
    at = {
        "2026-01-04": 404,
        "2026-01-05": 1,
        "2026-01-31": 1,
        "2026-02-01T12:29:59%2B08:00": 1,
        "2026-02-01T04:30:00Z": 2,
        "2026-02-01": 2,
        "9998-01-01": 2,
    }
    found = {}
    for asked in at:
        answer = anybody().get(f"/v1/public/items/A/in-force?at={asked}")
        found[asked] = answer.json["item"]["version"] if answer.status == 200 else answer.status
    assert found == at
    assert anybody().get("/v1/public/items/A/in-force").json["item"]["version"] == 2


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01", "2026-03-02T09:30:00", "20260302", ""])
def test_a_time_that_is_none_is_named(at: str, table: type[Row]) -> None:
    version_of(table, "A")
    answer = anybody().get(f"/v1/public/items/A/in-force?at={at}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
    assert answer.json["errors"][0]["pointer"] == "query:at"


def test_what_can_change_is_kept_for_a_minute_and_what_cannot_for_ever(table: type[Row]) -> None:
    """R-REG-5: HTTP caching."""
    version_of(table, "A")
    shortly, for_ever = "public, max-age=60", "public, max-age=31536000, immutable"
    expected = {
        "/v1/public/items": shortly,
        "/v1/public/items/A": shortly,
        "/v1/public/items/A/versions": shortly,
        "/v1/public/items/A/versions/1": for_ever,
        "/v1/public/items/A/in-force": shortly,
        "/v1/public/items/A/in-force?at=2026-01-05": for_ever,
        "/v1/public/items/A/in-force?at=9998-01-01": shortly,
    }
    for url, kept in expected.items():
        first = anybody().get(url)
        assert first.headers["Cache-Control"] == kept, url
        again = anybody().get(url, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.text) == (304, "")
    held = anybody().get("/v1/public/items").headers["ETag"]
    version_of(table, "A", name="新", made_at=minutes_ago(9))
    assert anybody().get("/v1/public/items", **{"If-None-Match": held}).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0", "?limit=201", "?limit=x", "?approval_department=nobody", "?supervision_department=nobody",
        "?code=%20", "?name=x", "?department=x", "?item_type=1", "?level=village", "?division_code=1", "?standing=x",
        "?q=许", "?q=%20-%20", "?q=" + "许" * 41, "?q=" + "x" * 300,
    ],
)  # fmt: skip
def test_a_bad_query_is_named(query: str, table: type[Row]) -> None:
    assert table
    answer = anybody().get(f"/v1/public/items{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
    assert answer.json["errors"][0]["pointer"].startswith("query:")


def test_a_cursor_leads_on_only_in_the_list_it_was_made_for(table: type[Row]) -> None:
    """Signed over the whole question but for the size of its pages."""
    for code in "ABC":
        version_of(table, code)
    cursor = page(f"?limit=1&approval_department={BUREAU}")["next"]
    assert codes(f"?limit=2&approval_department={BUREAU}&cursor={cursor}") == ["B", "C"]
    other, narrower = f"&approval_department={OTHER_BUREAU}", f"&approval_department={BUREAU}&level=city"
    for query in ("", "&level=city", other, narrower):
        answer = anybody().get(f"/v1/public/items?limit=1{query}&cursor={cursor}")
        assert (answer.status, answer.json["code"]) == (400, "cursor_invalid")


def test_a_request_looks_at_a_bounded_number_of_items_and_says_where_to_go_on(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-REG-5: a page may be short while there is a next one, and in the end nothing is missing."""
    monkeypatch.setattr(logic, "MOST_READ", 5)
    for number in range(12):
        level = Level.COUNTY if number % 4 == 0 else Level.CITY
        version_of(table, f"CODE-{number:02}", level=level)
    first = page("?limit=10&level=county")
    assert len(first["items"]) < 3
    assert first["next"] is not None
    assert sorted(walked("?limit=10&level=county")) == ["CODE-00", "CODE-04", "CODE-08"]


@pytest.mark.parametrize("code", ["x" * 3000, "%00", "public"])
def test_a_code_that_cannot_be_is_not_found(code: str, table: type[Row]) -> None:
    assert table
    assert anybody().get(f"/v1/public/items/{code}").status == 404


@pytest.mark.parametrize("path", ["", "/versions", "/versions/1", "/in-force", "/differences?from=1&to=2"])
@pytest.mark.usefixtures("table")
def test_a_code_longer_than_a_key_is_not_even_looked_for(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB refuses to look for a key beyond 2 KB, and the public would meet a failure of ours."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("looked for")

    for read in ("get", "query"):
        monkeypatch.setattr(wiring.journal().table, read, refuse)
    assert anybody().get(f"/v1/public/items/{'x' * 3000}{path}").status == 404
