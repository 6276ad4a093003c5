"""The sheet as it came, with what is wrong with each row in a last column (R-REG-6).

CSV stays CSV, in UTF-8 with its mark, whatever it came in; XLSX stays XLSX. Every cell is a text and none a formula.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from tempfile import TemporaryFile
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from services.registry.domain.columns import ERRORS
from services.registry.domain.judging import RowResult
from services.registry.domain.sheet import CellFault, guarded, read_header, unguarded
from services.registry.domain.uploads import Format, Line

Grid = Iterable[list[str]]

MOST_BLANK = 1_000
"""Blank lines between two rows that are kept; what is further apart moves together."""

_PIECE = 1024 * 1024
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


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

    Written by hand, since a library takes ten times as long and a step has seconds (ECMA-376, inline strings).
    """
    with TemporaryFile() as file:
        with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in _frame(list(sheets)).items():
                archive.writestr(name, _HEAD + content)
            for number, grid in enumerate(sheets.values(), start=1):
                with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as entry:
                    for piece in _sheet(grid):
                        entry.write(piece.encode())
        file.seek(0)
        yield from iter(lambda: file.read(_PIECE), b"")


def _frame(titles: Sequence[str]) -> dict[str, str]:
    """The entries of a workbook that hold no cells."""
    numbers = range(1, len(titles) + 1)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{each}.xml" ContentType="{_KIND}.worksheet+xml"/>' for each in numbers
    )
    sheets = "".join(
        f'<sheet name="{escape(title)}" sheetId="{each}" r:id="rId{each}"/>'
        for each, title in zip(numbers, titles, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{each}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{each}.xml"/>'
        for each in numbers
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        # The second format, 49, is text.
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    }


def _sheet(grid: Grid) -> Iterator[str]:
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'
    for cells in grid:
        yield f"<row>{''.join(map(_cell, cells))}</row>"
    yield "</sheetData></worksheet>"


def _cell(text: str) -> str:
    if not text:
        return "<c/>"
    # A carriage return would be read as a line feed, and what looks like an escape as the character it names.
    shown = _NO_XML.sub("\ufffd", _LOOKS_ESCAPED.sub("_x005F_", text)).replace("\r", "_x000D_")
    return f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{escape(shown)}</t></is></c>'


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
