"""Logs as folders and zips, to be verified offline (R-AUD-4)."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.audit.domain.exports import Range, tiles_for
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log
from shared.contracts.event import Envelope
from shared.kernel.tiles import TILE_WIDTH, Bundle, new_bundles
from tests.support.audit_builders import NOW, a_log, messages
from tests.support.verification_builders import files_of_log


def a_sealed_log(given: Sequence[Envelope], batch: int = 300) -> Log:
    """A log of some envelopes, in that order, in memory."""
    log = a_log()
    for begin in range(0, len(given), batch):
        seal(log, messages(given[begin : begin + batch]), NOW)
    return log


def published_files(log: Log) -> dict[str, bytes]:
    """The files of a log that anybody may read."""
    return {path: content for path, content in files_of_log(log).items() if not path.startswith("staging/")}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Files as a folder."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def write_range(file: Path, files: Mapping[str, bytes], start: int, end: int, size: int) -> Path:
    """The zip of a range of a log, as audit exports it."""
    wanted = [tile.path for tile in tiles_for(Range(start, end), size)]
    wanted += [
        bundle.path
        for bundle in (Bundle(n, min(TILE_WIDTH, size - n * TILE_WIDTH)) for n in range(start // 256, -(-end // 256)))
    ]
    assert new_bundles(0, size)
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("checkpoint", files["checkpoint"])
        packed.writestr("range.json", json.dumps({"start": start, "end": end, "size": size}))
        for path in wanted:
            packed.writestr(path, files[path])
    return file
