"""Reconciliation (对账): a bureau's own list of decided cases against what it pushed (R-HND-17)."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from services.handover.domain.cases import CaseFile, StageRecord
from services.handover.domain.ledger import normal
from services.handover.domain.pushes import ENDED
from shared.contracts.ledgers import Discrepancy, ReconciliationCounts
from shared.contracts.model import Code, Contract, Day, Identifier, Instant, Sha256, ShortText
from shared.contracts.vocabulary import DecisionResult, Stage
from shared.kernel.calendar import beijing_date
from shared.kernel.sheets.bounds import HEADER_WITHIN, Line

MOST_FAULTS = 100
"""How many faults of a list are told; the rest is counted."""

LONGEST_PERIOD = timedelta(days=366)


class ReconciliationState(StrEnum):
    """Where a reconciliation stands."""

    AWAITING_FILE = "awaiting_file"
    READING = "reading"
    COMPARING = "comparing"
    FINISHED = "finished"
    REFUSED = "refused"  # the list cannot be used; `faults` say why


class ListedCase(Contract):
    """One decided case as the bureau's own list has it. What is left out is not compared."""

    line: int = 0
    case_number: ShortText
    item_code: Code | None = None
    document_number: ShortText | None = None
    decided_on: Day
    result: DecisionResult


class ListFault(Contract):
    """What is wrong with a list: in which line and column, and what to do about it."""

    line: int | None
    column: ShortText | None
    code: ShortText
    zh: str
    en: str


class ListFile(Contract):
    """The file that holds a list: exactly these bytes."""

    file_name: ShortText
    media_type: ShortText
    size: int
    sha256: Sha256
    version: str | None = None


class Reconciliation(Contract):
    """A reconciliation of one bureau and one period, and how far it is."""

    reconciliation_id: Identifier
    bureau: Identifier
    first_day: Day
    last_day: Day
    requested_at: Instant
    state: ReconciliationState
    file: ListFile | None = None
    counts: ReconciliationCounts = ReconciliationCounts()
    faults: tuple[ListFault, ...] = ()
    fault_count: int = 0
    finished_at: Instant | None = None

    @property
    def folder(self) -> str:
        """Where its list lies in the object store."""
        return f"reconciliations/{self.bureau}/{self.reconciliation_id}"


class Difference(Contract):
    """A field in which list and push differ."""

    field: ShortText
    listed: ShortText | None
    pushed: ShortText | None


class ReportLine(Contract):
    """One discrepancy. `line`: of the bureau's list, None for a case it does not have."""

    kind: Discrepancy
    line: int | None
    case_number: ShortText
    case_id: Identifier | None
    decided_on: Day | None
    pushed_at: Instant | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def key(self) -> str:
        """Its place in the report."""
        return f"{self.kind}#{self.case_id}" if self.line is None else f"{self.kind}#{self.line:07d}"


# ── Comparing ───────────────────────────────────────────────────────────────────────────────────


def compare(listed: ListedCase, file: CaseFile | None) -> tuple[ReportLine, ...]:
    """Everything in which a listed case and what was pushed of it differ; nothing where they agree (R-HND-17)."""
    decided = file.stage(Stage.DECISION.value) if file else None
    if file is None or file.case.decision is None:
        return (_line(Discrepancy.NEVER_PUSHED, listed, file, None),)
    lines = []
    differences = tuple(_differences(listed, file))
    if differences:
        lines.append(_line(Discrepancy.DIFFERS, listed, file, decided).model_copy(update={"differences": differences}))
    if decided is not None and _pushed_on(decided) > listed.decided_on:
        lines.append(_line(Discrepancy.PUSHED_LATE, listed, file, decided))
    if _reached_nobody(file):
        lines.append(_line(Discrepancy.REACHED_NOBODY, listed, file, decided))
    return tuple(lines)


def _reached_nobody(file: CaseFile) -> bool:
    """Whether a part of the decision is with no department: it waits to be routed, or was taken from all who had it.

    To have pushed is not to have handed over (R-HND-1, R-HND-15).
    """
    waits = any(each.stage is Stage.DECISION and each.placed_at is None for each in file.unrouted)
    pushes = [push for push in file.pushes if push.stage is Stage.DECISION]
    owed = any(push.to_be_placed for push in pushes)
    ended = bool(pushes) and all(push.state in ENDED for push in pushes)
    return waits or owed or ended


