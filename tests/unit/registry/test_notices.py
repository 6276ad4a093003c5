"""Notices of changed law, policy or standards, and the flags they put on items (R-REG-7, X II(2)1, W 21, Y 2)."""

from contextlib import suppress
from typing import Any

import pytest

from services.registry.store.item_keys import PUBLIC, code_key
from shared.aws.journal import Journal
from shared.aws.table import ALL_SHARDS, Row
from shared.contracts.chain import verify
from shared.contracts.notices import MOST_ITEMS, Notice
from shared.kernel.clock import from_text, to_text
from shared.kernel.permissions import Role
from tests.support.aws import unsent_events
from tests.support.crashes import Killed, Wire
from tests.support.gateway import Answer
from tests.support.notice_builders import acknowledge, answer, answerer, notice_body, sent, supervisor, watch
from tests.support.registry_builders import (
    a_bureau,
    a_department,
    a_draft,
    a_published_item,
    item_body,
    publish,
    put,
    registrar,
)

pytestmark = pytest.mark.usefixtures("table")

SEND_MOMENTS, ANSWER_MOMENTS = 6, 4


@pytest.fixture
def bureau(table: type[Row]) -> str:
    assert table
    return a_bureau()


@pytest.fixture
def market(table: type[Row]) -> str:
    assert table
    return a_department()


def faults(refused: Answer) -> dict[str, str]:
    assert (refused.status, refused.json["code"]) == (400, "invalid_fields"), refused.text
    return {fault["pointer"]: fault["code"] for fault in refused.json["errors"]}


def marks(table: type[Row], code: str) -> set[str]:
    return set(table.get(code_key(code), PUBLIC, consistent_read=True).marks or ())


def told(table: type[Row]) -> list[str]:
    return [event.type for event in unsent_events(table) if event.type.startswith("notice.")]


def listed(department: str, query: str = "", *, of: Role = Role.LIAISON) -> list[str]:
    shown = supervisor(department, of).get(f"/v1/notices?department={department}{query}")
    assert shown.status == 200, shown.text
    return [each["notice_id"] for each in shown.json["notices"]]


# ── Sending ─────────────────────────────────────────────────────────────────────────────────────


def test_a_supervisor_tells_the_bureau_and_the_items_are_flagged(bureau: str, market: str, table: type[Row]) -> None:
    """R-REG-7, X II(2)1: for named items; open notices flag them."""
    for code in ("A", "B", "C"):
        a_published_item(bureau, market, code=code)
    notice = sent(market, "A", "B")
    assert (notice["sender"], notice["bureau"], notice["state"]) == (market, bureau, "sent")
    assert [marks(table, code) for code in ("A", "B", "C")] == [{notice["notice_id"]}, {notice["notice_id"]}, set()]
    assert told(table) == ["notice.sent.v1"]
    assert supervisor(market).get(f"/v1/notices/{notice['notice_id']}").json == notice


def test_the_bureau_has_two_working_days_to_take_note_and_ten_to_answer(bureau: str, market: str) -> None:
    """R-HND-14: the day of the act is not counted, the last one ends at midnight in Beijing."""
    a_published_item(bureau, market, code="A")
    notice = sent(market, "A")
    by = [from_text(notice[name]) for name in ("acknowledge_by", "answer_by")]
    assert all(to_text(each).endswith("T16:00:00.000Z") for each in by)
    assert from_text(notice["sent_at"]) < by[0] < by[1]
    assert isinstance(notice["provisional"], bool)


