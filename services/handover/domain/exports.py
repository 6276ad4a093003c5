"""A part of the ledger as a file: who asked for what, how far it is, and the table it is written as (R-HND-16)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from services.handover.domain.ledger import LedgerLine, PushLine, Sought
from services.handover.domain.legal import illegal
from services.handover.domain.licences import STAGE_WORDS
from services.handover.domain.pushes import STATE_WORDS
from shared.contracts.ledgers import ExportFormat
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.contracts.vocabulary import DecisionResult, SupervisorPart
from shared.kernel.clock import BEIJING
from shared.kernel.sheets.uploads import MEDIA_TYPES, Format
from shared.kernel.sheets.writing import guarded, write_csv, write_xlsx

KEPT = timedelta(days=7)
"""How long a finished file can be had: it is full of names."""


MOST_ROWS: Mapping[ExportFormat, int] = {ExportFormat.XLSX: 500_000}
"""Rows of a file, where its format has a bound: what a sheet holds at most is twice as much, and few can open it."""


class ExportState(StrEnum):
    """Where an export stands."""

    WRITING = "writing"
    FINISHED = "finished"
    FAILED = "failed"  # 未能生成;`failure` 说明原因


class ExportFailure(Contract):
    """Why there is no file, and what to do about it."""

    code: ShortText
    zh: str
    en: str


TOO_MANY_ROWS = ExportFailure(
    code="too_many_rows",
    zh=f"超过 {MOST_ROWS[ExportFormat.XLSX]:,} 行,不宜生成 XLSX;请改为申请 CSV,或缩小范围后重新申请",
    en=f"It has more than {MOST_ROWS[ExportFormat.XLSX]:,} rows, too many for XLSX: ask for CSV, or for less",
)
NOT_WRITTEN = ExportFailure(
    code="not_written",
    zh="多次尝试仍未能生成;请缩小范围后重新申请,仍不成功的请联系系统管理员",
    en="It could not be written in several tries: ask for less, and tell the operators if that fails too",
)


_WORDS: Mapping[str, str] = {
    ExportState.WRITING: "生成中",
    ExportState.FAILED: "未能生成",
    "expired": "已过期",
    "download": "下载",
    "show": "查看进度",
    "request": "重新申请导出",
}
"""What each is called in Chinese."""


class LedgerExport(Contract):
    """An export, who asked for it, and what they may see. `cases`: how many are in it, or were found so far.

    `failure`: why there will never be a file; null in every other state.
    """

    export_id: Identifier
    department: Identifier | None
    client: ShortText
    format: ExportFormat
    sought: Sought
    requested_at: Instant
    state: ExportState = ExportState.WRITING
    cases: int = 0
    finished_at: Instant | None = None
    expires_at: Instant | None = None
    failure: ExportFailure | None = None

    @property
    def folder(self) -> str:
        """Where its parts and its file lie in the object store."""
        return f"ledgers/{self.export_id}"

    @property
    def content_key(self) -> str:
        """Where its file lies."""
        return f"{self.folder}/ledger.{self.format}"

    @property
    def file_name(self) -> str:
        """What its file is called."""
        return f"台账-{self.requested_at.astimezone(BEIJING):%Y%m%d-%H%M}.{self.format}"

    def finished(self, cases: int, now: datetime) -> "LedgerExport":
        """The export with its file."""
        there = {"state": ExportState.FINISHED, "cases": cases, "finished_at": now, "expires_at": now + KEPT}
        return self.model_copy(update=there)

    def failed(self, failure: ExportFailure, cases: int, now: datetime) -> "LedgerExport":
        """The export that will have no file."""
        given_up = {"state": ExportState.FAILED, "failure": failure, "cases": cases, "finished_at": now}
        return self.model_copy(update=given_up)

    def check_there(self, now: datetime) -> None:
        """Raises Refused("wrong_state") before the file is there, after its time, and where there will be none."""
        if self.state is not ExportState.FINISHED:
            instead = "request" if self.state is ExportState.FAILED else "show"
            raise illegal(self.state, "download", [instead], _WORDS)
        if self.expires_at is not None and now >= self.expires_at:
            raise illegal("expired", "download", ["request"], _WORDS)


RESULT_WORDS: Mapping[DecisionResult, str] = {
    DecisionResult.GRANTED: "准予",
    DecisionResult.REFUSED: "不予",
    DecisionResult.TERMINATED: "终止",
    DecisionResult.WITHDRAWN: "撤回",
}
"""What each result is called in Chinese, as in the list that a bureau reconciles (R-HND-17)."""

PART_WORDS: Mapping[SupervisorPart, str] = {SupervisorPart.LEAD: "牵头", SupervisorPart.ASSISTING: "配合"}
"""What each part is called in Chinese."""

_CASE_COLUMNS: Mapping[str, Callable[[LedgerLine], object]] = {
    "办件编号 Case number": lambda line: line.case_number,
    "审批部门 Bureau": lambda line: line.bureau,
    "事项编码 Item code": lambda line: line.item_code,
    "事项名称 Item": lambda line: line.item_name,
    "申请人 Applicant": lambda line: line.applicant.name,
    "证照代码 Applicant's code": lambda line: line.applicant.code,
    "收录时间 Recorded at": lambda line: line.recorded_at,
    "受理时间 Accepted at": lambda line: line.accepted_at,
    "办结时间 Decided at": lambda line: line.decided_at,
    "办理结果 Result": lambda line: line.result and f"{RESULT_WORDS[line.result]} {line.result}",
    "文号 Document number": lambda line: line.document_number,
    "待分派 Unrouted": lambda line: line.unrouted,
}
_PUSH_COLUMNS: Mapping[str, Callable[[PushLine], object]] = {
    "环节 Stage": lambda push: f"{STAGE_WORDS[push.stage]} {push.stage}",
    "监管部门 Department": lambda push: push.department,
    "牵头/配合 Part": lambda push: f"{PART_WORDS[push.part]} {push.part}",
    "推送状态 State": lambda push: f"{STATE_WORDS[push.state]} {push.state}",
    "送达时间 Delivered at": lambda push: push.delivered_at,
    "认领时限 Claim due at": lambda push: push.claim_due_at,
    "认领时间 Claimed at": lambda push: push.claimed_at,
    "推送编号 Push": lambda push: push.push_id,
}
"""The columns of the table: a row for each push, and one for a case that reached nobody."""


def rows_of(line: LedgerLine) -> int:
    """How many rows of the table are a line's."""
    return max(1, len(line.pushes))


