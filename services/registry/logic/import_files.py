"""The two ends of an import's file: read into parts of rows, and given back with what is wrong with them (R-REG-6)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import IO

from services.registry.domain.faults import words_of
from services.registry.domain.given_back import give_back, with_errors, words_for
from services.registry.domain.imports import PART_ROWS, Counters, Import, Part, Phase, Refusal
from services.registry.domain.judging import Row
from services.registry.domain.sheet import CellFault, Header, code_text, headers_known, read_header
from services.registry.logic.imports import results_of
from shared.contracts.change import Context
from shared.contracts.files import FileStore
from shared.contracts.imports import ImportState
from shared.contracts.model import Contract
from shared.kernel.sheets.bounds import HEADER_WITHIN, MOST_ROWS, Line
from shared.kernel.sheets.faults import Unusable
from shared.kernel.sheets.uploads import MEDIA_TYPES, open_upload

LINES = "application/x-ndjson"

_HASHED_AT_ONCE = 1024 * 1024


class _HeaderFaulty(Exception):
    def __init__(self, faults: tuple[CellFault, ...]) -> None:
        super().__init__()
        self.faults = faults


def read_file(files: FileStore, context: Context, found: Import) -> Import:
    """Write the file's rows in parts; or refuse the file. What is read is what was declared, byte for byte."""
    try:
        with files.local(found.content_key) as file:
            _check_hash(found, file)
            return _read(files, found, file)
    except KeyError:
        refusal = Refusal.of("file_changed", words_of("file_changed"))
    except Unusable as unusable:
        refusal = Refusal.of(unusable.code, unusable.words)
    except _HeaderFaulty as faulty:
        refusal = Refusal.of("file_header", words_of("file_header"), faulty.faults)
    return found.at(None, state=ImportState.REFUSED, refusal=refusal, finished_at=context.now)


def write_sheet(files: FileStore, found: Import) -> None:
    """Write the sheet that is given back."""
    told = {
        result.line: words_for(result)
        for part in found.parts
        if part.counters.bad or part.counters.warned
        for result in results_of(files, part)
    }
    with files.local(found.content_key) as file:
        _check_hash(found, file)
        upload = open_upload(file, headers_known)
        grid = with_errors(upload.lines, found.header_line, found.header, told)
        files.write(found.sheet_key, give_back(upload.format, grid, upload.separator), MEDIA_TYPES[upload.format])


def doubles_of(files: FileStore, found: Import) -> Mapping[int, int]:
    """Lines whose code another line holds too, each with that other one."""
    return {int(line): other for line, other in json.loads(files.read(found.doubles_key)).items()}


def rows_of(files: FileStore, found: Import, part: int) -> list[Row]:
    """The rows of a part as they were read."""
    return [Row.model_validate_json(line) for line in files.read(found.rows_key(part)).splitlines()]


def as_lines(values: Iterable[Contract]) -> bytes:
    """Values as JSON, a line for each."""
    return "\n".join(each.model_dump_json() for each in values).encode()


def _check_hash(found: Import, file: IO[bytes]) -> None:
    """Whoever still holds the upload link may have sent other bytes since they were checked."""
    digest = hashlib.sha256()
    for piece in iter(lambda: file.read(_HASHED_AT_ONCE), b""):
        digest.update(piece)
    file.seek(0)
    if digest.hexdigest() != found.sha256:
        raise Unusable("file_changed")


def _read(files: FileStore, found: Import, file: IO[bytes]) -> Import:
    upload = open_upload(file, headers_known)
    header_line, header, lines = _below_header(upload.lines)
    parts: list[Part] = []
    seen: dict[str, int] = {}
    doubles: dict[int, int] = {}
    for rows in _in_parts(lines):
        files.put(found.rows_key(len(parts)), as_lines(Row.of(each) for each in rows), LINES)
        parts.append(Part(counters=Counters(rows=len(rows))))
        for row in rows:
            code = code_text(row.cells, header)
            first = seen.setdefault(code, row.number) if code else row.number
            if first != row.number:
                doubles[row.number] = first
                doubles.setdefault(first, row.number)
    if not parts:
        raise Unusable("file_no_rows")
    files.put(found.doubles_key, json.dumps(doubles).encode(), "application/json")
    return found.at(
        Phase.CHECK,
        format=upload.format,
        encoding=upload.encoding,
        separator=upload.separator,
        header_line=header_line,
        header=header.texts,
        parts=tuple(parts),
    )


def _below_header(lines: Iterator[Line]) -> tuple[int, Header, Iterator[Line]]:
    """The header's line, the header, and the rows below it; a title may stand above."""
    first: tuple[CellFault, ...] | None = None
    for line in islice(lines, HEADER_WITHIN):
        header, faults = read_header(line.cells)
        if header.place("code") is not None:
            if faults:
                raise _HeaderFaulty(faults)
            return line.number, header, lines
        first = first or faults
    raise _HeaderFaulty(first) if first else Unusable("file_empty")


def _in_parts(lines: Iterator[Line]) -> Iterator[list[Line]]:
    read = 0
    while part := list(islice(lines, PART_ROWS)):
        read += len(part)
        if read > MOST_ROWS:
            raise Unusable("file_too_many_rows", most=MOST_ROWS)
        yield part