def test_a_sender_may_set_other_limits_but_not_an_answer_before_its_acknowledgement(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    urgent = {"acknowledge_within": {"amount": 1, "unit": "hour"}, "answer_within": {"amount": 90, "unit": "minute"}}
    notice = sent(market, "A", **urgent)
    start = from_text(notice["sent_at"])
    limits = [(from_text(notice[name]) - start).total_seconds() / 60 for name in ("acknowledge_by", "answer_by")]
    assert (limits, notice["provisional"]) == ([60, 90], False)
    swapped = dict(zip(urgent, reversed(urgent.values()), strict=True))
    refused = supervisor(market).post("/v1/notices", notice_body("A", **swapped))
    assert faults(refused) == {"/answer_within": "answer_before_acknowledgement"}


def test_every_item_that_cannot_be_flagged_is_named(bureau: str, market: str, table: type[Row]) -> None:
    health = a_department(name="临江市卫生健康委员会")
    a_published_item(bureau, market, code="A")
    a_draft(bureau, market, code="DRAFT")
    a_published_item(bureau, health, code="H")
    refused = supervisor(market).post("/v1/notices", notice_body("A", "NONE", "DRAFT", "H", "A"))
    assert faults(refused) == {
        "/items/1": "item_unpublished",
        "/items/2": "item_unpublished",
        "/items/3": "item_not_supervised",
        "/items/4": "item_twice",
    }
    assert health in refused.text, "who may send it is told"
    assert marks(table, "A") == set()
    assert told(table) == []


def test_a_notice_goes_to_one_bureau_and_the_refusal_tells_which_item_is_whose(bureau: str, market: str) -> None:
    other = a_bureau()
    a_published_item(bureau, market, code="A")
    a_published_item(other, market, code="B")
    refused = supervisor(market).post("/v1/notices", notice_body("A", "B"))
    assert faults(refused) == {"/items/0": "item_of_other_bureau", "/items/1": "item_of_other_bureau"}
    whose = {fault["pointer"]: fault["en"] for fault in refused.json["errors"]}
    assert bureau in whose["/items/0"]
    assert other in whose["/items/1"]


def test_an_assisting_supervisor_and_one_to_come_may_tell_others_may_not(bureau: str, market: str) -> None:
    """X II(2)1 binds the department that supervises the item, whatever its part."""
    health = a_department(name="临江市卫生健康委员会")
    a_published_item(bureau, market, health, code="A")
    assert sent(health, "A")["bureau"] == bureau
    stranger = a_department(name="临江市体育局")
    assert faults(supervisor(stranger).post("/v1/notices", notice_body("A"))) == {"/items/0": "item_not_supervised"}
    refused = supervisor(None).post("/v1/notices", notice_body("A"))
    assert refused.json["code"] == "not_your_department"


def test_fifty_items_are_flagged_in_one_transaction(bureau: str, market: str, table: type[Row]) -> None:
    codes = [f"CODE-{number:02}" for number in range(MOST_ITEMS)]
    for code in codes:
        a_published_item(bureau, market, code=code)
    notice = sent(market, *codes)
    assert all(marks(table, code) == {notice["notice_id"]} for code in codes)
    assert answer(bureau, notice["notice_id"]).status == 200
    assert all(marks(table, code) == set() for code in codes)
    too_many = supervisor(market).post("/v1/notices", notice_body(*codes, "ONE-MORE"))
    assert faults(too_many) == {"/items": "too_long"}


def test_a_repeated_sending_is_one_notice(bureau: str, market: str, table: type[Row]) -> None:
    """R-HND-13."""
    a_published_item(bureau, market, code="A")
    first, again = (supervisor(market).post("/v1/notices", notice_body("A"), key="n") for _ in range(2))
    assert (again.status, again.json) == (201, first.json)
    assert marks(table, "A") == {first.json["notice_id"]}


# ── What the bureau does ────────────────────────────────────────────────────────────────────────


def test_the_bureau_takes_note_and_answers_and_the_flag_goes(bureau: str, market: str, table: type[Row]) -> None:
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    noted = acknowledge(bureau, notice_id)
    assert (noted.status, noted.json["state"], noted.json["version"]) == (200, "acknowledged", 2)
    assert marks(table, "A") == {notice_id}
    done = answer(bureau, notice_id)
    assert (done.status, done.json["state"], done.json["outcome"]) == (200, "answered", "no_revision_needed")
    assert done.json["reason"]
    assert done.json["acknowledged_at"] == noted.json["acknowledged_at"]
    assert marks(table, "A") == set()
    assert told(table) == ["notice.sent.v1", "notice.acknowledged.v1", "notice.answered.v1"]
    stored = Journal(table, "").read(notice_id, Notice)
    assert stored
    assert verify(Journal(table, "").events(notice_id), stored.head) == []


def test_who_answers_at_once_has_taken_note(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    done = answer(bureau, sent(market, "A")["notice_id"]).json
    assert done["acknowledged_at"] == done["answered_at"]


def test_what_cannot_be_done_any_more_is_refused_with_what_can(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    acknowledge(bureau, notice_id)
    again = acknowledge(bureau, notice_id)
    assert (again.status, again.json["code"]) == (409, "wrong_state")
    assert again.json["detail_en"].endswith("from here: answer.")
    answer(bureau, notice_id)
    for late in (acknowledge(bureau, notice_id), answer(bureau, notice_id)):
        assert (late.status, late.json["code"]) == (409, "wrong_state")
        assert late.json["detail_en"].endswith("from here: —.")


def test_only_the_bureau_that_was_told_answers(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    for stranger in (a_bureau(), market):
        assert acknowledge(stranger, notice_id).json["code"] == "not_your_department"
        assert answer(stranger, notice_id).json["code"] == "not_your_department"
    assert answerer(None).post(f"/v1/notices/{notice_id}/acknowledge", None).json["code"] == "not_your_department"


def test_a_revision_names_the_versions_that_make_it(bureau: str, market: str) -> None:
    file = a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, code="A", name="新"), 2)
    assert publish(registrar(bureau), edited.json).status == 200
    revised = answer(bureau, notice_id, outcome="list_revised", revisions=[{"code": "A", "version": 2}])
    assert (revised.status, revised.json["revisions"]) == (200, [{"code": "A", "version": 2}])


def test_a_changed_law_may_be_answered_by_a_new_item(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    a_published_item(bureau, market, code="NEW")
    assert answer(bureau, notice_id, outcome="list_revised", revisions=[{"code": "NEW", "version": 1}]).status == 200


@pytest.mark.parametrize(
    ("outcome", "revisions", "named"),
    [
        ("list_revised", [], {"/revisions": "revision_missing"}),
        ("no_revision_needed", [("A", 1)], {"/revisions": "revision_unasked"}),
        (
            "list_revised",
            [("A", 1), ("A", 9), ("OTHERS", 1)],
            {
                "/revisions/0": "revision_before_notice",
                "/revisions/1": "revision_unknown",
                "/revisions/2": "revision_of_others",
            },
        ),
    ],
    ids=["none named", "some named for nothing", "versions that revise nothing"],
)
def test_an_answer_that_does_not_agree_with_the_list_is_refused(
    outcome: str, revisions: list[tuple[str, int]], named: dict[str, str], bureau: str, market: str
) -> None:
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    a_published_item(a_bureau(), market, code="OTHERS")
    given = [{"code": code, "version": version} for code, version in revisions]
    assert faults(answer(bureau, notice_id, outcome=outcome, revisions=given)) == named
    assert answerer(bureau).get(f"/v1/notices/{notice_id}").json["state"] == "sent"


def test_an_answer_without_its_reason_is_refused(bureau: str, market: str) -> None:
    """R-REG-7: why."""
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    assert "/reason" in faults(answer(bureau, notice_id, reason=""))


def test_the_successor_of_a_merged_bureau_answers_for_it(bureau: str, market: str) -> None:
    """R-ORG-1: who was merged is answered for by its successor."""
    a_published_item(bureau, market, code="A")
    before = sent(market, "A")["notice_id"]
    successor = a_bureau()
    merge = {"successor": successor, "reason": "机构改革"}
    merged = registrar().post(f"/v1/departments/{bureau}/merge", merge, **{"If-Match": '"v1"'})
    assert merged.status == 200, merged.text
    assert listed(bureau, of=Role.OVERSIGHT) == [before]
    shown = answerer(successor).get(f"/v1/notices?department={bureau}")
    assert [each["notice_id"] for each in shown.json["notices"]] == [before]
    assert answer(successor, before).status == 200
    assert sent(market, "A")["bureau"] == successor


# ── Flags ───────────────────────────────────────────────────────────────────────────────────────


def test_a_new_version_leaves_the_flag_and_the_flag_leaves_the_new_version(
    bureau: str, market: str, table: type[Row]
) -> None:
    """R-REG-7: a version published meanwhile touches no mark, and a mark touches no version."""
    file = a_published_item(bureau, market, code="A")
    first, second = (sent(market, "A")["notice_id"] for _ in range(2))
    edited = put(registrar(bureau), f"/v1/items/{file['item_id']}", item_body(bureau, market, code="A", name="新"), 2)
    assert publish(registrar(bureau), edited.json).status == 200
    assert marks(table, "A") == {first, second}
    answer(bureau, first)
    assert marks(table, "A") == {second}
    answer(bureau, second)
    assert marks(table, "A") == set()
    shown = registrar().get("/v1/public/items/A").json
    assert (shown["item"]["name"], shown["item"]["version"]) == ("新", 2)


def test_the_public_sees_that_a_notice_is_open(bureau: str, market: str) -> None:
    """R-REG-5, R-REG-7."""
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    assert registrar().get("/v1/public/items/A").json["open_notices"] == [notice_id]
    answer(bureau, notice_id)
    assert registrar().get("/v1/public/items/A").json["open_notices"] == []


# ── Lists ───────────────────────────────────────────────────────────────────────────────────────


def test_each_side_lists_its_notices_newest_first_and_by_state(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    ids = [sent(market, "A")["notice_id"] for _ in range(3)]
    acknowledge(bureau, ids[1])
    answer(bureau, ids[2])
    assert listed(market, "&role=sent") == listed(bureau, of=Role.APPROVER) == ids[::-1]
    for state, found in (("sent", ids[:1]), ("acknowledged", ids[1:2]), ("answered", ids[2:])):
        assert listed(market, f"&role=sent&state={state}") == found
        assert listed(bureau, f"&role=received&state={state}", of=Role.APPROVER) == found
    assert listed(market, "&role=received") == []


def test_a_list_is_read_page_by_page(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    ids = [sent(market, "A")["notice_id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = answerer(bureau).get(f"/v1/notices?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [each["notice_id"] for each in page["notices"]]
        cursor = page["next"]
    assert seen == ids[::-1]
    other = answerer(bureau).get("/v1/notices?limit=2").json["next"]
    assert answerer(bureau).get(f"/v1/notices?state=sent&cursor={other}").json["code"] == "cursor_invalid"


def test_oversight_reads_every_departments_notices_and_others_only_their_own(bureau: str, market: str) -> None:
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    stranger = a_department(name="临江市体育局")
    assert listed(bureau, of=Role.OVERSIGHT) == [notice_id]
    assert watch().get(f"/v1/notices/{notice_id}").status == 200
    assert faults(watch(stranger).get("/v1/notices")) == {"query:department": "department_unnamed"}
    for path in (f"?department={bureau}", f"/{notice_id}"):
        assert supervisor(stranger).get(f"/v1/notices{path}").json["code"] == "not_your_department"
    assert supervisor(None).get(f"/v1/notices/{notice_id}").json["code"] == "not_your_department"


@pytest.mark.parametrize("unknown", ["ntc_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "item_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "x"])
def test_an_unknown_notice_is_not_found(unknown: str, bureau: str) -> None:
    assert supervisor(bureau).get(f"/v1/notices/{unknown}").status == 404
    assert acknowledge(bureau, unknown).status == 404
    assert answer(bureau, unknown).status == 404


# ── Crashes ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("moment", range(SEND_MOMENTS))
def test_a_sending_killed_at_any_moment_is_repeated_and_happens_once(
    moment: int, bureau: str, market: str, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-REG-7, R-HND-13: before and after each call to AWS."""
    a_published_item(bureau, market, code="A")
    wire = Wire(moment)
    with wire.cut(monkeypatch), suppress(Killed):
        supervisor(market).post("/v1/notices", notice_body("A"), key="n")
    assert wire.passed == moment + 1, "nobody was killed: there are fewer moments than that"
    again = supervisor(market).post("/v1/notices", notice_body("A"), key="n")
    assert again.status == 201
    assert marks(table, "A") == {again.json["notice_id"]}
    assert listed(market, "&role=sent&state=sent") == [again.json["notice_id"]]
    assert told(table) == ["notice.sent.v1"]


@pytest.mark.parametrize("moment", range(ANSWER_MOMENTS))
def test_an_answer_killed_at_any_moment_is_repeated_and_happens_once(
    moment: int, bureau: str, market: str, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-REG-7, R-HND-13."""
    a_published_item(bureau, market, code="A")
    notice_id = sent(market, "A")["notice_id"]
    wire = Wire(moment)
    with wire.cut(monkeypatch), suppress(Killed):
        answer(bureau, notice_id, key="a")
    assert wire.passed == moment + 1, "nobody was killed: there are fewer moments than that"
    again = answer(bureau, notice_id, key="a")
    assert (again.status, again.json["state"]) == (200, "answered")
    assert marks(table, "A") == set()
    assert told(table) == ["notice.sent.v1", "notice.answered.v1"]
    assert [row.sk for shard in ALL_SHARDS for row in table.due_index.query(shard)] == []


def test_no_moment_is_left_out(bureau: str, market: str, monkeypatch: pytest.MonkeyPatch) -> None:
    a_published_item(bureau, market, code="A")
    wire = Wire(-1)
    with wire.cut(monkeypatch):
        notice: dict[str, Any] = sent(market, "A")
    assert wire.passed == SEND_MOMENTS
    wire = Wire(-1)
    with wire.cut(monkeypatch):
        answer(bureau, notice["notice_id"])
    assert wire.passed == ANSWER_MOMENTS