def table(lines: Iterable[LedgerLine]) -> Iterator[list[str]]:
    """The rows of the table, below their headers."""
    yield [*_CASE_COLUMNS, *_PUSH_COLUMNS]
    for line in lines:
        case = [_cell(column(line)) for column in _CASE_COLUMNS.values()]
        for push in line.pushes:
            yield [*case, *(_cell(column(push)) for column in _PUSH_COLUMNS.values())]
        if not line.pushes:
            yield [*case, *("" for _ in _PUSH_COLUMNS)]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).isoformat(timespec="seconds")
    return "" if value is None else str(value)


def _csv(lines: Iterable[LedgerLine]) -> Iterator[bytes]:
    return write_csv([guarded(cell) for cell in cells] for cells in table(lines))


def _xlsx(lines: Iterable[LedgerLine]) -> Iterator[bytes]:
    return write_xlsx({"台账": table(lines)})


WRITERS: Mapping[ExportFormat, Callable[[Iterable[LedgerLine]], Iterator[bytes]]] = {
    ExportFormat.CSV: _csv,
    ExportFormat.XLSX: _xlsx,
}
"""How each format is written, piece by piece."""

MEDIA: Mapping[ExportFormat, str] = {each: MEDIA_TYPES[Format(each.value)] for each in ExportFormat}
"""What the files are."""
