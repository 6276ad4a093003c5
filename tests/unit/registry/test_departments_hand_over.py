"""A liaison's work passes to another: terms and department at once, the items part by part (R-ORG-2, W 16)."""

from datetime import timedelta
from typing import Any

import pytest

from services.registry import wiring
from services.registry.events import HANDLERS
from shared.aws.consumer import take
from shared.aws.table import Row
from shared.contracts.chain import verify
from shared.contracts.departments import DepartmentChanged
from shared.contracts.event import Event, body_of
from shared.kernel.clock import to_text, utc_now
from tests.support.aws import unsent_events
from tests.support.crashes import Killed, Wire
from tests.support.gateway import Answer
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    a_published_item,
    act,
    act_on,
    item_body,
    publish,
    put,
    registrar,
)

pytestmark = pytest.mark.usefixtures("table")

LI, CHEN = {"name": "李敏", "phone": "0999-5550101"}, {"name": "陈晨", "phone": "0999-5550102"}
WHY = "李敏调离"
HEARD = frozenset(HANDLERS)


def faults(answer: Answer) -> dict[str, str]:
    return {fault["pointer"]: fault["code"] for fault in answer.json["errors"]}


def read(department: str) -> dict[str, Any]:
    return dict(registrar().get(f"/v1/departments/{department}").json)


def person(department: str, name: str) -> str:
    known = read(department)
    return next(str(each["person_id"]) for each in (*known["people"], *known["liaisons"]) if each["name"] == name)


def a_market(**changed: Any) -> str:
    """A supervision department whose liaison is Li; Chen works there."""
    return a_department(**{"people": [CHEN], "liaisons": [LI]} | changed)


def hand_over(department: str, giver: str = "李敏", taker: str = "陈晨") -> Answer:
    given = {"giver": person(department, giver), "taker": person(department, taker), "reason": WHY}
    return act_on(registrar(), department, "liaisons/hand-over", read(department)["version"], **given)


def hear(table: type[Row], heard: set[str]) -> None:
    """Let the registry hear what it told, until it has nothing more to say."""
    while fresh := [each for each in unsent_events(table) if each.id not in heard and each.type in HEARD]:
        for event in fresh:
            take(event, HANDLERS, "registry", utc_now)
            heard.add(event.id)


def work(department: str, hand_id: str) -> dict[str, Any]:
    answer = registrar().get(f"/v1/departments/{department}/liaisons/hand-overs/{hand_id}")
    assert answer.status == 200, answer.text
    return dict(answer.json)


def people_of(bureau: str, item: dict[str, Any]) -> list[str]:
    file = registrar(bureau).get(f"/v1/items/{item['item_id']}").json
    shown = file["draft"] or file["published"]["item"]
    return [each["person"] for each in shown["supervisors"]]


# --- Terms and department ------------------------------------------------------------------------


def test_the_taker_is_liaison_from_the_instant_the_giver_is_not(table: type[Row]) -> None:
    market = a_market()
    li, chen = person(market, "李敏"), person(market, "陈晨")
    answer = hand_over(market)
    assert (answer.status, answer.headers["ETag"]) == (200, '"v2"')
    liaisons = answer.json["department"]["liaisons"]
    assert liaisons == [
        CHEN | {"person_id": chen, "active": True},
        LI | {"person_id": li, "active": False},
    ]
    begun, ended = registrar().get(f"/v1/departments/{market}/liaisons/history").json["terms"]
    assert (ended["name"], ended["until"], ended["handed_to"], ended["reason"]) == ("李敏", begun["since"], chen, WHY)
    assert (begun["person_id"], begun["until"]) == (chen, None)
    event = unsent_events(table)[-1]
    told = body_of(event, DepartmentChanged)
    assert (told.act, told.reason) == ("liaison_handed_over", WHY)
    assert told.handover
    assert (told.handover.giver, told.handover.taker) == (li, chen)


