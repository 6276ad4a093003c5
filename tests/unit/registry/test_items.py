"""Linkage items: drafted by the bureau that approves them, published version by version (R-REG-1, R-REG-4)."""

from datetime import timedelta
from typing import Any

import pytest

from services.registry import wiring
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.items import Item, ItemPublished
from shared.kernel.clock import to_text, utc_now
from tests.support.aws import unsent_events
from tests.support.gateway import Answer
from tests.support.registry_builders import (
    WAIVER,
    a_bureau,
    a_department,
    a_draft,
    a_published_item,
    department_body,
    item_body,
    publish,
    put,
    registrar,
    supervisor_body,
)

pytestmark = pytest.mark.usefixtures("table")

NOBODY = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"


@pytest.fixture
def bureau(table: type[Row]) -> str:
    assert table
    return a_bureau()


@pytest.fixture
def market(table: type[Row]) -> str:
    assert table
    return a_department()


def faults(answer: Answer) -> dict[str, str]:
    return {fault["pointer"]: fault["code"] for fault in answer.json["errors"]}


def draft(bureau: str, *supervisors: str, **changed: Any) -> Answer:
    return registrar(bureau).post("/v1/items", item_body(bureau, *supervisors, **changed))


def test_a_draft_is_shown_and_told_but_not_in_force(bureau: str, market: str, table: type[Row]) -> None:
    answer = draft(bureau, market)
    assert (answer.status, answer.headers["ETag"]) == (201, '"v1"')
    assert (answer.json["draft"]["version"], answer.json["published"]) == (1, None)
    shown = registrar().get(f"/v1/items/{answer.json['item_id']}").json
    assert shown == {name: value for name, value in answer.json.items() if name != "warnings"}
    assert unsent_events(table)[-1].type == "item.drafted.v1"


def test_a_publication_tells_the_whole_item(bureau: str, market: str, table: type[Row]) -> None:
    """R-REG-4."""
    answer = publish(registrar(bureau), a_draft(bureau, market), reason="首次发布")
    assert (answer.status, answer.headers["ETag"]) == (200, '"v2"')
    assert answer.json["draft"] is None
    published = answer.json["published"]
    event = unsent_events(table)[-1]
    body = ItemPublished.model_validate(event.data.body)
    assert (event.type, body.item.version, body.reason) == ("item.published.v1", 1, "首次发布")
    assert body.item == Item.model_validate(published["item"])
    assert to_text(body.item.effective_from) == published["published_at"]


def test_an_items_events_are_one_chain(bureau: str, market: str) -> None:
    """R-AUD-2."""
    file = a_published_item(bureau, market)
    put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, name="食品经营许可(新)"), 2)
    journal = wiring.journal()
    events = list(journal.events(file["item_id"]))
    assert [event.type for event in events] == ["item.drafted.v1", "item.published.v1", "item.drafted.v1"]
    assert verify(events) == []


def test_the_next_version_is_drafted_beside_the_published_one(bureau: str, market: str) -> None:
    """R-REG-4: every change makes a new version."""
    file = a_published_item(bureau, market)
    url = f"/v1/items/{file['item_id']}"
    edited = put(registrar(bureau), url, item_body(bureau, market, name="新名"), file["revision"])
    assert (edited.status, edited.json["draft"]["version"], edited.json["published"]["item"]["version"]) == (200, 2, 1)
    second = publish(registrar(bureau), edited.json)
    assert (second.json["published"]["item"]["version"], second.json["published"]["item"]["name"]) == (2, "新名")


def test_a_publication_may_come_into_force_later_but_never_earlier(bureau: str, market: str) -> None:
    """R-REG-4: effective-from."""
    file = a_draft(bureau, market)
    early = publish(registrar(bureau), file, effective_from=to_text(utc_now() - timedelta(minutes=1)))
    assert (early.status, faults(early)) == (400, {"/effective_from": "effective_too_early"})
    later = to_text(utc_now() + timedelta(days=30))
    answer = publish(registrar(bureau), file, effective_from=later)
    assert answer.json["published"]["item"]["effective_from"] == later


def test_there_is_nothing_to_publish_without_a_draft(bureau: str, market: str) -> None:
    answer = publish(registrar(bureau), a_published_item(bureau, market))
    assert (answer.status, answer.json["code"]) == (409, "wrong_state")


def test_an_item_is_not_published_while_a_supervisor_cannot_be_reached(
    bureau: str, market: str, table: type[Row]
) -> None:
    """R-ORG-2: no active liaison, no publication; every such department is named."""
    gone = [{"name": "李敏", "phone": "0999-5550101", "active": False}]
    silent = a_department(name="卫生健康委员会", liaisons=gone)
    file = a_draft(bureau, market, silent)
    put(registrar(), f"/v1/departments/{market}", department_body(liaisons=gone), 1)
    answer = publish(registrar(bureau), file)
    assert (answer.status, answer.json["code"]) == (422, "liaison_missing")
    assert faults(answer) == {
        "/supervisors/0/department": "liaison_missing",
        "/supervisors/1/department": "liaison_missing",
    }
    assert not [event for event in unsent_events(table) if event.type == "item.published.v1"]


