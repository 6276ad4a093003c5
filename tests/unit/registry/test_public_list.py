"""The published list, which everybody may read without a login (R-REG-5)."""

import pytest

from shared.aws.table import Row
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    a_published_item,
    anybody,
    item_body,
    publish,
    put,
    registrar,
)

pytestmark = pytest.mark.usefixtures("table")


@pytest.fixture
def bureau(table: type[Row]) -> str:
    assert table
    return a_bureau()


@pytest.fixture
def market(table: type[Row]) -> str:
    assert table
    return a_department()


def codes(query: str = "") -> list[str]:
    answer = anybody().get(f"/v1/public/items{query}")
    assert answer.status == 200, answer.text
    return [each["item"]["code"] for each in answer.json["items"]]


def test_the_public_reads_what_is_published_and_no_draft(bureau: str, market: str) -> None:
    """R-REG-5: with unit, section, person and contact of both sides."""
    a_draft(bureau, market, code="DRAFT")
    file = a_published_item(bureau, market, code="OUT")
    assert codes() == ["OUT"]
    shown = anybody().get("/v1/public/items/OUT")
    assert (shown.status, shown.json) == (200, file["published"])
    assert shown.json["item"]["supervisors"][0]["contact"] == "0999-5550101"
    assert anybody().get("/v1/public/items/DRAFT").status == 404


def test_every_version_stays_readable_for_ever(bureau: str, market: str) -> None:
    """R-REG-4."""
    file = a_published_item(bureau, market, code="A")
    edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, code="A", name="新"), 2)
    publish(registrar(bureau), edited.json)
    names = {n: anybody().get(f"/v1/public/items/A/versions/{n}").json["item"]["name"] for n in (1, 2)}
    assert names == {1: "食品经营许可", 2: "新"}
    assert anybody().get("/v1/public/items/A").json["item"]["version"] == 2


@pytest.mark.parametrize("version", ["3", "0", "01x", "-1", "９", "9999999"])
def test_a_version_that_never_was_is_not_found(version: str, bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    assert anybody().get(f"/v1/public/items/A/versions/{version}").status == 404


def test_the_list_holds_every_item_once_page_after_page(bureau: str, market: str) -> None:
    published = [f"CODE-{number:02}" for number in range(11)]
    for code in published:
        a_published_item(bureau, market, code=code)
    for base in ("?limit=4", f"?limit=4&supervision_department={market}"):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = anybody().get(f"/v1/public/items{base}{cursor and f'&cursor={cursor}'}").json
            assert len(page["items"]) <= 4
            seen += [each["item"]["code"] for each in page["items"]]
            cursor = page["next"]
        assert sorted(seen) == published


def test_the_list_is_filtered_by_code_and_by_department(bureau: str, market: str) -> None:
    health = a_department(name="卫生健康委员会")
    a_published_item(bureau, market, code="A")
    a_published_item(bureau, health, market, code="B")
    assert codes("?code=A") == ["A"]
    assert codes(f"?supervision_department={health}") == ["B"]
    assert codes(f"?supervision_department={market}") == ["A", "B"]
    assert codes(f"?supervision_department={bureau}") == ["A", "B"]
    assert codes(f"?code=A&department={health}") == []
    assert codes("?code=NONE") == []


def test_a_supervisor_left_out_of_the_next_version_leaves_its_list(bureau: str, market: str) -> None:
    health = a_department(name="卫生健康委员会")
    file = a_published_item(bureau, market, health, code="A")
    edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, code="A"), 2)
    publish(registrar(bureau), edited.json)
    assert codes(f"?supervision_department={health}") == []
    assert codes(f"?supervision_department={market}") == ["A"]


def test_public_answers_may_be_kept_for_a_minute_and_asked_for_by_tag(bureau: str, market: str) -> None:
    file = a_published_item(bureau, market, code="A")
    for url in ("/v1/public/items", "/v1/public/items/A", "/v1/public/items/A/versions/1"):
        first = anybody().get(url)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        again = anybody().get(url, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.text) == (304, "")
    held = anybody().get("/v1/public/items").headers["ETag"]
    edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, code="A", name="新"), 2)
    publish(registrar(bureau), edited.json)
    assert anybody().get("/v1/public/items", **{"If-None-Match": held}).status == 200


@pytest.mark.parametrize("query", ["?limit=0", "?limit=201", "?limit=x", "?department=nobody", "?code=%20", "?name=x"])
def test_a_bad_query_is_named(query: str) -> None:
    answer = anybody().get(f"/v1/public/items{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
    assert answer.json["errors"][0]["pointer"].startswith("query:")


@pytest.mark.parametrize("code", ["x" * 3000, "%00", "public"])
def test_a_code_that_cannot_be_is_not_found(code: str) -> None:
    assert anybody().get(f"/v1/public/items/{code}").status == 404
