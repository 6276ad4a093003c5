"""The sheet as it came, with what is wrong with each row in a last column (R-REG-6).

CSV stays CSV, in UTF-8 with its mark, whatever it came in; XLSX stays XLSX. Every cell is a text and none a formula.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from tempfile import TemporaryFile

from services.registry.domain.columns import ERRORS
from services.registry.domain.judging import RowResult
from services.registry.domain.sheet import CellFault, guarded, read_header, unguarded
from services.registry.domain.uploads import Format, Line

Grid = Iterable[list[str]]

MOST_BLANK = 1_000
"""Blank lines between two rows that are kept; what is further apart moves together."""

LONGEST_TEXT = 32_767
"""Characters of one cell; spreadsheets refuse a workbook with a longer one."""

_PIECE = 1024 * 1024
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


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


def write_csv(grid: Grid, separator: str = ",") -> Iterator[bytes]:
    """A CSV file piece by piece."""
    yield "\ufeff".encode()
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    for cells in grid:
        writer.writerow([cell if cell.startswith('="') else _still_guarded(cell) for cell in cells])
        if text.tell() > _PIECE:
            yield _taken(text)
    yield _taken(text)


def write_xlsx(sheets: Mapping[str, Grid]) -> Iterator[bytes]:
    """An XLSX file piece by piece, a sheet for each title; every cell a text, formatted as one.

    What is in memory is one row: the rest lies in temporary files until it is packed.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 - only where workbooks are written

    with TemporaryFile() as file:
        with Workbook(file, {"constant_memory": True}) as book:
            text = book.add_format({"num_format": "@"})
            for title, grid in sheets.items():
                sheet = book.add_worksheet(title)
                for row, cells in enumerate(grid):
                    for column, cell in enumerate(cells):
                        if cell:
                            sheet.write_string(row, column, _writable(cell), text)
        file.seek(0)
        yield from iter(lambda: file.read(_PIECE), b"")


def _writable(cell: str) -> str:
    """What XML can hold and a cell has room for."""
    return _NO_XML.sub("\ufffd", cell)[:LONGEST_TEXT]


def give_back(format_: Format, grid: Grid, separator: str | None) -> Iterator[bytes]:
    """The file in the format it came in."""
    if format_ is Format.CSV:
        return write_csv(grid, separator or ",")
    return write_xlsx({"清单": ([unguarded(cell) for cell in cells] for cells in grid)})


def _words(fault: CellFault) -> str:
    place = f"{fault.header}({fault.column}):" if fault.column else ""
    return f"{place}{fault.zh} {fault.en}"


def _still_guarded(cell: str) -> str:
    """A cell as it came, or with an apostrophe where it came without one and would be a formula."""
    return cell if cell.startswith("'") else guarded(cell)


def _taken(text: io.StringIO) -> bytes:
    found = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return found
