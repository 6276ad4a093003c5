"""What an uploaded sheet is read into, and the bounds beyond which it is refused before it does any harm (R-REG-6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

from services.registry.domain.faults import Words, words_of

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes of an uploaded file."""
MOST_ROWS = 20_000
"""Rows below the header."""
MOST_COLUMNS = 200
LONGEST_CELL = 8_000
"""Characters; the longest text of an item is half of that."""
MOST_FIELDS = 2_000_000
"""Cells of a whole file, blank ones too: what is read in one run of a function."""
WIDEST = 16_384
LAST_LINE = 1_048_576
"""What a spreadsheet has; blank cells and lines may stand that far."""
HEADER_WITHIN = 10
"""A title or two may stand above the header."""


class Format(StrEnum):
    """What an uploaded sheet may be."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: dict[Format, str] = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Unusable(Exception):
    """A file cannot be used at all; `code` is a key of FAULTS. Nothing of it was taken."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.words: Words = words_of(code, **{name: str(value) for name, value in params.items()})


@dataclass(frozen=True, slots=True)
class Line:
    """A row that holds anything: its number as spreadsheets count, its cells, the places of cells that are numbers."""

    number: int
    cells: Sequence[str]
    numbers: tuple[int, ...] = ()


@dataclass(slots=True)
class Bounds:
    """Counts what is read and refuses what is too much, as soon as it is."""

    rows: int = 0
    fields: int = 0

    def row(self) -> None:
        """A row that holds anything begins. Raises Unusable."""
        self.rows += 1
        if self.rows > MOST_ROWS + HEADER_WITHIN:
            raise Unusable("file_too_many_rows", most=MOST_ROWS)

    def field(self, line: int, place: int) -> None:
        """A cell, blank or not. Raises Unusable."""
        self.fields += 1
        if place >= WIDEST:
            raise Unusable("file_too_many_columns", line=line, most=MOST_COLUMNS)
        if self.fields > MOST_FIELDS:
            raise Unusable("file_too_many_cells", most=MOST_FIELDS)
        if line > LAST_LINE:
            raise Unusable("file_too_many_rows", most=MOST_ROWS)

    def cell(self, line: int, place: int, length: int) -> None:
        """A cell that holds anything. Raises Unusable."""
        if place >= MOST_COLUMNS:
            raise Unusable("file_too_many_columns", line=line, most=MOST_COLUMNS)
        if length > LONGEST_CELL:
            raise Unusable("file_cell_too_long", line=line, most=LONGEST_CELL)


@dataclass(frozen=True, slots=True)
class Upload:
    """A sheet as it is read: what it is, in which words its bytes are told, its rows one by one."""

    format: Format
    lines: Iterator[Line]
    encoding: str | None = None
    separator: str | None = None


def open_upload(file: IO[bytes]) -> Upload:
    """What a file is, by its content and whatever it is called. Raises Unusable; so does reading its lines."""
    from services.registry.domain import csv_files, xlsx_files  # noqa: PLC0415 - zip and XML only where files are read

    begins = file.read(8)
    file.seek(0)
    if begins.startswith(b"PK\x03\x04"):
        return Upload(Format.XLSX, xlsx_files.lines(file))
    if begins == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unusable("file_old_or_encrypted")
    text = csv_files.read_text(file)
    return Upload(Format.CSV, csv_files.lines(text.content, text.separator), text.encoding, text.separator)
