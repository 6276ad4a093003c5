"""The transfer catalogue: which item moved to whom, when, under which document (R-REG-8, X II(2)1, L III(1))."""

from typing import Any

import pytest

from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.event import body_of
from shared.contracts.transfers import TransferRecorded
from tests.support.aws import unsent_events
from tests.support.gateway import Answer
from tests.support.registry_builders import a_bureau, a_department, anybody, put, registrar
from tests.support.transfer_builders import a_transfer, transfer_body

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


def correct(entry: dict[str, Any], version: int = 1, *, key: str = "c", **changed: Any) -> Answer:
    body = transfer_body(entry["giver"], entry["taker"], reason="文号录入有误") | changed
    return put(registrar(entry["taker"]), f"/v1/transfers/{entry['transfer_id']}", body, version, key=key)


def listed(query: str = "") -> list[str]:
    answer = anybody().get(f"/v1/public/transfers{query}")
    assert answer.status == 200, answer.text
    return [each["code"] for each in answer.json["transfers"]]


def test_anybody_reads_which_item_moved_to_whom_when_and_under_which_document(
    bureau: str, market: str, table: type[Row]
) -> None:
    entry = a_transfer(market, bureau)
    shown = anybody().get(f"/v1/public/transfers/{entry['transfer_id']}")
    assert (shown.status, shown.json) == (200, entry)
    assert {name: shown.json[name] for name in transfer_body(market, bureau)} == transfer_body(market, bureau)
    event = unsent_events(table)[-1]
    assert event.type == "transfer.recorded.v1"
    assert body_of(event, TransferRecorded).transfer.document_number == "临政办发〔2019〕22号"


def test_the_taker_records_or_the_city_does_and_nobody_else(bureau: str, market: str) -> None:
    assert registrar(None).post("/v1/transfers", transfer_body(market, bureau)).status == 201
    for stranger in (market, a_bureau()):
        refused = registrar(stranger).post("/v1/transfers", transfer_body(market, bureau, code="B"))
        assert (refused.status, refused.json["code"]) == (403, "not_your_department")


def test_an_item_may_go_back_to_where_it_came_from(bureau: str, market: str) -> None:
    """The taker is whoever approves since, also a department that got its item back."""
    a_transfer(market, bureau)
    a_transfer(bureau, market, transferred_on="2022-01-01")
    assert listed(f"?giver={bureau}") == listed(f"?taker={market}") == ["000131016000"]


def test_departments_nobody_registered_are_both_named(market: str) -> None:
    refused = registrar(None).post("/v1/transfers", transfer_body(NOBODY, NOBODY.replace("E", "F")))
    assert (refused.status, refused.json["code"]) == (422, "department_unknown")
    assert faults(refused) == {"/giver": "department_unknown", "/taker": "department_unknown"}
    refused = registrar(None).post("/v1/transfers", transfer_body(market, market, transferred_on="2999-01-01"))
    assert faults(refused) == {"/taker": "transfer_to_itself", "/transferred_on": "transferred_in_future"}


def test_a_correction_keeps_the_old_version_readable(bureau: str, market: str, table: type[Row]) -> None:
    """R-REG-8: with If-Match and a reason; nothing is ever rewritten."""
    entry = a_transfer(market, bureau)
    corrected = correct(entry, document_number="临政办发〔2019〕23号")
    assert (corrected.status, corrected.headers["ETag"]) == (200, '"v2"')
    assert (corrected.json["version"], corrected.json["reason"]) == (2, "文号录入有误")
    url = f"/v1/public/transfers/{entry['transfer_id']}"
    assert anybody().get(url).json == corrected.json
    assert [anybody().get(f"{url}/versions/{n}").json for n in (1, 2)] == [entry, corrected.json]
    assert [each["document_number"] for each in anybody().get("/v1/public/transfers").json["transfers"]] == [
        "临政办发〔2019〕23号"
    ]
    told = [body_of(each, TransferRecorded) for each in Journal(table, "").events(entry["transfer_id"])]
    assert [(each.transfer.version, each.reason) for each in told] == [(1, None), (2, "文号录入有误")]


def test_a_correction_from_an_old_version_or_without_a_reason_is_refused(bureau: str, market: str) -> None:
    entry = a_transfer(market, bureau)
    assert correct(entry, 1).status == 200
    assert correct(entry, 1, key="d").json["code"] == "version_stale"
    assert faults(correct(entry, 2, key="e", reason="")) == {"/reason": "string_too_short"}
    refused = put(
        registrar(market), f"/v1/transfers/{entry['transfer_id']}", transfer_body(market, bureau, reason="误"), 2
    )
    assert refused.json["code"] == "not_your_department"
    given_away = correct(entry, 2, key="f", taker=market, giver=bureau)
    assert given_away.json["code"] == "not_your_department"


