"""An uploaded sheet as it is read: what it is, by its content, and its rows one by one (R-REG-6, R-HND-17)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

from shared.kernel.sheets.bounds import HeadersKnown, Line
from shared.kernel.sheets.faults import Unusable


class Format(StrEnum):
    """What an uploaded sheet may be."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: dict[Format, str] = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A sheet as it is read: what it is, in which words its bytes are told, its rows one by one."""

    format: Format
    lines: Iterator[Line]
    encoding: str | None = None
    separator: str | None = None


def open_upload(file: IO[bytes], headers_known: HeadersKnown) -> Upload:
    """What a file is, by its content and whatever it is called. Raises Unusable; so does reading its lines."""
    from shared.kernel.sheets import csv_files, xlsx_files  # noqa: PLC0415 - zip and XML only where files are read

    begins = file.read(8)
    file.seek(0)
    if begins.startswith(b"PK\x03\x04"):
        return Upload(Format.XLSX, xlsx_files.lines(file))
    if begins == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unusable("file_old_or_encrypted")
    text = csv_files.read_text(file, headers_known)
    return Upload(Format.CSV, csv_files.lines(text.content, text.separator), text.encoding, text.separator)
