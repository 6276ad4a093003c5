"""What is written into a sheet is there, or the file is refused: nothing is left out in silence (R-HND-16)."""

from collections.abc import Iterator

import pytest

from shared.kernel.sheets.writing import write_xlsx

ROWS, COLUMNS = 1_048_576, 16_384


def rows_before(last: list[str]) -> Iterator[list[str]]:
    """A sheet whose rows are empty, and one that is not below its last one."""
    yield from ([] for _ in range(ROWS))
    yield last


def test_a_row_below_the_last_one_of_a_sheet_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1048577 with a column 1"):
        b"".join(write_xlsx({"台账": rows_before(["SP-1"])}))


def test_a_cell_beside_the_last_column_is_refused() -> None:
    b"".join(write_xlsx({"台账": [["a"] * COLUMNS]}))
    with pytest.raises(ValueError, match="row 1 with a column 16385"):
        b"".join(write_xlsx({"台账": [["a"] * (COLUMNS + 1)]}))