@pytest.mark.parametrize("mixed", [1, 3])
def test_a_hand_over_on_its_way_is_not_made_again_by_the_next_one(monkeypatch: pytest.MonkeyPatch, mixed: int) -> None:
    """R-ORG-2: whoever reads the department as it is and its terms as they were decides on neither."""
    market = a_market()
    store = wiring.departments()
    as_they_were = list(store.running_terms(market))
    assert hand_over(market).status == 200
    told = registrar().get(f"/v1/departments/{market}/liaisons/history").json["terms"]
    reads = [*[as_they_were] * mixed, list(store.running_terms(market))]
    monkeypatch.setattr(type(store), "running_terms", lambda *_: reads.pop(0))
    assert hand_over(market, "陈晨", "李敏").status == 200
    assert reads == []
    *_, ended = registrar().get(f"/v1/departments/{market}/liaisons/history").json["terms"]
    assert ended == told[-1]


def test_a_taker_who_is_liaison_already_goes_on() -> None:
    market = a_market(liaisons=[LI, CHEN])
    hand_over(market)
    terms = registrar().get(f"/v1/departments/{market}/liaisons/history").json["terms"]
    assert {(each["name"], each["until"] is None) for each in terms} == {("李敏", False), ("陈晨", True)}
    assert hand_over(market, "陈晨", "李敏").json["department"]["liaisons"][0]["name"] == "李敏"


def test_everything_wrong_with_a_hand_over_is_named_at_once() -> None:
    market = a_market()
    chen, stranger = person(market, "陈晨"), person(a_market(), "李敏")
    body = {"reason": WHY, "giver": chen, "taker": stranger}
    answer = act_on(registrar(), market, "liaisons/hand-over", 1, **body)
    assert faults(answer) == {"/giver": "liaison_not_on_duty", "/taker": "person_unknown"}
    li = person(market, "李敏")
    answer = act_on(registrar(), market, "liaisons/hand-over", 1, reason=WHY, giver=li, taker=li)
    assert faults(answer) == {"/taker": "taker_is_giver"}


def test_liaisons_hand_over_in_their_own_department_only() -> None:
    market, other = a_market(), a_market()
    given = {"giver": person(market, "李敏"), "taker": person(market, "陈晨"), "reason": WHY}
    answer = act_on(registrar(other), market, "liaisons/hand-over", 1, **given)
    assert answer.json["code"] == "not_your_department"
    assert act_on(registrar(market), market, "liaisons/hand-over", 1, **given).status == 200


# --- The items -----------------------------------------------------------------------------------


def test_every_item_that_names_the_giver_gets_a_version_that_names_the_taker(table: type[Row]) -> None:
    bureau, market = a_bureau(), a_market()
    item = a_published_item(bureau, market)
    answer = hand_over(market).json
    assert answer["work"]["state"] == "waiting"
    assert work(market, answer["work"]["hand_id"]) == answer["work"]
    hear(table, set())
    done = work(market, answer["work"]["hand_id"])
    assert (done["state"], done["looked_at"], done["passed"]) == ("done", 1, 1)
    published = registrar(bureau).get(f"/v1/items/{item['item_id']}").json["published"]
    assert (published["item"]["version"], published["item"]["standing"]) == (2, "published")
    supervisor = published["item"]["supervisors"][0]
    assert (supervisor["person"], supervisor["contact"], supervisor["section"]) == (
        "陈晨",
        CHEN["phone"],
        "食品经营监管科",
    )
    assert (published["act"], published["reason"]) == ("hand_over", "联络员工作移交:李敏移交陈晨。李敏调离")
    event = next(each for each in unsent_events(table) if each.data.body.get("item", {}).get("version") == 2)
    assert event.type == "item.published.v1"


def test_nobody_elses_items_change(table: type[Row]) -> None:
    bureau, market, other = a_bureau(), a_market(), a_market()
    theirs = a_published_item(bureau, other, code="000131016001")
    colleagues = item_body(bureau, market, code="000131016002")
    colleagues["supervisors"][0] |= {"person": "王五", "contact": "0999-5550107"}
    colleague = registrar(bureau).post("/v1/items", colleagues).json
    hand_over(market)
    hear(table, set())
    assert [people_of(bureau, each) for each in (theirs, colleague)] == [["李敏"], ["王五"]]


def test_a_bureaus_items_name_its_taker(table: type[Row]) -> None:
    bureau = a_bureau(people=[CHEN], liaisons=[{"name": "王静", "phone": "0999-5550100"}])
    item = a_published_item(bureau, a_market())
    hand_over(bureau, "王静", "陈晨")
    hear(table, set())
    shown = registrar(bureau).get(f"/v1/items/{item['item_id']}").json["published"]["item"]
    assert (shown["approval_person"], shown["approval_contact"]) == (CHEN["name"], CHEN["phone"])


