"""The sheet as it came, with what is wrong with each row in a last column (R-REG-6).

CSV stays CSV, in UTF-8 with its mark, whatever it came in; XLSX stays XLSX. Every cell is a text and none a formula.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat

from services.registry.domain.columns import ERRORS
from services.registry.domain.judging import RowResult
from services.registry.domain.sheet import CellFault, read_header
from shared.kernel.sheets.bounds import Line
from shared.kernel.sheets.uploads import Format
from shared.kernel.sheets.writing import Grid, unguarded, write_csv, write_xlsx

MOST_BLANK = 1_000
"""Blank lines between two rows that are kept; what is further apart moves together."""


def with_errors(lines: Iterable[Line], header_line: int, header: tuple[str, ...], told: Mapping[int, str]) -> Grid:
    """The rows of a sheet with a last column that says what is wrong; a column that said so before is written over."""
    known = read_header(header)[0].place(ERRORS.path)
    place = len(header) if known is None else known
    last = 0
    for line in lines:
        yield from repeat([], min(line.number - last - 1, MOST_BLANK))
        last = line.number
        text = " / ".join(ERRORS.header) if line.number == header_line else told.get(line.number, "")
        cells = [*line.cells, *repeat("", place + 1 - len(line.cells))]
        cells[place] = text if line.number >= header_line else cells[place]
        yield cells


def words_for(result: RowResult) -> str:
    """What is wrong with a row, and what is odd about it, in both languages."""
    faults = [_words(each) for each in result.faults]
    return "\n".join([*faults, *(f"提示 note: {_words(each)}" for each in result.warnings)])


def give_back(format_: Format, grid: Grid, separator: str | None) -> Iterator[bytes]:
    """The file in the format it came in."""
    if format_ is Format.CSV:
        return write_csv(grid, separator or ",")
    return write_xlsx({"清单": ([unguarded(cell) for cell in cells] for cells in grid)})


def _words(fault: CellFault) -> str:
    place = f"{fault.header}({fault.column}):" if fault.column else ""
    return f"{place}{fault.zh} {fault.en}"
