"""What one row of an import does: create, change, say what is there already; or what is wrong with it (R-REG-6)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.registry.domain.cells import Directory, Reading
from services.registry.domain.content import item_faults, warnings_of
from services.registry.domain.differences import Difference, Names, differences
from services.registry.domain.faults import fault
from services.registry.domain.imports import Counters, Outcome
from services.registry.domain.items import EDIT, ItemFile, check_move, check_named
from services.registry.domain.jurisdiction import Jurisdiction
from services.registry.domain.sheet import CellFault, Header, Parsed, build, flat, missing, parse_row
from shared.contracts.items import Item, ItemContent
from shared.contracts.model import Contract, Identifier
from shared.kernel.errors import Fault, Refused
from shared.kernel.sheets.bounds import Line


class Row(Contract):
    """A row as it was read."""

    line: int
    cells: tuple[str, ...]
    numbers: tuple[int, ...] = ()

    @classmethod
    def of(cls, line: Line) -> "Row":
        """The row of a line."""
        return cls(line=line.number, cells=tuple(line.cells), numbers=line.numbers)


class RowResult(Contract):
    """What a row does, or what is wrong with it; to which item, as it stood at which revision."""

    line: int
    code: str | None
    outcome: Outcome
    faults: tuple[CellFault, ...] = ()
    warnings: tuple[CellFault, ...] = ()
    differences: tuple[Difference, ...] = ()
    item_id: Identifier | None = None
    revision: int = 0
    content: ItemContent | None = None
    """What is to be written; nothing where nothing is."""


class RowPublication(Contract):
    """Whether a row's item was published, and why not."""

    line: int
    published: bool
    code: str | None = None
    zh: str | None = None
    en: str | None = None


_OTHERWISE_TOLD = frozenset({"duty_document_missing"})
"""What no column can cure, and what would stand in every row of a list."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a row's code: its item, another line that holds it, whether it is promised to somebody."""

    file: ItemFile | None
    double: int | None = None
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """What rows are judged by: whose list it is, the sheet's header, the departments, what was decided here."""

    bureau: str
    header: Header
    directory: Directory
    jurisdiction: Jurisdiction
    now: datetime

    def read(self, row: Row) -> Parsed:
        """What a row says."""
        return parse_row(row.cells, self.header, self._reading(), row.numbers)

    def judge(self, row: Row, parsed: Parsed, known: Known, new_id: str) -> RowResult:
        """What a row does to the item that holds its code, or to a new one."""
        file = known.file
        code = code_of(parsed)
        result = RowResult(line=row.line, code=code, outcome=Outcome.SAME, warnings=parsed.warnings)
        faults = [*parsed.faults]
        if known.double is not None:
            faults.append(self.header.fault("code", str(code), "row_code_twice", line=str(known.double)))
        if known.reserved:
            faults.append(self.header.fault("code", str(code), "row_code_reserved"))
        if file is not None and file.newest.approval_department != self.bureau:
            faults.append(self.header.fault("code", str(code), "row_other_bureau"))
        if file is None and not faults:
            faults += missing(parsed.values)
        if faults:
            return result.model_copy(update={"outcome": Outcome.BAD, "faults": tuple(faults)})
        values = {**(flat(file.newest) if file else {}), **parsed.values}
        return self._judged(row, result, file, build(values), new_id)

    def _judged(
        self, row: Row, result: RowResult, file: ItemFile | None, content: ItemContent, new_id: str
    ) -> RowResult:
        before = file.newest if file else None
        item = drafted(content, file, new_id, self.now)
        found = differences(before, item, self._names()) if before else ()
        if before is not None and not found:
            return result.model_copy(update={"item_id": file.item_id if file else None})
        faults = tuple(self.header.told(each, row.cells) for each in self._faults(file, item))
        warned = [
            each
            for each in warnings_of(item, self.directory.departments, item.documents)
            if each.code not in _OTHERWISE_TOLD
        ]
        changed = {
            "outcome": Outcome.BAD if faults else (Outcome.CHANGE if before else Outcome.CREATE),
            "faults": faults,
            "warnings": (*result.warnings, *(self.header.told(each, row.cells) for each in warned)),
            "differences": found,
            "item_id": item.item_id,
            "revision": file.revision if file else 0,
            "content": None if faults else content,
        }
        return result.model_copy(update=changed)

    def _faults(self, file: ItemFile | None, item: Item) -> Collection[Fault]:
        if item.approval_department != self.bureau:
            return (fault("/approval_department", "row_other_bureau"),)
        found = [*item_faults(item, self.directory.departments, self.jurisdiction)]
        for check in _CHECKS:
            try:
                check(file, item, self.now)
            except Refused as refused:
                found += refused.faults or (Fault("/code", refused.code, refused.zh, refused.en),)
        return found

    def _reading(self) -> Reading:
        return Reading(self.directory, self.jurisdiction.item_types)

    def _names(self) -> Names:
        return Names(
            {identifier: each.name for identifier, each in self.directory.departments.items()},
            self.jurisdiction.item_types,
        )


def _check_edit(file: ItemFile | None, _: Item, now: datetime) -> None:
    if file is not None:
        check_move(file, EDIT, now)


def _check_named(file: ItemFile | None, item: Item, _: datetime) -> None:
    check_named(file, item)


_CHECKS: Sequence[Callable[[ItemFile | None, Item, datetime], None]] = (_check_edit, _check_named)
"""What the rules of editing say to a draft; its code is that of the item, by which it was found."""


def code_of(parsed: Parsed) -> str | None:
    """The code a row names, or None where it names none."""
    code = parsed.values.get("code")
    return code if isinstance(code, str) else None


def drafted(content: ItemContent, file: ItemFile | None, item_id: str, now: datetime) -> Item:
    """The draft a row makes; duty documents stay as they are, for a sheet only names them."""
    return Item(
        item_id=file.item_id if file else item_id,
        version=file.next_version if file else 1,
        effective_from=now,
        documents=file.newest.documents if file else (),
        **dict(content),
    )


def counted(results: Collection[RowResult]) -> Counters:
    """How many rows do what."""
    by_outcome: Mapping[str, int] = {each.value: sum(result.outcome is each for result in results) for each in Outcome}
    warned = sum(bool(result.warnings) for result in results)
    return Counters(rows=len(results), warned=warned, **by_outcome)
