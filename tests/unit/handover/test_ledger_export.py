"""The ledger as a file: written in the background, step by step, of what its reader may see (R-HND-16)."""

import csv
import io
from datetime import timedelta
from typing import Any, cast

import pytest
from openpyxl import load_workbook

from services.handover import wiring
from services.handover.api import exports
from services.handover.domain.exports import MOST_ROWS
from services.handover.logic import exports as logic
from services.handover.logic import ledger as ledger_logic
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.contracts.ledgers import ExportFormat
from shared.contracts.vocabulary import SupervisorPart
from shared.kernel.clock import utc_now
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.aws import unsent_events
from tests.support.city_clock import hear, pass_time
from tests.support.crashes import Killed, Wire
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, acceptance, item, supervisor

FORMULA = {"name": "=1+1面馆", "kind": "organisation", "code": "91990100MA00000017"}


@pytest.fixture
def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER)


def push_cases(bureau: Gateway, number: int) -> None:
    hear(item(supervisors=(supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))))
    for each in range(number):
        bureau.post("/v1/acceptances", acceptance(case_number=f"SP-{each}", applicant=FORMULA))


def export(by: Gateway, **asked: Any) -> str:
    answer = by.post("/v1/exports", asked)
    assert answer.status == 202, answer.text
    return str(answer.json["export_id"])


def content(by: Gateway, export_id: str) -> bytes:
    """The file that the link leads to."""
    answer = by.get(f"/v1/exports/{export_id}/content")
    assert answer.status == 307
    stored = wiring.exports().job(export_id)
    assert stored
    assert stored.state.content_key in answer.headers["Location"]
    return wiring.files().read(stored.state.content_key)


def rows_of(given: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(given.decode("utf-8-sig"))))


