"""The bounds beyond which a sheet is refused before it does any harm, and the rows it is read into (R-REG-6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.kernel.sheets.faults import Unusable

HeadersKnown = Callable[[Sequence[str]], int]
"""How many of a row's cells are headers that somebody knows: which row is the header, what separates its cells."""

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