def unlisted(file: CaseFile, numbers: frozenset[str]) -> ReportLine | None:
    """A decided case that was pushed and that the bureau's list does not have; None for one it has."""
    case = file.case
    if case.decision is None or normal(case.case_number) in numbers:
        return None
    return ReportLine(
        kind=Discrepancy.UNKNOWN_TO_BUREAU,
        line=None,
        case_number=case.case_number,
        case_id=case.case_id,
        decided_on=beijing_date(case.decision.decided_at),
    )


def counted(counts: ReconciliationCounts, compared: Iterable[Sequence[ReportLine]]) -> ReconciliationCounts:
    """The counts with some more listed cases, each with what was found of it."""
    numbers = counts.model_dump()
    for lines in compared:
        numbers["rows"] += 1
        numbers["same"] += not lines
        for each in lines:
            numbers[each.kind.value] += 1
    return ReconciliationCounts(**numbers)


def _line(kind: Discrepancy, listed: ListedCase, file: CaseFile | None, decided: StageRecord | None) -> ReportLine:
    return ReportLine(
        kind=kind,
        line=listed.line,
        case_number=listed.case_number,
        case_id=file.case.case_id if file else None,
        decided_on=listed.decided_on,
        pushed_at=decided.recorded_at if decided else None,
    )


def _pushed_on(decided: StageRecord) -> date:
    """The day of the push; of one made off line, the day of its document (R-HND-12)."""
    return decided.offline.dated if decided.offline else beijing_date(decided.recorded_at)


def _differences(listed: ListedCase, file: CaseFile) -> Iterable[Difference]:
    case, decision = file.case, file.case.decision
    if decision is None:
        return
    pushed = {
        "item_code": case.item_code,
        "document_number": decision.document_number,
        "decided_on": beijing_date(decision.decided_at).isoformat(),
        "result": decision.result.value,
    }
    for field, value in pushed.items():
        given = getattr(listed, field)
        if given is not None and normal(str(given)) != normal(value):
            yield Difference(field=field, listed=str(given), pushed=value)


# ── Reading a list ──────────────────────────────────────────────────────────────────────────────


class Column(NamedTuple):
    """A column of a list: its headers, whether every row must fill it, how its cells are read, what to do if not."""

    zh: str
    en: str
    needed: bool
    parse: Callable[[str], object]
    ask_zh: str
    ask_en: str


_RESULTS: Mapping[str, DecisionResult] = {
    "准予": DecisionResult.GRANTED,
    "准予许可": DecisionResult.GRANTED,
    "不予": DecisionResult.REFUSED,
    "不予许可": DecisionResult.REFUSED,
    "终止": DecisionResult.TERMINATED,
    "终止办理": DecisionResult.TERMINATED,
    "撤回": DecisionResult.WITHDRAWN,
    "申请人撤回": DecisionResult.WITHDRAWN,
    **{each.value: each for each in DecisionResult},
}
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T ].*)?")
_SERIAL = re.compile(r"[3-7]\d{4}(?:\.0*)?")
_SPREADSHEETS_BEGIN = date(1899, 12, 30)


def _day(text: str) -> date:
    if _SERIAL.fullmatch(text):
        return _SPREADSHEETS_BEGIN + timedelta(days=int(float(text)))
    matched = _DATE.fullmatch(text)
    if matched is None:
        raise ValueError(text)
    return date(int(matched[1]), int(matched[2]), int(matched[3]))


def _result(text: str) -> DecisionResult:
    found = _RESULTS.get(text.casefold())
    if found is None:
        raise ValueError(text)
    return found


_CODE: TypeAdapter[str] = TypeAdapter(Code)
_TEXT: TypeAdapter[str] = TypeAdapter(ShortText)

COLUMNS: Mapping[str, Column] = {
    "case_number": Column(
        "办件编号", "case number", True, _TEXT.validate_python, "请填写 1 至 200 个字符", "Give 1 to 200 characters"
    ),
    "item_code": Column(
        "事项编码", "item code", False, _CODE.validate_python, "请核对事项编码", "Check the item's code"
    ),
    "document_number": Column(
        "文号",
        "document number",
        False,
        _TEXT.validate_python,
        "请填写不超过 200 个字符",
        "Give at most 200 characters",
    ),
    "decided_on": Column(
        "办结日期", "decided on", True, _day, "请填写日期,如 2026-03-02", "Give a day like 2026-03-02"
    ),
    "result": Column(
        "办理结果",
        "result",
        True,
        _result,
        "请填写准予、不予、终止或撤回",
        "Give granted, refused, terminated or withdrawn",
    ),
}
"""The columns of a list, known by their Chinese or English headers or by the field's name."""