@pytest.mark.usefixtures("table")
class TestExport:
    def test_a_csv_holds_a_row_for_each_push_and_no_cell_is_a_formula(self, bureau: Gateway) -> None:
        """R-HND-16."""
        push_cases(bureau, 2)
        export_id = export(bureau, format="csv")
        pass_time()
        rows = rows_of(content(bureau, export_id))
        assert [row["办件编号 Case number"] for row in rows] == ["SP-1", "SP-1", "SP-0", "SP-0"]
        assert {row["监管部门 Department"] for row in rows} == {MARKET, HEALTH}
        assert {row["申请人 Applicant"] for row in rows} == {"'=1+1面馆"}
        assert {row["环节 Stage"] for row in rows} == {"受理 acceptance"}
        assert {row["牵头/配合 Part"] for row in rows} == {"牵头 lead", "配合 assisting"}
        assert {row["推送状态 State"] for row in rows} == {"已送达 delivered"}

    @pytest.mark.parametrize(
        ("result", "cell"),
        [("granted", "准予 granted"), ("refused", "不予 refused"), ("terminated", "终止 terminated")],
    )
    def test_a_result_is_named_as_a_bureau_names_it(self, result: str, cell: str, bureau: Gateway) -> None:
        """R-HND-16."""
        push_cases(bureau, 1)
        given = {"result": result, "document_number": "示审批〔2026〕1号", "decided_at": utc_now().isoformat()}
        assert bureau.post("/v1/decisions", {"case_number": "SP-0", "decision": given}).status == 201
        export_id = export(bureau, format="csv")
        pass_time()
        assert {row["办理结果 Result"] for row in rows_of(content(bureau, export_id))} == {cell}

    def test_a_workbook_holds_the_same_as_texts(self, bureau: Gateway) -> None:
        """R-HND-16."""
        push_cases(bureau, 1)
        export_id = export(bureau, format="xlsx")
        pass_time()
        sheet = load_workbook(io.BytesIO(content(bureau, export_id))).worksheets[0]
        rows = list(sheet.iter_rows(values_only=True))
        assert len(rows) == 3
        assert rows[1][4] == "=1+1面馆"
        assert sheet.cell(2, 5).data_type == "s"

    def test_a_case_that_reached_nobody_has_a_row_too(self, bureau: Gateway) -> None:
        """R-HND-15, R-HND-16."""
        bureau.post("/v1/acceptances", acceptance())
        export_id = export(bureau, format="csv")
        pass_time()
        (row,) = rows_of(content(bureau, export_id))
        assert (row["待分派 Unrouted"], row["推送状态 State"]) == ("1", "")

    def test_its_progress_is_shown_and_the_file_is_there_at_the_end_only(
        self, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-16: a run is bounded; the next goes on."""
        monkeypatch.setattr(logic, "STEPS_A_RUN", 1)
        monkeypatch.setattr(ledger_logic.search, "__kwdefaults__", {"looked_at": 2})
        push_cases(bureau, 5)
        export_id = export(bureau, format="csv")
        seen = []
        for _ in range(4):
            shown = bureau.get(f"/v1/exports/{export_id}").json
            seen.append((shown["state"], shown["cases"]))
            refused = bureau.get(f"/v1/exports/{export_id}/content").json
            assert refused["code"] == "wrong_state"
            assert "“生成中”,不能执行“下载”;此时可以:查看进度。" in refused["detail_zh"]
            pass_time()
        assert seen == [("writing", 0), ("writing", 2), ("writing", 4), ("writing", 5)]
        assert bureau.get(f"/v1/exports/{export_id}").json["state"] == "finished"
        assert len(rows_of(content(bureau, export_id))) == 10

    def test_while_a_run_writes_it_the_next_ones_leave_it_alone(
        self, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file may take minutes, and a run begins every minute."""
        push_cases(bureau, 1)
        export_id = export(bureau, format="csv")
        others: list[bool] = []

        def meanwhile(*_: object) -> None:
            context = Context(ANONYMOUS, utc_now() + timedelta(minutes=1), "schedule")
            others.append(logic.go_on(wiring.exporting(), context, export_id))

        with monkeypatch.context() as patched:
            patched.setattr(logic, "_finish", meanwhile)
            pass_time()
        assert others == [False]

    @pytest.mark.parametrize("rows", [3, 4])
    def test_what_is_too_long_for_a_workbook_fails_and_names_csv(
        self, rows: int, bureau: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-16: a row that has no place in a sheet was left out, and nobody was told."""
        monkeypatch.setitem(cast(Any, MOST_ROWS), ExportFormat.XLSX, rows)
        push_cases(bureau, 2)
        export_id, as_csv = export(bureau, format="xlsx"), export(bureau, format="csv")
        pass_time()
        assert len(rows_of(content(bureau, as_csv))) == 4
        shown = bureau.get(f"/v1/exports/{export_id}").json
        if rows == 4:
            assert (shown["state"], shown["failure"]) == ("finished", None)
            return
        assert (shown["state"], shown["failure"]["code"], shown["cases"]) == ("failed", "too_many_rows", 2)
        assert "CSV" in shown["failure"]["zh"]
        assert "CSV" in shown["failure"]["en"]
        assert "“未能生成”,不能执行“下载”;此时可以:重新申请导出。" in self._refused(bureau, export_id)
        told = [each for each in unsent_events(table) if each.subject == export_id]
        assert [each.type for each in told] == ["export.requested.v1", "export.failed.v1"]
        assert pass_time(utc_now() + timedelta(days=1)) == 0

    def test_what_cannot_be_written_is_given_up_after_some_tries(
        self, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-16: too little disk or time was met again at every minute, for ever; a death tells no reason."""
        push_cases(bureau, 1)
        export_id = export(bureau, format="xlsx")
        at = utc_now()

        def dies(*_: object) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(wiring.files().__class__, "write", dies)
            for _ in range(1 + logic.MOST_TRIES):  # in the first one, all its cases were found
                assert bureau.get(f"/v1/exports/{export_id}").json["state"] == "writing"
                with pytest.raises(Killed):
                    pass_time(at)
                assert pass_time(at + timedelta(minutes=14)) == 0
                at += logic.HELD
        assert pass_time(at) == 1
        shown = bureau.get(f"/v1/exports/{export_id}").json
        assert (shown["state"], shown["failure"]["code"], shown["cases"]) == ("failed", "not_written", 1)
        assert pass_time(at + logic.HELD) == 0

    def test_a_slow_export_is_not_given_up_while_its_steps_come_through(
        self, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-16."""
        monkeypatch.setattr(logic, "STEPS_A_RUN", 1)
        monkeypatch.setattr(logic, "MOST_TRIES", 1)
        monkeypatch.setattr(ledger_logic.search, "__kwdefaults__", {"looked_at": 1})
        push_cases(bureau, 3)
        export_id = export(bureau, format="csv")
        for _ in range(6):
            pass_time()
        assert len(rows_of(content(bureau, export_id))) == 6

    def _refused(self, bureau: Gateway, export_id: str) -> str:
        answer = bureau.get(f"/v1/exports/{export_id}/content").json
        assert answer["code"] == "wrong_state"
        return str(answer["detail_zh"])

    def test_nobody_else_fetches_it_and_nobody_after_a_week(
        self, gateway: Gateway, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """R-HND-16, R-AUD-7."""
        push_cases(bureau, 1)
        export_id = export(bureau)
        pass_time()
        for other in (gateway.with_principal(MARKET, Role.LIAISON), gateway.with_principal(BUREAU, Role.REGISTRAR)):
            assert other.get(f"/v1/exports/{export_id}").json["code"] == "not_your_department"
        later = utc_now() + timedelta(days=8)
        monkeypatch.setattr(exports.api, "_clock", lambda: later)
        refused = bureau.get(f"/v1/exports/{export_id}/content").json
        assert refused["code"] == "wrong_state"
        assert "“已过期”,不能执行“下载”;此时可以:重新申请导出。" in refused["detail_zh"]
        assert bureau.get("/v1/exports/exp_00000000000000000000000000").json["code"] == "not_found"

    def test_a_client_finds_its_own_again_and_nobody_elses(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-16."""
        made = [export(bureau) for _ in range(2)]
        assert [each["export_id"] for each in bureau.get("/v1/exports").json["exports"]] == made[::-1]
        assert gateway.with_principal(MARKET, Role.LIAISON).get("/v1/exports").json["exports"] == []

    def test_a_department_exports_what_was_pushed_to_it_only(self, gateway: Gateway, bureau: Gateway) -> None:
        """R-HND-16."""
        push_cases(bureau, 1)
        bureau.post("/v1/acceptances", acceptance(case_number="SP-ELSE", item_code="000131009000"))
        market = gateway.with_principal(MARKET, Role.LIAISON)
        export_id = export(market, format="csv")
        pass_time()
        assert {row["办件编号 Case number"] for row in rows_of(content(market, export_id))} == {"SP-0"}


def test_whenever_the_process_dies_the_file_is_whole_and_told_once(
    bureau: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-16: killed before or after each call to AWS; the next run goes on, as soon as it is sure of the death."""
    push_cases(bureau, 2)
    moment, died = 0, True
    while died:
        died = False
        export_id = export(bureau, format="csv")
        with Wire(moment).cut(monkeypatch):
            try:
                pass_time()
            except Killed:
                died = True
        pass_time(utc_now() + logic.HELD)
        assert len(rows_of(content(bureau, export_id))) == 4
        told = [each for each in unsent_events(table) if each.subject == export_id]
        assert [each.type for each in told] == ["export.requested.v1", "export.finished.v1"]
        moment += 1
    assert moment > 10