def test_one_transfer_is_entered_once(bureau: str, market: str) -> None:
    """The same item, day and taker twice is one entry; the refusal names it."""
    entry = a_transfer(market, bureau)
    again = registrar(bureau).post("/v1/transfers", transfer_body(market, bureau, item_name="另一名称"))
    assert (again.status, again.json["code"]) == (409, "transfer_recorded")
    assert entry["transfer_id"] in again.json["detail"]
    other = a_transfer(market, bureau, transferred_on="2020-01-01")
    taken = correct(other, transferred_on="2019-09-01")
    assert taken.json["code"] == "transfer_recorded"
    assert correct(entry, key="move", transferred_on="2018-01-01").status == 200
    assert correct(other, key="now", transferred_on="2019-09-01").status == 200, "the day is free again"


def test_a_repeated_entry_is_one(bureau: str, market: str) -> None:
    """R-HND-13."""
    first, again = (registrar(bureau).post("/v1/transfers", transfer_body(market, bureau), key="t") for _ in range(2))
    assert (again.status, again.json) == (201, first.json)


def test_the_catalogue_has_one_order_and_is_read_page_by_page(bureau: str, market: str) -> None:
    days = ["2021-05-01", "2019-09-01", "2020-01-01", "2019-09-01", "2023-02-28"]
    for number, day in enumerate(days):
        a_transfer(market, bureau, code=f"C{number}", transferred_on=day)
    assert listed() == ["C4", "C0", "C2", "C3", "C1"]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = anybody().get(f"/v1/public/transfers?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [each["code"] for each in page["transfers"]]
        cursor = page["next"]
    assert seen == listed()


def test_the_catalogue_is_filtered_by_giver_taker_and_code(bureau: str, market: str) -> None:
    health, other = a_department(name="临江市卫生健康委员会"), a_bureau()
    a_transfer(market, bureau, code="A")
    a_transfer(health, bureau, code="B")
    a_transfer(health, other, code="C")
    assert listed(f"?giver={health}") == ["C", "B"]
    assert listed(f"?taker={bureau}") == ["B", "A"]
    assert listed("?code=B") == ["B"]
    assert listed(f"?giver={health}&taker={bureau}") == ["B"]
    assert listed(f"?code=A&taker={other}") == []
    assert listed("?code=NONE") == []


def test_a_corrected_entry_leaves_the_lists_it_was_in(bureau: str, market: str) -> None:
    health = a_department(name="临江市卫生健康委员会")
    entry = a_transfer(market, bureau)
    assert correct(entry, giver=health, code="NEW").status == 200
    assert listed(f"?giver={market}") == listed("?code=000131016000") == []
    assert listed(f"?giver={health}") == listed("?code=NEW") == listed() == ["NEW"]


def test_public_answers_may_be_kept_and_asked_for_by_tag(bureau: str, market: str) -> None:
    entry = a_transfer(market, bureau)
    url = f"/v1/public/transfers/{entry['transfer_id']}"
    for each, kept in (("/v1/public/transfers", "max-age=60"), (url, "max-age=60"), (f"{url}/versions/1", "immutable")):
        first = anybody().get(each)
        assert kept in first.headers["Cache-Control"]
        assert anybody().get(each, **{"If-None-Match": first.headers["ETag"]}).status == 304


@pytest.mark.parametrize("unknown", ["tra_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", NOBODY, "x"])
def test_an_unknown_entry_is_not_found(unknown: str, bureau: str, market: str) -> None:
    assert anybody().get(f"/v1/public/transfers/{unknown}").status == 404
    assert anybody().get(f"/v1/public/transfers/{unknown}/versions/1").status == 404
    assert (
        put(registrar(bureau), f"/v1/transfers/{unknown}", transfer_body(market, bureau, reason="误"), 1).status == 404
    )


@pytest.mark.parametrize("version", ["2", "0", "-1", "x", "９", "9999999"])
def test_a_version_that_never_was_is_not_found(version: str, bureau: str, market: str) -> None:
    entry = a_transfer(market, bureau)
    assert anybody().get(f"/v1/public/transfers/{entry['transfer_id']}/versions/{version}").status == 404
