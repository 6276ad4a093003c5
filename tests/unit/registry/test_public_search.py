"""Searching the published list by a part of the name, pinyin initials or the beginning of the code (R-REG-5)."""

import pytest

from services.registry import events, wiring
from services.registry.domain.items import ItemAct
from services.registry.domain.search import MOST_READINGS, Indexed, Spelling, plain, spell, terms
from services.registry.logic.search import ERASING, index_item
from services.registry.store.item_keys import code_key
from shared.aws.table import Row
from shared.contracts.change import Outdated
from shared.contracts.event import Event
from shared.contracts.items import VERSION_EVENTS
from shared.contracts.vocabulary import Level
from shared.kernel.clock import utc_now
from tests.support.acts import act
from tests.support.aws import sqs_batch
from tests.support.public_list_builders import (
    BUREAU,
    GOVERNMENT,
    days_ahead,
    minutes_ago,
    told_version_of,
)
from tests.support.registry_builders import anybody

FOOD, DRUGS, ROAD = "000131016000", "XZXK-22-01", "1161090001601260XK_4"


def hear(*told: Event) -> None:
    answer = events.consume(sqs_batch(*told), None)
    assert answer == {"batchItemFailures": []}


def published(table: type[Row], code: str, **changed: object) -> Event:
    _, event = told_version_of(table, code, **changed)  # type: ignore[arg-type]
    hear(event)
    return event


def search(typed: str, more: str = "") -> list[str]:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = anybody().get(f"/v1/public/items?q={typed}{more}{cursor and f'&cursor={cursor}'}")
        assert answer.status == 200, answer.text
        seen += [each["item"]["code"] for each in answer.json["items"]]
        cursor = answer.json["next"]
    return seen


@pytest.fixture
def a_list(table: type[Row]) -> type[Row]:
    published(table, FOOD, name="食品经营许可")
    published(table, DRUGS, name="药品零售许可")
    published(table, ROAD, name="道路旅客运输(长途)经营许可", level=Level.COUNTY)
    return table


def test_an_item_is_found_by_any_part_of_its_name_its_initials_or_the_beginning_of_its_code(a_list: type[Row]) -> None:
    """R-REG-5."""
    assert a_list
    asked = {
        "食品": [FOOD],
        "品": "too short",
        "经营": [FOOD, ROAD],
        "许可": [FOOD, DRUGS, ROAD],
        "食品经营许可": [FOOD],
        "食品许可": [],
        "spjy": [FOOD],
        "PJY": [FOOD],
        "xk": [FOOD, DRUGS, ROAD],
        "ctjy": [ROAD],
        "00013": [FOOD],
        "13101": [],
        "xzxk-22": [DRUGS],
        "XZXK22": [DRUGS],
        "1161090001601260xk_4": [ROAD],
        "长途 经营": [ROAD],
        "长途)经营": [ROAD],
        "长途": [ROAD],
    }
    for typed, codes in asked.items():
        if codes == "too short":
            assert anybody().get(f"/v1/public/items?q={typed}").status == 400
        else:
            assert sorted(search(typed)) == sorted(codes), typed


def test_filters_and_pages_go_with_a_search(a_list: type[Row]) -> None:
    """R-REG-5: each page once, in a stable order; a cursor is good for its search only."""
    assert a_list
    whole = search("xk")
    assert search("xk", "&limit=1") == whole
    assert search("经营", "&level=county") == [ROAD]
    assert search("经营", f"&approval_department={BUREAU}&level=city") == [FOOD]
    assert search("经营", f"&code={ROAD}") == [ROAD]
    assert search("ctjy", f"&code={ROAD}") == [ROAD]
    assert search("药品", f"&code={ROAD}") == []
    cursor = anybody().get("/v1/public/items?q=xk&limit=1").json["next"]
    assert anybody().get(f"/v1/public/items?q=jy&limit=1&cursor={cursor}").json["code"] == "cursor_invalid"


def test_an_item_whose_name_holds_what_was_typed_twice_is_shown_once(table: type[Row]) -> None:
    published(table, "A-1", name="许可证许可变更许可")
    published(table, "XK-2", name="许可")
    for limit in (1, 2, 50):
        assert sorted(search("许可", f"&limit={limit}")) == ["A-1", "XK-2"]
        assert sorted(search("xk", f"&limit={limit}")) == ["A-1", "XK-2"]


