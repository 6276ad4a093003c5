"""Reconciliations as bureaus ask for them and read what came of them (R-HND-17)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from services.handover.domain.reconciliation import LONGEST_PERIOD, ListedCase, Reconciliation, ReportLine
from shared.contracts.files import UploadLink
from shared.contracts.ledgers import Discrepancy
from shared.contracts.model import Checked, Contract, Day, Disagreement, Identifier, Sha256, ShortText
from shared.http.pages import PageQuery
from shared.kernel.sheets.bounds import LARGEST_FILE

MOST_ROWS = 500
"""Rows that may be given in the request itself; longer lists come as files."""

PeriodDay = Annotated[Day, Field(ge=date(2000, 1, 1), le=date(9998, 12, 31))]

_BACKWARDS = Disagreement("to", "结束日期不得早于起始日期", "The last day cannot come before the first")
_TOO_LONG = Disagreement("to", "对账期间最长 366 天,请分段对账", "A period has 366 days at most; reconcile it in parts")
_ONE_LIST = Disagreement("rows", "rows 与 file 须且只须给出一项", "Give either rows or a file")


class ListFileGiven(Contract):
    """A file that is about to be uploaded: CSV or XLSX with the columns of a list."""

    file_name: ShortText
    media_type: Literal["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]
    size: Annotated[int, Field(ge=1, le=LARGEST_FILE)]
    sha256: Sha256


class ReconciliationRequest(Checked):
    """A bureau's decided cases from one day to another, both included: as rows, or as a file to be uploaded."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from": "2026-03-01",
                    "to": "2026-03-31",
                    "rows": [
                        {
                            "case_number": "SP-2026-000101",
                            "item_code": "000131001000",
                            "document_number": "示审批〔2026〕101号",
                            "decided_on": "2026-03-06",
                            "result": "granted",
                        }
                    ],
                }
            ]
        }
    )

    first_day: PeriodDay = Field(alias="from")
    last_day: PeriodDay = Field(alias="to")
    rows: Annotated[tuple[ListedCase, ...], Field(max_length=MOST_ROWS)] | None = None
    file: ListFileGiven | None = None

    def disagreements(self) -> list[Disagreement]:
        """A period runs forwards and is no longer than a year; there is one list."""
        faults = {
            _BACKWARDS: self.last_day < self.first_day,
            _TOO_LONG: self.last_day - self.first_day >= LONGEST_PERIOD,
            _ONE_LIST: (self.rows is None) == (self.file is None),
        }
        return [fault for fault, found in faults.items() if found]


class DeclaredReconciliation(Reconciliation):
    """The reconciliation as it begins, and where its file is to be sent, if it is a file."""

    upload: UploadLink | None = None


class ReconciliationQuery(PageQuery):
    """`bureau`: whose; oversight must say, a bureau sees its own."""

    bureau: Identifier | None = None


class ReconciliationPage(Contract):
    """One page of a bureau's reconciliations, newest first."""

    reconciliations: tuple[Reconciliation, ...]
    next: str | None


class ReportQuery(PageQuery):
    """`kind`: one kind of discrepancy, all when left out."""

    kind: Discrepancy | None = None


class ReportPage(Contract):
    """One page of a report: every case in which list and pushes differ."""

    lines: tuple[ReportLine, ...]
    next: str | None