def test_a_liaison_leaving_at_that_very_moment_stops_the_publication(
    bureau: str, market: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-ORG-2: the departments are as they were read when the publication is written, or it is decided again."""
    file = a_draft(bureau, market)
    gone = department_body(liaisons=[{"name": "李敏", "phone": "0999-5550101", "active": False}])
    store = wiring.items()
    really = store.publish_item

    def meanwhile(*given: Any) -> None:
        put(registrar(), f"/v1/departments/{market}", gone, 1)
        really(*given)

    monkeypatch.setattr(store, "publish_item", meanwhile)
    assert publish(registrar(bureau), file).json["code"] == "liaison_missing"


def test_every_unknown_department_is_named_at_once(bureau: str) -> None:
    answer = draft(bureau, NOBODY, NOBODY.replace("4E", "4F"))
    assert (answer.status, answer.json["code"]) == (422, "department_unknown")
    assert set(faults(answer)) == {"/supervisors/0/department", "/supervisors/1/department"}


def test_a_code_belongs_to_one_item(bureau: str, market: str) -> None:
    file = a_draft(bureau, market)
    answer = draft(bureau, market)
    assert (answer.status, answer.json["code"]) == (409, "code_taken")
    assert file["item_id"] in answer.json["detail_en"]


def test_a_draft_may_change_its_code_and_frees_the_old_one(bureau: str, market: str) -> None:
    file = a_draft(bureau, market)
    url = f"/v1/items/{file['item_id']}"
    assert put(registrar(bureau), url, item_body(bureau, market, code="NEW-1"), 1).status == 200
    a_draft(bureau, market)
    answer = put(registrar(bureau), url, item_body(bureau, market), 2, key="back")
    assert answer.json["code"] == "code_taken"


def test_a_published_item_keeps_its_code(bureau: str, market: str) -> None:
    """R-REG-4: old versions stay readable for ever, by the code they were published under."""
    file = a_published_item(bureau, market)
    answer = put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, code="NEW-1"), 2)
    assert faults(answer) == {"/code": "code_fixed"}


@pytest.mark.parametrize("code", ["11510600MB1528365H4510116001000", "511A0208900-07", "00013101600000000"])
def test_codes_are_opaque(code: str, bureau: str, market: str) -> None:
    """R-REG-2: 31 characters, hyphens and damaged codes are all real."""
    assert a_draft(bureau, market, code=code)["draft"]["code"] == code


def test_only_the_bureau_that_approves_an_item_writes_it(bureau: str, market: str) -> None:
    other = a_department(name="临海县行政审批局", kind="approval")
    body = item_body(bureau, market)
    assert registrar(other).post("/v1/items", body).json["code"] == "not_your_department"
    assert registrar(None).post("/v1/items", body).json["code"] == "not_your_department"
    file = a_draft(bureau, market)
    url = f"/v1/items/{file['item_id']}"
    taken_over = put(registrar(other), url, item_body(other, market), 1)
    assert (taken_over.status, taken_over.json["code"]) == (403, "not_your_department")
    assert publish(registrar(other), file).json["code"] == "not_your_department"
    given_away = put(registrar(bureau), url, item_body(other, market), 1)
    assert given_away.json["code"] == "not_your_department"


def test_a_bureau_approves_and_others_supervise(bureau: str, market: str) -> None:
    answer = registrar(market).post("/v1/items", item_body(market, bureau))
    assert faults(answer) == {
        "/approval_department": "department_kind",
        "/supervisors/0/department": "department_kind",
    }


def test_an_item_has_one_lead_and_names_nobody_twice(bureau: str, market: str) -> None:
    """R-REG-1: one lead, others assisting; everything wrong is told at once."""
    twice = [supervisor_body(market), supervisor_body(market)]
    answer = draft(
        bureau,
        supervisors=twice,
        push_stages=["decision", "decision"],
        statutory_limit={"amount": 5},
        committed_limit={"amount": 6},
    )
    assert faults(answer) == {
        "/supervisors": "lead_required",
        "/supervisors/1/department": "supervisor_twice",
        "/push_stages/1": "stage_twice",
        "/committed_limit": "limit_over_statutory",
    }


def test_an_item_without_supervisors_or_stages_links_nothing(bureau: str) -> None:
    """R-REG-1, R-ORG-3: every item keeps a supervisor."""
    assert faults(draft(bureau, push_stages=[])) == {"/supervisors": "too_short", "/push_stages": "too_short"}


def test_a_publication_repeated_with_its_key_publishes_once(bureau: str, market: str, table: type[Row]) -> None:
    file = a_draft(bureau, market)
    url, match = f"/v1/items/{file['item_id']}/publish", {"If-Match": '"v1"'}
    first = registrar(bureau).post(url, {"consultation_waived": WAIVER}, key="p", **match)
    again = registrar(bureau).post(url, {"consultation_waived": WAIVER}, key="p", **match)
    assert (again.status, again.json) == (200, first.json)
    assert len([event for event in unsent_events(table) if event.type == "item.published.v1"]) == 1


def test_a_draft_repeated_with_its_key_is_one_item(bureau: str, market: str) -> None:
    body = item_body(bureau, market)
    first, again = (registrar(bureau).post("/v1/items", body, key="d") for _ in range(2))
    assert (again.status, again.json) == (201, first.json)


def test_an_edit_from_an_old_revision_is_refused(bureau: str, market: str) -> None:
    file = a_draft(bureau, market)
    url = f"/v1/items/{file['item_id']}"
    put(registrar(bureau), url, item_body(bureau, market, name="甲"), 1, key="a")
    assert put(registrar(bureau), url, item_body(bureau, market, name="乙"), 1, key="b").status == 412
    assert publish(registrar(bureau), file).json["code"] == "version_stale"


@pytest.mark.parametrize("unknown", ["item_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", NOBODY, "x"])
def test_an_unknown_item_is_not_found(unknown: str, bureau: str, market: str) -> None:
    assert registrar(bureau).get(f"/v1/items/{unknown}").status == 404
    assert put(registrar(bureau), f"/v1/items/{unknown}", item_body(bureau, market), 1).status == 404
    assert publish(registrar(bureau), {"item_id": unknown, "revision": 1}).status == 404
