"""CSV files as they come from offices: UTF-8 with or without its mark, or GB18030; commas, semicolons or tabs.

Read field by field out of one text, with every bound checked at each field: a row of a million columns is refused at
the first column too many and never built (R-REG-6). RFC 4180 quotes; a quote inside an unquoted field is itself.
"""

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from shared.kernel.sheets.bounds import HEADER_WITHIN, LARGEST_FILE, Bounds, HeadersKnown, Line
from shared.kernel.sheets.faults import Unusable

SEPARATORS = (",", ";", "\t")

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MARK = b"\xef\xbb\xbf"
_SAMPLE = 64 * 1024
_MARKED = (("utf-8-sig", "UTF-8 BOM"),)
_UNMARKED = (("utf-8", "UTF-8"), ("gb18030", "GB18030"))


class Decoded(NamedTuple):
    """A file's text, the encoding it was in, what stands between its cells."""

    content: str
    encoding: str
    separator: str


def read_text(file: IO[bytes], headers_known: HeadersKnown) -> Decoded:
    """The text of a file. Raises Unusable where no encoding fits it wholly, or it is no text."""
    raw = file.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise Unusable("file_larger", most=LARGEST_FILE // 1024 // 1024)
    if not raw.strip():
        raise Unusable("file_empty")
    if raw.startswith(_UTF_16):
        raise Unusable("file_utf16")
    if b"\0" in raw:
        raise Unusable("file_nul")
    content, encoding = _decoded(raw)
    return Decoded(content, encoding, _separator(content, headers_known))


def lines(content: str, separator: str) -> Iterator[Line]:
    """The rows that hold anything. Raises Unusable at the first field that goes beyond the bounds."""
    bounds = Bounds()
    plain = re.compile(f"[^{re.escape(separator)}\r\n]*")
    at, number = 0, 0
    while at < len(content):
        number += 1
        cells: list[str] = []
        for place, (cell, end) in enumerate(_fields(content, at, separator, plain, number)):
            bounds.field(number, place)
            if cell:
                if not cells:
                    bounds.row()
                bounds.cell(number, place, len(cell))
                # Blank fields cost nothing until one follows that is not.
                cells += [""] * (place - len(cells))
                cells.append(cell)
            at = end
        at += 2 if content.startswith("\r\n", at) else 1
        if cells:
            yield Line(number, cells)


def _fields(content: str, at: int, separator: str, plain: "re.Pattern[str]", number: int) -> Iterator[tuple[str, int]]:
    """The fields of one row, each with where it ends."""
    while True:
        cell, at = _field(content, at, plain, number)
        yield cell, at
        if not content.startswith(separator, at):
            return
        at += 1


def _field(content: str, at: int, plain: "re.Pattern[str]", number: int) -> tuple[str, int]:
    """One field and where it ends."""
    if not content.startswith('"', at):
        matched = plain.match(content, at)
        end = matched.end() if matched else at
        return content[at:end], end
    start = end = at + 1
    while True:
        end = content.find('"', end)
        if end < 0:
            raise Unusable("file_quote_open", line=number)
        if not content.startswith('""', end):
            break
        end += 2
    rest = plain.match(content, end + 1)
    after = rest.end() if rest else end + 1
    return content[start:end].replace('""', '"') + content[end + 1 : after], after


def _decoded(raw: bytes) -> tuple[str, str]:
    for codec, name in _MARKED if raw.startswith(_MARK) else _UNMARKED:
        try:
            return raw.decode(codec), name
        except UnicodeDecodeError:
            continue
    raise Unusable("file_encoding")


def _separator(content: str, headers_known: HeadersKnown) -> str:
    """The separator under which the most headers are known."""
    rows = content[:_SAMPLE].splitlines()[:HEADER_WITHIN]

    def known(separator: str) -> int:
        return max(headers_known([each.strip('"') for each in row.split(separator, 300)]) for row in rows)

    return max(SEPARATORS, key=known)
