"""The public list as files anybody can download: CSV, XLSX and JSON, written item by item (R-REG-5).

Each writer takes the items as they come and gives bytes as they come, so that what is in memory does not grow with the
list. CSV and XLSX have the columns of the import's sheet and can be read in again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.registry.domain.cells import Reading
from services.registry.domain.lists import PublicItem
from services.registry.domain.sheet import format_row, headers
from shared.contracts.model import Contract, Instant, Sha256
from shared.kernel.clock import to_text
from shared.kernel.sheets.writing import unguarded, write_csv, write_xlsx


class Format(StrEnum):
    """What an export is written in."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class ExportedFile(Contract):
    """One file of an export: where it lies, how large it is, and by which hash it is known."""

    key: str
    size: int
    sha256: Sha256


class Export(Contract):
    """The whole public list as it was at an instant, in every format."""

    as_of: Instant
    items: int
    files: dict[Format, ExportedFile]


class Owed(Contract):
    """That an export is owed: since when, when it is due, and how often the list changed since it was first owed."""

    since: Instant
    due_at: Instant
    changes: int


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: items, as often as they are asked for, as they were at an instant, told in these words."""

    items: Callable[[], Iterable[PublicItem]]
    as_of: datetime
    reading: Reading


def _rows(table: Table) -> Iterator[list[str]]:
    yield headers(table.reading.language)
    for item in table.items():
        yield format_row(item.item, table.reading)


def _csv(table: Table) -> Iterator[bytes]:
    """UTF-8 with its mark, which spreadsheets need to see Chinese; no cell is taken for a formula."""
    return write_csv(_rows(table))


def _xlsx(table: Table) -> Iterator[bytes]:
    """A workbook whose every cell is text, so that no spreadsheet rounds a long code or computes a formula."""
    return write_xlsx({"事项清单": ([unguarded(cell) for cell in row] for row in _rows(table))})


def _json(table: Table) -> Iterator[bytes]:
    """One object: `as_of`, and the items as the public list shows them, one a line."""
    yield f'{{"as_of": "{to_text(table.as_of)}", "items": ['.encode()
    between = "\n"
    for item in table.items():
        yield f"{between}{item.model_dump_json()}".encode()
        between = ",\n"
    yield b"\n]}\n"


@dataclass(frozen=True, slots=True)
class Writer:
    """How a format is written, and what its files are."""

    media_type: str
    pieces: Callable[[Table], Iterator[bytes]]


WRITERS: Mapping[Format, Writer] = {
    Format.CSV: Writer("text/csv; charset=utf-8", _csv),
    Format.XLSX: Writer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    Format.JSON: Writer("application/json", _json),
}
"""Every format there is."""
