"""Writing one part of an export: a range of the log, with all that is needed to judge it (R-AUD-5, R-AUD-7).

The same range of the same log gives the same files, whoever writes it and how often. What is damaged is exported as it
is, and what is gone is said to be: a part is evidence also of that.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Final

from services.audit.domain.export_files import RANGE, READ_ME, TABLE, Line, read_me, table
from services.audit.domain.exports import ExportPart, LogExport, Range, tiles_for
from services.audit.logic.ahead import read_ahead
from services.audit.logic.dockets import docketed
from services.audit.logic.reading import content
from services.audit.ports.log import Log, Missing
from shared.contracts.files import FileStore
from shared.kernel.tiles import TILE_WIDTH, Bundle, Tile, TileError, decode_bundle

_MEDIA: Final = "application/zip"
_PIECE: Final = 1024 * 1024
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""Zips know the time of each file; the same file has the same."""


def write_part(log: Log, files: FileStore, export: LogExport, part: Range, number: int) -> ExportPart:
    """Write a part to its place; what is to be told of it."""
    size = export.size or 0
    with TemporaryFile() as file:
        writing = _Writing(log, export, part, size, file)
        events = writing.write(number)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        length = files.write(export.key_of(number), iter(lambda: file.read(_PIECE), b""), _MEDIA)
    return ExportPart(
        number=number,
        start=part.start,
        end=part.end,
        events=events,
        bytes=length,
        sha256=digest,
        missing=len(writing.missing),
    )


class _Writing:
    """One part being written to a local file."""

    def __init__(self, log: Log, export: LogExport, part: Range, size: int, file: IO[bytes]) -> None:
        bundles = range(part.start // TILE_WIDTH, -(-part.end // TILE_WIDTH))
        self.bundles = [Bundle(number, min(TILE_WIDTH, size - number * TILE_WIDTH)) for number in bundles]
        self.tiles = tiles_for(part, size)
        self.log = read_ahead(log, (*self.bundles, *self.tiles))
        self.export = export
        self.part = part
        self.size = size
        self.zip = zipfile.ZipFile(file, "w")
        self.missing: list[str] = []
        self.events = 0

    def write(self, number: int) -> int:
        """Everything; how many events of the export's days."""
        log, part = self.log, self.part
        with self.zip, TemporaryFile() as lines:
            self._put("checkpoint", (log.ledger.checkpoint(self.size) or "").encode())
            self._put(RANGE, json.dumps({"start": part.start, "end": part.end, "size": self.size}).encode())
            for tile in self.tiles:
                self._copy(tile)
            for piece in table(self._lines()):
                lines.write(piece)
            lines.seek(0)
            with self.zip.open(_named(TABLE), "w") as there:
                for piece in iter(lambda: lines.read(_PIECE), b""):
                    there.write(piece)
            told = read_me(self.export, part, number, log.signer.key.name, self.missing)
            self._put(READ_ME, b"\xef\xbb\xbf" + told.replace("\n", "\r\n").encode())
        return self.events

    def _lines(self) -> Iterator[Line]:
        """Copies bundle after bundle, and answers the events of the days asked for."""
        for bundle in self.bundles:
            try:
                entries = decode_bundle(self._copy(bundle))
            except TileError:
                continue
            for entry in docketed(self.log, enumerate(entries, bundle.start)):
                if entry.envelope and self.export.since <= entry.envelope.time < self.export.until:
                    self.events += 1
                    yield Line(entry.index, entry.envelope, entry.docket, entry.hash, entry.intact)

    def _copy(self, named: Tile | Bundle) -> bytes:
        """Copy a file of the log into the part; nothing where it has gone."""
        try:
            found = content(self.log, named)
        except Missing:
            self.missing.append(named.path)
            return b""
        self._put(named.path, found)
        return found

    def _put(self, name: str, what: bytes) -> None:
        self.zip.writestr(_named(name), what)


def _named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _LONG_AGO)
    # Hashes cannot be made smaller.
    hashes = name.startswith("tile/") and not name.startswith("tile/entries/")
    info.compress_type = zipfile.ZIP_STORED if hashes else zipfile.ZIP_DEFLATED
    return info
