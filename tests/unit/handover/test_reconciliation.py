"""A bureau's own list of decided cases against what it pushed: what is missing, late, unknown, different (R-HND-17)."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.reconciliation import ListedCase, read_list
from services.handover.logic import reconciliations as logic
from shared.aws.table import Row
from shared.contracts.departments import DepartmentState
from shared.contracts.event import body_of
from shared.contracts.ledgers import Discrepancy, ReconciliationCounts, ReconciliationFinished
from shared.contracts.vocabulary import DecisionResult, SupervisorPart
from shared.kernel.clock import BEIJING, to_text, utc_now
from shared.kernel.permissions import Role
from shared.kernel.sheets.bounds import Line
from shared.kernel.sheets.writing import write_csv, write_xlsx
from tests.support.aws import unsent_events
from tests.support.city_clock import hear, pass_time
from tests.support.crashes import Killed, Wire
from tests.support.faults import Clock
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

NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)
TODAY = NOON.astimezone(BEIJING).date()
YESTERDAY = TODAY - timedelta(days=1)
PERIOD = {"from": (TODAY - timedelta(days=30)).isoformat(), "to": TODAY.isoformat()}
HEIR = "dept_01HEIRBUREAU00000000000000"
HEADER = ["办件编号", "事项编码", "文号", "办结日期", "办理结果"]


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Clock(NOON).kept(monkeypatch):
        yield


@pytest.fixture
def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)


def decide(bureau: Gateway, number: str, day: date = TODAY) -> None:
    """A case decided on a day, and pushed now."""
    decided = to_text(utc_now() - (TODAY - day))
    given = decision(case_number=number)
    given["decision"] |= {"decided_at": decided, "document_number": f"示审批〔2026〕{number}"}
    about = {key: value for key, value in acceptance().items() if key in {"item_code", "applicant"}}
    answer = bureau.post("/v1/decisions", given | about)
    assert answer.status == 201, answer.text


def row(number: str, day: date = TODAY, **changed: Any) -> dict[str, Any]:
    given = {
        "case_number": number,
        "item_code": ITEM_CODE,
        "document_number": f"示审批〔2026〕{number}",
        "decided_on": day.isoformat(),
        "result": "granted",
    }
    return given | changed


def begin(bureau: Gateway, *rows: dict[str, Any], **changed: Any) -> Answer:
    return bureau.post("/v1/reconciliations", PERIOD | {"rows": list(rows)} | changed)


def counts(bureau: Gateway, identifier: str) -> dict[str, int]:
    shown = bureau.get(f"/v1/reconciliations/{identifier}").json
    assert shown["state"] == "finished", shown
    return {kind: number for kind, number in shown["counts"].items() if number}


def lines(by: Gateway, identifier: str, **query: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found: list[dict[str, Any]] = by.get(f"/v1/reconciliations/{identifier}/rows?{asked}").json["lines"]
    return found


@pytest.mark.usefixtures("table")
class TestRows:
    def test_every_kind_of_discrepancy_is_found_and_what_agrees_is_counted(
        self, bureau: Gateway, table: type[Row]
    ) -> None:
        """R-HND-17."""
        hear(item())
        decide(bureau, "SP-SAME")
        decide(bureau, "SP-LATE", YESTERDAY)
        decide(bureau, "SP-DIFFERS")
        decide(bureau, "SP-UNLISTED")
        given = [
            row("SP-SAME"),
            row("SP-LATE", YESTERDAY),
            row("SP-DIFFERS", result="refused", document_number="示审批〔2026〕9号"),
            row("SP-NEVER"),
        ]
        answer = begin(bureau, *given)
        assert (answer.status, answer.json["state"]) == (202, "comparing")
        identifier = answer.json["reconciliation_id"]
        pass_time()
        assert counts(bureau, identifier) == {
            "rows": 4,
            "same": 1,
            "never_pushed": 1,
            "pushed_late": 1,
            "unknown_to_bureau": 1,
            "differs": 1,
        }
        found = {each["kind"]: each for each in lines(bureau, identifier)}
        assert {kind: each["case_number"] for kind, each in found.items()} == {
            "never_pushed": "SP-NEVER",
            "pushed_late": "SP-LATE",
            "unknown_to_bureau": "SP-UNLISTED",
            "differs": "SP-DIFFERS",
        }
        assert [each["field"] for each in found["differs"]["differences"]] == ["document_number", "result"]
        assert found["differs"]["differences"][1] == {"field": "result", "listed": "refused", "pushed": "granted"}
        assert [each["line"] for each in found.values()].count(None) == 1
        told = [
            body_of(each, ReconciliationFinished)
            for each in unsent_events(table)
            if each.type == ReconciliationFinished.TYPE
        ]
        assert [each.counts.differs for each in told] == [1]

    def test_a_case_only_accepted_was_never_pushed_as_decided(self, bureau: Gateway) -> None:
        """R-HND-17, R-HND-2."""
        hear(item())
        bureau.post("/v1/acceptances", acceptance(case_number="SP-1"))
        identifier = begin(bureau, row("SP-1")).json["reconciliation_id"]
        pass_time()
        assert [(each["kind"], each["case_id"] is None) for each in lines(bureau, identifier)] == [
            ("never_pushed", False)
        ]

    def test_what_waits_to_be_routed_is_not_the_same_until_somebody_has_it(self, bureau: Gateway) -> None:
        """R-HND-17, R-HND-15: to have pushed is not to have handed over."""
        decide(bureau, "SP-1")  # nobody knows its item yet
        identifier = begin(bureau, row("SP-1")).json["reconciliation_id"]
        pass_time()
        assert counts(bureau, identifier) == {"rows": 1, "reached_nobody": 1}
        [line] = lines(bureau, identifier, kind="reached_nobody")
        assert (line["case_number"], line["line"], line["case_id"] is None) == ("SP-1", 1, False)
        hear(item(), department())
        pass_time()
        again = begin(bureau, row("SP-1")).json["reconciliation_id"]
        pass_time()
        assert counts(bureau, again) == {"rows": 1, "same": 1}

    def test_a_part_that_waits_is_told_though_another_was_delivered(self, bureau: Gateway) -> None:
        """R-HND-17, R-HND-15."""
        hear(item(supervisors=(supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))))
        hear(department(), department(HEALTH, active=False))
        decide(bureau, "SP-1")
        identifier = begin(bureau, row("SP-1")).json["reconciliation_id"]
        pass_time()
        assert counts(bureau, identifier) == {"rows": 1, "reached_nobody": 1}

    @pytest.mark.parametrize("nobody_instead", [True, False])
    def test_what_was_taken_from_all_who_had_it_is_with_nobody(
        self, nobody_instead: bool, gateway: Gateway, bureau: Gateway
    ) -> None:
        """R-HND-17, R-HND-4."""
        hear(item())
        decide(bureau, "SP-1")
        market = gateway.with_principal(MARKET, Role.LIAISON)
        [push] = market.get("/v1/inbox").json["pushes"]
        sent_back = {"reason": "other_area", "text": "经营地址不在本辖区"}
        assert market.post(f"/v1/pushes/{push['push_id']}/return", sent_back).status == 200
        taken = {"reason": "推送有误", "nobody_instead": nobody_instead}
        assert bureau.post(f"/v1/pushes/{push['push_id']}/withdraw", taken).status == 200
        identifier = begin(bureau, row("SP-1")).json["reconciliation_id"]
        pass_time()
        assert counts(bureau, identifier) == {"rows": 1, "reached_nobody": 1}

    def test_one_row_may_differ_and_be_late_and_is_told_under_both(self, bureau: Gateway) -> None:
        """R-HND-17."""
        hear(item())
        decide(bureau, "SP-1", YESTERDAY)
        identifier = begin(bureau, row("SP-1", YESTERDAY, item_code="000131009000")).json["reconciliation_id"]
        pass_time()
        assert counts(bureau, identifier) == {"rows": 1, "differs": 1, "pushed_late": 1}
        assert [each["kind"] for each in lines(bureau, identifier, kind="differs")] == ["differs"]

    def test_every_bad_row_is_named_at_once(self, bureau: Gateway) -> None:
        """R-HND-17."""
        answer = begin(bureau, row("SP-1"), row("SP-1"), row("SP-2", TODAY - timedelta(days=90)))
        assert [(each["pointer"], each["code"]) for each in answer.json["errors"]] == [
            ("/rows/1/case_number", "duplicate"),
            ("/rows/2/decided_on", "outside_period"),
        ]

    def test_a_period_runs_forwards_and_there_is_one_list(self, bureau: Gateway) -> None:
        """R-HND-17."""
        backwards = begin(bureau, **{"from": TODAY.isoformat(), "to": YESTERDAY.isoformat()})
        neither = bureau.post("/v1/reconciliations", PERIOD)
        assert [each["pointer"] for each in backwards.json["errors"]] == ["/to"]
        assert [each["pointer"] for each in neither.json["errors"]] == ["/rows"]

    def test_only_its_bureau_and_oversight_read_it(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-17."""
        identifier = begin(bureau, row("SP-1")).json["reconciliation_id"]
        oversight = gateway.with_principal("dept_01OVERSIGHT00000000000000000", Role.OVERSIGHT)
        stranger = gateway.with_principal(STRANGER, Role.REGISTRAR)
        liaison = gateway.with_principal(MARKET, Role.LIAISON)
        assert oversight.get(f"/v1/reconciliations/{identifier}").status == 200
        assert stranger.get(f"/v1/reconciliations/{identifier}/rows").json["code"] == "not_your_department"
        assert liaison.get(f"/v1/reconciliations/{identifier}").json["code"] == "forbidden"

    def test_they_are_listed_newest_first_page_by_page(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-17: an id that was lost is found again, and oversight sees which bureaus reconcile."""
        made = [begin(bureau, row(f"SP-{number}")).json["reconciliation_id"] for number in range(3)]
        first = bureau.get("/v1/reconciliations?limit=2").json
        rest = bureau.get(f"/v1/reconciliations?limit=2&cursor={first['next']}").json
        found = [each["reconciliation_id"] for each in (*first["reconciliations"], *rest["reconciliations"])]
        assert found == made[::-1]
        oversight = gateway.with_principal("dept_01OVERSIGHT00000000000000000", Role.OVERSIGHT)
        assert len(oversight.get(f"/v1/reconciliations?bureau={BUREAU}").json["reconciliations"]) == 3
        stranger = gateway.with_principal(STRANGER, Role.REGISTRAR)
        assert stranger.get(f"/v1/reconciliations?bureau={BUREAU}").json["code"] == "not_your_department"
        assert stranger.get("/v1/reconciliations").json == {"reconciliations": [], "next": None}

    def test_a_long_list_is_compared_in_steps_and_its_report_read_in_pages(
        self, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-17: a run is bounded, and its progress shown."""
        monkeypatch.setattr(logic, "ROWS_A_STEP", 2)
        monkeypatch.setattr(logic, "STEPS_A_RUN", 1)
        identifier = begin(bureau, *(row(f"SP-{number}") for number in range(5))).json["reconciliation_id"]
        seen = []
        for _ in range(5):
            seen.append(bureau.get(f"/v1/reconciliations/{identifier}").json["counts"]["rows"])
            pass_time()
        assert seen == [0, 2, 4, 5, 5]
        assert counts(bureau, identifier) == {"rows": 5, "never_pushed": 5}
        page = bureau.get(f"/v1/reconciliations/{identifier}/rows?limit=3").json
        rest = bureau.get(f"/v1/reconciliations/{identifier}/rows?limit=3&cursor={page['next']}").json
        assert [each["line"] for each in (*page["lines"], *rest["lines"])] == [1, 2, 3, 4, 5]


def upload(bureau: Gateway, content: bytes, media_type: str = "text/csv") -> str:
    """A list as a file, sent where the link says."""
    file = {
        "file_name": "清单.csv",
        "media_type": media_type,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    answer = bureau.post("/v1/reconciliations", PERIOD | {"file": file})
    assert (answer.status, answer.json["state"]) == (202, "awaiting_file"), answer.text
    assert answer.json["upload"]["url"]
    identifier = str(answer.json["reconciliation_id"])
    wiring.files().put(f"reconciliations/{BUREAU}/{identifier}/list", content, media_type)
    return identifier


def complete(bureau: Gateway, identifier: str) -> Answer:
    return bureau.post(f"/v1/reconciliations/{identifier}/complete", None)


ROWS = [["SP-1", ITEM_CODE, "示审批〔2026〕SP-1", TODAY.isoformat(), "准予"]]
TITLE = ["一审批局办结清单"]


@pytest.mark.usefixtures("table")
class TestMerged:
    """R-ORG-1: a bureau that others were merged into answers for their cases and reads their reconciliations."""

    def test_its_list_names_cases_of_the_bureaus_merged_into_it(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-ORG-1, R-HND-17."""
        hear(item())
        decide(bureau, "SP-SAME")
        decide(bureau, "SP-OTHER-ITEM")
        heir = merge(gateway)
        asked = begin(heir, row("SP-SAME"), row("SP-OTHER-ITEM", item_code="000131009000"), row("SP-NEVER"))
        identifier = asked.json["reconciliation_id"]
        pass_time()
        assert counts(heir, identifier) == {"rows": 3, "same": 1, "never_pushed": 2}

    def test_it_goes_on_with_theirs(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-ORG-1, R-HND-17."""
        identifier = upload(bureau, b"".join(write_csv([HEADER, *ROWS])))
        stranger = gateway.with_principal(STRANGER, Role.REGISTRAR)
        heir = merge(gateway)
        url = f"/v1/reconciliations/{identifier}"
        for method, path in (("get", url), ("get", f"{url}/rows"), ("post", f"{url}/upload-link")):
            given = () if method == "get" else (None,)
            assert getattr(heir, method)(path, *given).status == 200
            assert getattr(stranger, method)(path, *given).json["code"] == "not_your_department"
        oversight = gateway.with_principal("dept_01OVERSIGHT00000000000000000", Role.OVERSIGHT, Role.REGISTRAR)
        assert oversight.post(f"{url}/complete", None).json["code"] == "not_your_department"
        assert complete(heir, identifier).json["state"] == "reading"


def merge(gateway: Gateway) -> Gateway:
    """The bureau is merged into another, which is answered for."""
    told = {"version": 2, "state": DepartmentState.MERGED, "successor": HEIR}
    hear(department(BUREAU).model_copy(update=told), department(HEIR))
    return gateway.with_principal(HEIR, Role.APPROVER, Role.REGISTRAR)


@pytest.mark.usefixtures("table")
class TestFile:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_a_csv_is_read_in_the_encodings_offices_use(self, encoding: str, bureau: Gateway) -> None:
        """R-HND-17."""
        hear(item())
        decide(bureau, "SP-1")
        text = "\r\n".join(",".join(cells) for cells in [TITLE, HEADER, *ROWS])
        identifier = upload(bureau, text.encode(encoding))
        assert complete(bureau, identifier).json["state"] == "reading"
        pass_time()
        pass_time()
        assert counts(bureau, identifier) == {"rows": 1, "same": 1}

    def test_a_workbook_is_read_too(self, bureau: Gateway) -> None:
        """R-HND-17."""
        content = b"".join(write_xlsx({"清单": [HEADER, *ROWS]}))
        media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        identifier = upload(bureau, content, media_type)
        complete(bureau, identifier)
        pass_time()
        pass_time()
        assert counts(bureau, identifier) == {"rows": 1, "never_pushed": 1}

    def test_every_bad_row_is_named_by_line_and_column_and_nothing_is_compared(self, bureau: Gateway) -> None:
        """R-HND-17."""
        bad = [
            HEADER,
            ["SP-1", "", "", "三月六日", "准予"],
            ["", ITEM_CODE, "", TODAY.isoformat(), "好"],
            ["SP-2", "", "", "2020-01-01", "不予"],
            ["SP-2", "", "", TODAY.isoformat(), "不予"],
        ]
        identifier = upload(bureau, b"".join(write_csv(bad)))
        complete(bureau, identifier)
        pass_time()
        shown = bureau.get(f"/v1/reconciliations/{identifier}").json
        assert (shown["state"], shown["fault_count"]) == ("refused", 5)
        assert shown["finished_at"] >= shown["requested_at"]
        assert {(each["line"], each["column"], each["code"]) for each in shown["faults"]} == {
            (2, "decided_on", "unreadable"),
            (3, "case_number", "blank"),
            (3, "result", "unreadable"),
            (4, "decided_on", "outside_period"),
            (5, "case_number", "duplicate"),
        }
        assert list(wiring.work().due(utc_now())) == []

    def test_what_is_no_list_is_refused_with_what_to_do(self, bureau: Gateway) -> None:
        """R-HND-17."""
        for content, code in (
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_old_or_encrypted"),
            (b"a,b\n1,2\n", "header_missing"),
        ):
            identifier = upload(bureau, content)
            complete(bureau, identifier)
            pass_time()
            shown = bureau.get(f"/v1/reconciliations/{identifier}").json
            assert [each["code"] for each in shown["faults"]] == [code]

    def test_other_bytes_than_declared_are_not_taken(self, bureau: Gateway) -> None:
        """R-HND-17."""
        identifier = upload(bureau, b"abc")
        wiring.files().put(f"reconciliations/{BUREAU}/{identifier}/list", b"abd", "text/csv")
        assert complete(bureau, identifier).json["code"] == "upload_differs"

    def test_a_link_that_expired_is_had_anew_until_the_list_has_come(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-17: the first one is good for a quarter of an hour; the reconciliation could never begin after it."""
        content = b"".join(write_csv([HEADER, *ROWS]))
        identifier = upload(bureau, content)
        url = f"/v1/reconciliations/{identifier}/upload-link"
        link = bureau.post(url, None)
        assert (link.status, link.json["method"], link.json["seconds"]) == (200, "PUT", 900)
        assert f"reconciliations/{BUREAU}/{identifier}/list" in link.json["url"]
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert link.json["headers"] == {"Content-Type": "text/csv", "x-amz-checksum-sha256": checksum}
        assert bureau.get(f"/v1/reconciliations/{identifier}").json["state"] == "awaiting_file"
        stranger = gateway.with_principal(STRANGER, Role.REGISTRAR)
        assert stranger.post(url, None).json["code"] == "not_your_department"
        complete(bureau, identifier)
        refused = bureau.post(url, None)
        assert (refused.status, refused.json["code"]) == (409, "wrong_state")
        assert "“清单已收到”,不能执行“上传”" in refused.json["detail_zh"]
        as_rows = begin(bureau, row("SP-1")).json["reconciliation_id"]
        assert bureau.post(f"/v1/reconciliations/{as_rows}/upload-link", None).json["code"] == "wrong_state"

    def test_to_complete_it_twice_changes_nothing(self, bureau: Gateway) -> None:
        """R-HND-17."""
        identifier = upload(bureau, b"".join(write_csv([HEADER, *ROWS])))
        first, again = complete(bureau, identifier), complete(bureau, identifier)
        assert (first.json["state"], again.json["code"]) == ("reading", "wrong_state")


def test_whenever_the_process_dies_the_report_is_whole_and_nothing_counts_twice(
    bureau: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-17: killed before or after each call to AWS; the next run goes on."""
    hear(item())
    decide(bureau, "SP-UNLISTED")
    moment, died = 0, True
    while died:
        died = False
        identifier = begin(bureau, row("SP-NEVER")).json["reconciliation_id"]
        with Wire(moment).cut(monkeypatch):
            try:
                pass_time()
            except Killed:
                died = True
        pass_time()
        assert counts(bureau, identifier) == {"rows": 1, "never_pushed": 1, "unknown_to_bureau": 1}
        assert len(lines(bureau, identifier)) == 2
        told = [each.type for each in unsent_events(table) if each.subject == identifier]
        assert told == ["reconciliation.requested.v1", "reconciliation.finished.v1"]
        moment += 1
    assert moment > 10


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("2026/3/2", date(2026, 3, 2)),
        ("2026年3月2日", date(2026, 3, 2)),
        ("20260302", date(2026, 3, 2)),
        ("2026-03-02 09:30:00", date(2026, 3, 2)),
        ("46083", date(2026, 3, 2)),
    ],
)
def test_days_are_read_as_offices_write_them(cell: str, day: date) -> None:
    """R-HND-17: also as spreadsheets count them."""
    given = [Line(1, ["case number", "decided on", "result"]), Line(2, ["SP-1", cell, "granted"])]
    read = read_list(given, date(2026, 1, 1), date(2026, 12, 31))
    assert read.faults == ()
    assert read.cases == (ListedCase(line=2, case_number="SP-1", decided_on=day, result=DecisionResult.GRANTED),)


def test_each_kind_of_discrepancy_has_a_count_of_its_own() -> None:
    """R-HND-17."""
    assert {each.value for each in Discrepancy} | {"rows", "same"} == set(ReconciliationCounts.model_fields)