def test_a_renamed_item_is_found_by_its_new_name_and_no_longer_by_the_old(table: type[Row]) -> None:
    published(table, "A", name="食品流通许可")
    published(table, "A", name="食品经营许可", made_at=minutes_ago(9))
    assert (search("流通"), search("splt")) == ([], [])
    assert (search("经营"), search("spjy"), search("许可")) == (["A"], ["A"], ["A"])
    left = {row.sk for row in table.query("find#流通")}
    assert left == set()


def test_a_name_to_come_is_found_from_its_day_on_and_the_old_one_until_then(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-REG-4: nothing happens on that day, so both names are in the index, and the item decides."""
    day = days_ahead(30)
    published(table, "A", name="食品流通许可")
    published(table, "A", name="食品经营许可", made_at=minutes_ago(9), effective_from=day)
    assert (search("流通"), search("经营"), search("许可")) == (["A"], [], ["A"])
    from services.registry.api import public

    monkeypatch.setattr(public.api, "_clock", lambda: day)
    assert (search("流通"), search("经营"), search("许可")) == ([], ["A"], ["A"])


def test_what_leaves_the_public_leaves_the_index(table: type[Row]) -> None:
    """R-REG-2: sharing scope."""
    published(table, "A", name="食品经营许可")
    published(table, "A", name="食品经营许可", sharing=GOVERNMENT, made_at=minutes_ago(9))
    assert search("食品") == []
    assert [row.sk for row in table.query("find#食品")] == []


def test_what_is_retired_is_found_only_by_who_asks_for_it(table: type[Row]) -> None:
    published(table, "A", name="食品经营许可")
    _, event = told_version_of(table, "A", ItemAct.RETIRE, made_at=minutes_ago(9))
    hear(event)
    assert search("食品") == []
    assert search("食品", "&standing=retired") == ["A"]


def test_the_same_event_again_or_an_old_one_late_changes_nothing(table: type[Row]) -> None:
    first = published(table, "A", name="食品流通许可")
    second = published(table, "A", name="食品经营许可", made_at=minutes_ago(9))
    for late in ((first,), (second, second), (first, second, first)):
        hear(*late)
        assert (search("流通"), search("经营")) == ([], ["A"])
    note = table.get(code_key("A"), "indexed")
    hear(second)
    assert table.get(code_key("A"), "indexed").version == note.version, "nothing to do writes nothing"


def test_while_one_erases_another_waits_and_when_it_is_surely_dead_another_goes_on(table: type[Row]) -> None:
    """A name is noted as present only when nobody can be erasing its terms."""
    published(table, "A", name="食品流通许可")
    index = wiring.search()
    before = index.indexed("A")
    since = utc_now()
    erasing = Indexed(revision=before.revision + 1, leaving=before.present, since=since)
    assert index.settle("A", before, erasing)
    assert not index.settle("A", before, erasing)
    with pytest.raises(Outdated):
        index_item(index, wiring.public_list(), act(now=since), "A", "食品流通许可")
    index_item(index, wiring.public_list(), act(now=since + ERASING), "A", "食品流通许可")
    assert search("流通") == ["A"]


def test_a_row_left_over_shows_nothing(table: type[Row]) -> None:
    """Whatever died half-way: each hit is checked against its item."""
    published(table, "A", name="食品经营许可")
    published(table, "B", name="药品零售许可")
    wiring.search().write("B", spell("食品零售许可"))
    wiring.search().write("GONE", spell("食品零售许可"))
    assert search("食品") == ["A"]
    assert search("零售") == ["B"]


def test_a_polyphone_is_found_by_each_way_of_reading_it() -> None:
    """R-REG-5: as phrases are read first, 长途 as changtu, 会计 as kuaiji; what no phrase settles in each way."""
    assert spell("长途会计").initials == ("ctkj",)
    readings = spell("道路旅客运输").initials
    assert readings[0] == "dllkys"
    assert len(spell("行长乐会还重行长乐会还重").initials) <= MOST_READINGS


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ａ 类-食品", "a类食品"), ("“放射诊疗”许可(甲级)", "放射诊疗许可甲级"), ("§·—", ""), ("ⅳ级", "iv级")],
)
def test_width_case_blanks_and_punctuation_do_not_matter(name: str, expected: str) -> None:
    assert plain(name) == expected


def test_a_spelling_comes_back_from_its_text() -> None:
    for name in ("食品经营许可", "a类", "", "·"):
        assert Spelling.of(str(spell(name))) == spell(name)
        assert terms(spell(name), "X") == {each for each in terms(spell(name), "X") if len(each) > 1}


def test_every_event_that_makes_a_version_keeps_the_index() -> None:
    assert {each.TYPE for each in VERSION_EVENTS} <= set(events.HANDLERS)
