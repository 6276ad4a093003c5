"""Tables as files that spreadsheets open: CSV in UTF-8 with its mark, XLSX; every cell a text and none a formula.

Both are written row by row, so that what is in memory does not grow with the table.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from tempfile import TemporaryFile

Grid = Iterable[list[str]]
"""Rows of cells."""

LONGEST_TEXT = 32_767
"""Characters of one cell; spreadsheets refuse a workbook with a longer one."""

_PIECE = 1024 * 1024
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_GUARDED = tuple("'=+-@\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for a formula, and the apostrophe that says it is none."""


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what might be one."""
    return f"'{cell}" if cell[:1] in _GUARDED else cell


def unguarded(cell: str) -> str:
    """What was guarded, as it was."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _GUARDED else cell


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

    What is in memory is one row: the rest lies in temporary files until it is packed. Raises ValueError for a cell that
    has no place in a sheet, which has 1,048,576 rows and 16,384 columns: nothing is left out of a file in silence.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 - only where workbooks are written

    with TemporaryFile() as file:
        with Workbook(file, {"constant_memory": True}) as book:
            text = book.add_format({"num_format": "@"})
            for title, grid in sheets.items():
                sheet = book.add_worksheet(title)
                for row, cells in enumerate(grid):
                    for column, cell in enumerate(cells):
                        if cell and sheet.write_string(row, column, _writable(cell), text):
                            raise ValueError(f"no sheet has a row {row + 1} with a column {column + 1}")
        file.seek(0)
        yield from iter(lambda: file.read(_PIECE), b"")


def _writable(cell: str) -> str:
    """What XML can hold and a cell has room for."""
    return _NO_XML.sub("\ufffd", cell)[:LONGEST_TEXT]


def _still_guarded(cell: str) -> str:
    """A cell as it came, or with an apostrophe where it came without one and would be a formula."""
    return cell if cell.startswith("'") else guarded(cell)


def _taken(text: io.StringIO) -> bytes:
    found = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return found