def test_where_only_a_draft_names_the_giver_the_draft_is_edited(table: type[Row]) -> None:
    bureau, market = a_bureau(), a_market()
    draft = a_draft(bureau, market)
    hand_over(market)
    hear(table, set())
    file = registrar(bureau).get(f"/v1/items/{draft['item_id']}").json
    assert (file["published"], file["revision"], people_of(bureau, draft)) == (None, 2, ["陈晨"])
    assert publish(registrar(bureau), file).status == 200


def test_a_draft_beside_a_version_stays_a_draft_and_names_the_taker_too(table: type[Row]) -> None:
    bureau, market = a_bureau(), a_market()
    item = a_published_item(bureau, market)
    url, body = f"/v1/items/{item['item_id']}", item_body(bureau, market, name="食品经营许可(新)")
    put(registrar(bureau), url, body, item["revision"])
    hand_over(market)
    hear(table, set())
    file = registrar(bureau).get(url).json
    assert (file["draft"]["name"], file["draft"]["supervisors"][0]["person"]) == ("食品经营许可(新)", "陈晨")
    assert (file["published"]["item"]["name"], file["published"]["item"]["version"]) == ("食品经营许可", 2)
    assert publish(registrar(bureau), file).json["published"]["item"]["version"] == 3


def test_a_suspended_item_stays_suspended_and_a_retired_one_as_it_was(table: type[Row]) -> None:
    bureau, market = a_bureau(), a_market()
    suspended, retired = (a_published_item(bureau, market, code=f"00013101600{number}") for number in range(2))
    act(registrar(bureau), suspended, "suspend", reason="整改")
    act(registrar(bureau), retired, "retire", reason="取消")
    hand_over(market)
    hear(table, set())
    first, second = (
        registrar(bureau).get(f"/v1/items/{each['item_id']}").json["published"]["item"] for each in (suspended, retired)
    )
    assert (first["standing"], first["version"], first["supervisors"][0]["person"]) == ("suspended", 3, "陈晨")
    assert (second["standing"], second["version"], second["supervisors"][0]["person"]) == ("retired", 2, "李敏")


def test_an_item_that_will_be_retired_names_the_taker_until_then_and_is_still_retired(table: type[Row]) -> None:
    """R-ORG-2, R-REG-4: its retirement has not come, so somebody answers for it."""
    bureau, market = a_bureau(), a_market()
    item = a_published_item(bureau, market)
    day = to_text(utc_now() + timedelta(days=300))
    assert act(registrar(bureau), item, "retire", reason="取消", effective_from=day).status == 200
    hand_over(market)
    hear(table, set())
    file = registrar(bureau).get(f"/v1/items/{item['item_id']}").json
    versions = [each["item"] for each in (*file["earlier"], file["published"])]
    shown = [(each["standing"], each["supervisors"][0]["person"]) for each in versions]
    assert shown == [("published", "陈晨"), ("retired", "陈晨")]
    assert versions[-1]["effective_from"] == day


def test_versions_still_to_come_keep_their_instants_and_name_the_taker(table: type[Row]) -> None:
    """R-REG-4: a version made now would otherwise put an end to what is to come."""
    bureau, market = a_bureau(), a_market()
    item = a_published_item(bureau, market)
    url = f"/v1/items/{item['item_id']}"
    file = put(registrar(bureau), url, item_body(bureau, market, name="新名"), item["revision"]).json
    coming = utc_now() + timedelta(days=30)
    assert publish(registrar(bureau), file, effective_from=to_text(coming)).status == 200
    hand_over(market)
    hear(table, set())
    now, then = (wiring.public_list().in_force(item["published"]["item"]["code"], at) for at in (utc_now(), coming))
    assert now
    assert then
    assert [(each.item.version, each.item.name, each.item.supervisors[0].person) for each in (now, then)] == [
        (3, "食品经营许可", "陈晨"),
        (4, "新名", "陈晨"),
    ]


