"""The ledger: cases by number, applicant, item, department, state and dates, for whoever may see them (R-HND-16)."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from services.handover.logic import ledger as logic
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.vocabulary import SupervisorPart
from shared.kernel.clock import BEIJING
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.city_clock import hear
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    ITEM_CODE,
    MARKET,
    STRANGER,
    acceptance,
    decision,
    department,
    item,
    supervisor,
)

MASKED = "990101********0012"
PERSON = {"name": "示例申请人甲", "kind": "person", "code": MASKED}
OVERSIGHT = "dept_01OVERSIGHT00000000000000000"


@pytest.fixture
def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER)


def search(by: Gateway, **sought: object) -> Answer:
    return by.get(f"/v1/ledger?{urlencode(sought)}" if sought else "/v1/ledger")


def numbers(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [each["case_number"] for each in answer.json["cases"]]


def three_cases(bureau: Gateway) -> None:
    """One under each of two items, and one that reached nobody."""
    hear(item(supervisors=(supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))))
    hear(item(code="000131002000", item_id="item_01SHOP000000000000000000000", supervisors=(supervisor(HEALTH),)))
    bureau.post("/v1/acceptances", acceptance(case_number="SP-1"))
    bureau.post("/v1/acceptances", acceptance(case_number="SP-2", item_code="000131002000", applicant=PERSON))
    bureau.post("/v1/acceptances", acceptance(case_number="SP-3", item_code="000131003000"))


SEARCHES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["SP-3", "SP-2", "SP-1"]),
    ({"case_number": "SP-2"}, ["SP-2"]),
    ({"case_number": "SP-2 "}, ["SP-2"]),
    ({"applicant_name": "示例申请人甲"}, ["SP-2"]),
    ({"applicant_code": MASKED}, ["SP-2"]),
    ({"applicant_code": "91990100MA00000017"}, ["SP-3", "SP-1"]),
    ({"applicant_code": "91990100ma0000001７"}, ["SP-3", "SP-1"]),
    ({"item_code": ITEM_CODE}, ["SP-1"]),
    ({"department": HEALTH}, ["SP-2", "SP-1"]),
    ({"department": HEALTH, "item_code": ITEM_CODE}, ["SP-1"]),
    ({"state": "delivered"}, ["SP-2", "SP-1"]),
    ({"department": MARKET, "state": "claimed"}, []),
    ({"to": "2026-01-01"}, []),
    ({"applicant_name": "示例申请人甲", "item_code": ITEM_CODE}, []),
]


@pytest.mark.usefixtures("table")
class TestSearch:
    @pytest.mark.parametrize(("sought", "found"), SEARCHES)
    def test_a_bureau_finds_its_cases_by_whatever_it_knows_of_them(
        self, sought: dict[str, Any], found: list[str], bureau: Gateway
    ) -> None:
        """R-HND-16: newest first; every field that is given must be met."""
        three_cases(bureau)
        assert numbers(search(bureau, **sought)) == found

    def test_a_number_is_found_however_it_was_typed(self, bureau: Gateway) -> None:
        """R-HND-16, R-HND-13: full-width figures are the same."""
        three_cases(bureau)
        assert numbers(search(bureau, case_number="\uff33\uff30\uff0d\uff12")) == ["SP-2"]

    def test_a_department_finds_what_was_pushed_to_it_and_nothing_else(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-16."""
        three_cases(bureau)
        market = gateway.with_principal(MARKET, Role.LIAISON)
        assert numbers(search(market)) == ["SP-1"]
        assert numbers(search(market, case_number="SP-2")) == []
        assert numbers(search(market, bureau=BUREAU)) == ["SP-1"]
        assert numbers(search(market, applicant_code="91990100MA00000017")) == ["SP-1"]
        assert search(market, bureau=BUREAU, department=HEALTH).json["code"] == "not_your_department"

    def test_a_stranger_finds_nothing(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-16."""
        three_cases(bureau)
        stranger = gateway.with_principal(STRANGER, Role.LIAISON, Role.APPROVER)
        for sought in ({}, {"bureau": BUREAU}, {"department": MARKET}, {"case_number": "SP-1"}):
            assert numbers(search(stranger, **sought)) == []

    def test_oversight_finds_everybodys_but_must_say_whose(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-16."""
        three_cases(bureau)
        oversight = gateway.with_principal(OVERSIGHT, Role.OVERSIGHT)
        assert numbers(search(oversight, bureau=BUREAU)) == ["SP-3", "SP-2", "SP-1"]
        assert numbers(search(oversight, case_number="SP-3")) == ["SP-3"]
        assert numbers(search(oversight, bureau=BUREAU, department=MARKET)) == ["SP-1"]
        refused = search(oversight, state="delivered")
        assert [each["pointer"] for each in refused.json["errors"]] == ["query:bureau"]

    def test_each_bureau_finds_its_own_under_a_number_that_two_of_them_use(
        self, gateway: Gateway, bureau: Gateway
    ) -> None:
        """R-HND-16: one number at two bureaus is two cases, and each bureau sees its own."""
        three_cases(bureau)
        other = gateway.with_principal(STRANGER, Role.APPROVER)
        other.post("/v1/acceptances", acceptance(case_number="SP-1"))
        assert len(numbers(search(bureau, case_number="SP-1"))) == 1
        oversight = gateway.with_principal(OVERSIGHT, Role.OVERSIGHT)
        assert len(numbers(search(oversight, case_number="SP-1"))) == 2

    def test_a_case_pushed_to_a_department_at_every_stage_is_shown_once(
        self, gateway: Gateway, bureau: Gateway
    ) -> None:
        """R-HND-16: at its latest push, with all of them."""
        hear(item())
        bureau.post("/v1/acceptances", acceptance())
        bureau.post("/v1/decisions", decision())
        cases = search(gateway.with_principal(MARKET, Role.LIAISON)).json["cases"]
        assert [[push["stage"] for push in case["pushes"]] for case in cases] == [["acceptance", "decision"]]
        assert (cases[0]["result"], cases[0]["unrouted"]) == ("granted", 0)

    def test_days_are_beijings_and_both_ends_count(self, bureau: Gateway) -> None:
        """R-HND-16."""
        three_cases(bureau)
        today = datetime.now(BEIJING).date().isoformat()
        assert len(numbers(search(bureau, **{"from": today, "to": today}))) == 3
        refused = search(bureau, **{"from": "2026-03-02", "to": "2026-03-01"})
        assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [
            ("query:from", "range_backwards")
        ]

    def test_pages_go_on_where_they_ended_and_a_cursor_is_of_one_search_only(self, bureau: Gateway) -> None:
        """R-HND-16."""
        three_cases(bureau)
        found, page = [], search(bureau, limit=1)
        while page.json["next"]:
            found += numbers(page)
            page = search(bureau, limit=1, cursor=page.json["next"])
        assert [*found, *numbers(page)] == ["SP-3", "SP-2", "SP-1"]
        first = search(bureau, limit=1).json["next"]
        assert search(bureau, limit=1, item_code=ITEM_CODE, cursor=first).json["code"] == "cursor_invalid"

    def test_a_request_looks_at_so_many_entries_only_and_says_there_may_be_more(
        self, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-16: however few of them are sought."""
        monkeypatch.setattr(logic.search, "__kwdefaults__", {"looked_at": 2})
        three_cases(bureau)
        page = search(bureau, case_number="SP-1", limit=5)
        assert numbers(page) == ["SP-1"]
        page = search(bureau, state="delivered", limit=5)
        assert (numbers(page), page.json["next"] is None) == (["SP-2"], False)
        assert numbers(search(bureau, state="delivered", limit=5, cursor=page.json["next"])) == ["SP-1"]

    def test_years_of_months_are_walked_whatever_they_hold(self, bureau: Gateway) -> None:
        """R-HND-16: empty months end no search."""
        three_cases(bureau)
        page = search(bureau, **{"from": "2020-01-01", "to": "2030-12-31"})
        found = []
        while page.json["next"]:
            found += numbers(page)
            page = search(bureau, **{"from": "2020-01-01", "to": "2030-12-31", "cursor": page.json["next"]})
        assert [*found, *numbers(page)] == ["SP-3", "SP-2", "SP-1"]


def test_no_key_tells_whose_case_it_is(bureau: Gateway, table: type[Row]) -> None:
    """R-HND-16, R-CRD-1: a name, a number or a masked id stands in no key, and no plain hash of one either."""
    three_cases(bureau)
    keys = " ".join(f"{row['pk']['S']} {row['sk']['S']}" for row in all_rows(table))
    for told in (MASKED, "示例申请人甲", "91990100MA00000017"):
        assert told not in keys
        assert sha256(told.encode()).hexdigest() not in keys


def test_what_was_read_of_whom_is_recorded(bureau: Gateway, table: type[Row]) -> None:
    """R-AUD-1: the ledger shows personal data."""
    three_cases(bureau)
    search(bureau)
    assert [each.data.body["route"] for each in unsent_events(table) if each.type == "record.read.v1"] == ["/v1/ledger"]


@pytest.mark.usefixtures("table")
def test_who_answers_for_a_merged_department_sees_its_inbox_its_counts_and_its_cases(
    bureau: Gateway, gateway: Gateway
) -> None:
    """R-ORG-1, R-HND-16: what was pushed before the merger stays in the old inbox, and its successor sees to it."""
    hear(item())
    case_id = bureau.post("/v1/acceptances", acceptance()).json["case_id"]
    merged = {"version": 2, "state": DepartmentState.MERGED, "successor": HEALTH}
    hear(department(MARKET).model_copy(update=merged), department(HEALTH))
    heir = gateway.with_principal(HEALTH, Role.LIAISON)

    assert [each["case_id"] for each in heir.get(f"/v1/inbox?department={MARKET}").json["pushes"]] == [case_id]
    assert heir.get(f"/v1/inbox/counts?department={MARKET}").json["states"] == {"delivered": 1}
    assert heir.get(f"/v1/cases/{case_id}").status == 200
    stranger = gateway.with_principal(STRANGER, Role.LIAISON)
    for path in (f"/v1/inbox?department={MARKET}", f"/v1/inbox/counts?department={MARKET}", f"/v1/cases/{case_id}"):
        assert stranger.get(path).json["code"] == "not_your_department"
