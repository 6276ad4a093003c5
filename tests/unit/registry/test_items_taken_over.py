"""Who answers for a merged bureau takes over its items (R-ORG-1, R-REG-4, R-REG-8)."""

import pytest

from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    a_published_item,
    act,
    act_on,
    anybody,
    item_body,
    publish,
    put,
    registrar,
)

pytestmark = pytest.mark.usefixtures("table")


def merge(department: str, successor: str) -> None:
    answer = act_on(registrar(), department, "merge", 1, successor=successor, reason="机构改革")
    assert answer.status == 200, answer.text


def codes_of(reader: str, department: str) -> list[str]:
    return [each["code"] for each in registrar(reader).get(f"/v1/items?department={department}").json["items"]]


def test_a_successor_publishes_the_merged_bureaus_item_under_its_own_name_and_code() -> None:
    """R-ORG-1: the item keeps its code and its versions."""
    old, middle, new, market = a_bureau(), a_bureau(), a_bureau(), a_department()
    item = a_published_item(old, market)
    merge(old, middle)
    merge(middle, new)
    edited = put(registrar(new), f"/v1/items/{item['item_id']}", item_body(new, market), item["revision"])
    assert edited.status == 200, edited.text
    assert publish(registrar(new), edited.json).status == 200
    shown = anybody().get(f"/v1/public/items/{item['published']['item']['code']}").json
    assert (shown["item"]["approval_department"], shown["item"]["version"]) == (new, 2)
    assert (codes_of(old, old), codes_of(new, new)) == ([], [shown["item"]["code"]])


def test_a_successor_finds_suspends_and_retires_what_names_the_merged_bureau() -> None:
    old, new, market = a_bureau(), a_bureau(), a_department()
    item = a_published_item(old, market)
    merge(old, new)
    assert codes_of(new, old) == [item["published"]["item"]["code"]]
    suspended = act(registrar(new), item, "suspend", reason="清理")
    assert act(registrar(new), suspended.json, "retire", reason="取消").status == 200


def test_an_item_is_drafted_in_nobodys_name_but_the_own() -> None:
    """A successor's drafts name the successor: a merged bureau approves nothing any more."""
    old, new, market = a_bureau(), a_bureau(), a_department()
    item = a_draft(old, market)
    merge(old, new)
    answer = put(registrar(new), f"/v1/items/{item['item_id']}", item_body(old, market), item["revision"])
    assert answer.json["code"] == "not_your_department"


def test_before_a_merger_and_beside_it_a_bureaus_items_are_its_own() -> None:
    old, new, other, market = a_bureau(), a_bureau(), a_bureau(), a_department()
    item = a_published_item(old, market)
    for stranger in (new, other):
        assert act(registrar(stranger), item, "retire", reason="取消").json["code"] == "not_your_department"
        assert registrar(stranger).get(f"/v1/items?department={old}").json["code"] == "not_your_department"
    merge(old, new)
    assert act(registrar(other), item, "retire", reason="取消").json["code"] == "not_your_department"


def test_the_successor_of_a_merged_supervisor_sees_the_items_that_name_it() -> None:
    bureau, old, new = a_bureau(), a_department(), a_department()
    item = a_published_item(bureau, old)
    merge(old, new)
    assert codes_of(new, old) == [item["published"]["item"]["code"]]