_HEADERS: Mapping[str, str] = {
    name.replace("_", " "): field for field, column in COLUMNS.items() for name in (field, column.zh, column.en)
}
_NO_HEADER = (
    "找不到表头;前 {within} 行中须有:{zh}",
    "There is no header; one of the first {within} rows must hold: {en}",
)
_NO_COLUMN = ("缺少“{zh}”一列", "The column “{en}” is missing")
_BLANK = ("不得为空", "It must not be blank")
_TWICE = ("与第 {line} 行的办件编号重复", "The case number is that of line {line}")
_OUTSIDE = ("不在对账期间内", "The day is not in the period")


def headers_known(cells: Sequence[str]) -> int:
    """How many of these cells are headers of a list."""
    return len(_places(cells))


class ReadList(NamedTuple):
    """A list as it was read, and everything that is wrong with it."""

    cases: tuple[ListedCase, ...]
    faults: tuple[ListFault, ...]


def read_list(lines: Iterable[Line], first_day: date, last_day: date) -> ReadList:
    """The cases of a list, or everything that is wrong with it, by line and column. Raises Unusable."""
    places: Mapping[str, int] = {}
    cases: list[ListedCase] = []
    faults: list[ListFault] = []
    for line in lines:
        if not places:
            places = _places(line.cells)
            if len(places) > 1:
                faults += _missing(places, line.number)
                continue
            places = {}
            if line.number < HEADER_WITHIN:
                continue
            break
        case, found = _case(line, places)
        faults += found
        if case is not None:
            cases.append(case)
    if not places:
        zh = "、".join(column.zh for column in COLUMNS.values() if column.needed)
        en = ", ".join(column.en for column in COLUMNS.values() if column.needed)
        words = (_NO_HEADER[0].format(within=HEADER_WITHIN, zh=zh), _NO_HEADER[1].format(within=HEADER_WITHIN, en=en))
        faults.append(ListFault(line=None, column=None, code="header_missing", zh=words[0], en=words[1]))
    return ReadList(tuple(cases), (*faults, *list_faults(cases, first_day, last_day)))


def list_faults(cases: Iterable[ListedCase], first_day: date, last_day: date) -> list[ListFault]:
    """What is wrong with the cases of a list among one another and in their period."""
    faults: list[ListFault] = []
    seen: dict[str, int] = {}
    for case in cases:
        number = normal(case.case_number)
        if number in seen:
            words = (_TWICE[0].format(line=seen[number]), _TWICE[1].format(line=seen[number]))
            faults.append(_fault(case.line, "case_number", "duplicate", words))
        seen.setdefault(number, case.line)
        if not first_day <= case.decided_on <= last_day:
            faults.append(_fault(case.line, "decided_on", "outside_period", _OUTSIDE))
    return faults


def _places(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        plain = unicodedata.normalize("NFKC", cell).strip().casefold().replace("_", " ")
        field = _HEADERS.get(plain)
        if field is not None:
            found.setdefault(field, place)
    return found


def _missing(places: Mapping[str, int], line: int) -> list[ListFault]:
    return [
        ListFault(
            line=line,
            column=field,
            code="column_missing",
            zh=_NO_COLUMN[0].format(zh=column.zh),
            en=_NO_COLUMN[1].format(en=column.en),
        )
        for field, column in COLUMNS.items()
        if column.needed and field not in places
    ]


def _case(line: Line, places: Mapping[str, int]) -> tuple[ListedCase | None, list[ListFault]]:
    values: dict[str, object] = {"line": line.number}
    faults: list[ListFault] = []
    for field, place in places.items():
        column = COLUMNS[field]
        cell = unicodedata.normalize("NFKC", line.cells[place] if place < len(line.cells) else "").strip()
        text = cell.removeprefix("'")
        if not text:
            faults += [_fault(line.number, field, "blank", _BLANK)] if column.needed else []
            continue
        try:
            values[field] = column.parse(text)
        except (ValueError, ValidationError):
            faults.append(_fault(line.number, field, "unreadable", (column.ask_zh, column.ask_en)))
    complete = all(field in values for field, column in COLUMNS.items() if column.needed)
    return (ListedCase.model_validate(values) if complete and not faults else None), faults


def _fault(line: int, field: str, code: str, words: tuple[str, str]) -> ListFault:
    return ListFault(line=line, column=field, code=code, zh=words[0], en=words[1])