def test_the_work_counts_the_consultations_that_await_the_department(table: type[Row]) -> None:
    bureau, market = a_bureau(), a_market()
    draft = a_draft(bureau, market)
    assert act(registrar(bureau), draft, "consultation").status in {200, 201}
    hand_id = hand_over(market).json["work"]["hand_id"]
    hear(table, set())
    assert work(market, hand_id)["consultations"] == 1


@pytest.mark.parametrize("hand_id", ["hand_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E_000001", "hand_x", "x"])
def test_work_that_nobody_left_is_not_found(hand_id: str) -> None:
    assert registrar().get(f"/v1/departments/{a_market()}/liaisons/hand-overs/{hand_id}").status == 404


def test_the_work_of_another_department_is_not_found() -> None:
    market, other = a_market(), a_market()
    hand_id = hand_over(market).json["work"]["hand_id"]
    assert registrar().get(f"/v1/departments/{other}/liaisons/hand-overs/{hand_id}").status == 404


# --- Part by part --------------------------------------------------------------------------------


def some_items(bureau: str, market: str, count: int) -> list[dict[str, Any]]:
    return [a_published_item(bureau, market, code=f"0001310160{number:02d}") for number in range(count)]


def test_many_items_pass_in_parts_each_begun_by_the_event_of_the_one_before(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.registry.logic.liaison_work.ITEMS_A_PART", 2)
    bureau, market = a_bureau(), a_market()
    items = some_items(bureau, market, 5)
    hand_id = hand_over(market).json["work"]["hand_id"]
    hear(table, set())
    parts = [each.data.body["work"] for each in wiring.journal().events(hand_id)]
    assert [(each["state"], each["looked_at"], each["passed"]) for each in parts] == [
        ("passing", 2, 2),
        ("passing", 4, 4),
        ("done", 5, 5),
    ]
    assert {tuple(people_of(bureau, each)) for each in items} == {("陈晨",)}


def test_a_message_that_comes_again_passes_nothing_again(table: type[Row]) -> None:
    bureau, market = a_bureau(), a_market()
    (item,) = some_items(bureau, market, 1)
    hand_over(market)
    heard: set[str] = set()
    hear(table, heard)
    hand_over(market, "陈晨", "李敏")
    hear(table, heard)
    for event in unsent_events(table):
        if event.type in HEARD:
            take(event, HANDLERS, "registry", utc_now)
    assert people_of(bureau, item) == ["李敏"]
    assert len([each for each in unsent_events(table) if each.type == "item.published.v1"]) == 3


MOMENTS = 28


def _two_parts(hand_id: str, handed_over: Event) -> None:
    """What the queue brings, message by message; every call to AWS is two moments."""
    take(handed_over, HANDLERS, "registry", utc_now)
    *_, first_part = wiring.journal().events(hand_id)
    take(first_part, HANDLERS, "registry", utc_now)


def _three_items_to_pass(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str, Event]:
    monkeypatch.setattr("services.registry.logic.liaison_work.ITEMS_A_PART", 2)
    bureau, market = a_bureau(), a_market()
    some_items(bureau, market, 3)
    hand_id = hand_over(market).json["work"]["hand_id"]
    (handed_over,) = (each for each in unsent_events(table) if each.data.body.get("act") == "liaison_handed_over")
    return bureau, market, hand_id, handed_over


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_killed_at_any_moment_the_work_goes_on_where_it_was(
    moment: int, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau, market, hand_id, handed_over = _three_items_to_pass(table, monkeypatch)
    with Wire(moment).cut(monkeypatch), pytest.raises(Killed):
        _two_parts(hand_id, handed_over)
    hear(table, set())
    done = work(market, hand_id)
    assert (done["state"], done["looked_at"], done["passed"]) == ("done", 3, 3)
    items, _ = wiring.items().of_department(bureau, approving=True, limit=10, position=None)
    versions = [each.published.item for each in items if each.published]
    assert [(each.version, each.supervisors[0].person) for each in versions] == [(2, "陈晨")] * 3
    stored = wiring.liaison_work().work(hand_id)
    assert stored
    assert verify(wiring.journal().events(hand_id), stored.head) == []


def test_no_moment_is_left_out(table: type[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, hand_id, handed_over = _three_items_to_pass(table, monkeypatch)
    wire = Wire(-1)
    with wire.cut(monkeypatch):
        _two_parts(hand_id, handed_over)
    assert wire.passed == MOMENTS
