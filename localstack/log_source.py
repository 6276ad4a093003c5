"""Where `shenguan verify` reads a log from: a folder, a zip of an exported range, an address (C2SP tlog-tiles).

No file is read further than one byte beyond what it can have, so that whoever wrote the log decides neither on memory
nor on time; one that is longer is damaged, as any other of a wrong length.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import httpx

from localstack.bounded import TooLongError, beginning, downloaded
from shared.contracts.model import Contract
from shared.kernel.merkle import HASH_SIZE
from shared.kernel.notes import LARGEST_NOTE
from shared.kernel.tiles import LONGEST_ENTRY, TILE_WIDTH

CHECKPOINT = "checkpoint"
RANGE_FILE = "range.json"

_AT_ONCE = 16
_MOST_HELD = 256_000_000
"""Bytes of files that were loaded and not read yet; the rest is asked for when its turn comes."""
_TIMEOUT_SECONDS = 30

_LONGEST = (
    ("tile/entries/", TILE_WIDTH * (2 + LONGEST_ENTRY)),
    ("tile/", TILE_WIDTH * HASH_SIZE),
    ("", LARGEST_NOTE),
)
"""Bytes that a file can have, by how its path begins; the first that fits."""

_UNPACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_NO_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, struct.error)
"""What Python's zip reader raises for one that is damaged, encrypted or packed in a way it does not know."""


class LogRange(Contract):
    """Which entries of a log are there: `start` up to `end`, exclusive, of one that has `size`."""

    start: int
    end: int
    size: int


class LogUnreadableError(OSError):
    """A log could not be read; the text says why. It is no finding: the files may be in order."""


class LogSource(Protocol):
    """A log's files. Sources are sent to other processes, so each opens what it needs by itself."""

    @property
    def parallel(self) -> bool:
        """Whether to hash in several processes pays: not where the network is what takes its time."""

    def read(self, path: str) -> bytes | None:
        """A file, None where there is none. Raises LogUnreadableError."""

    def load(self, paths: Iterable[str]) -> None:
        """Files that will be asked for next."""


@dataclass(frozen=True)
class FolderSource:
    """A log in a folder."""

    folder: Path
    parallel: bool = True

    def read(self, path: str) -> bytes | None:
        """A file of the folder; what is no file, such as a pipe, is none."""
        file = self.folder / path
        return beginning(file, longest(path)) if file.is_file() else None

    def load(self, paths: Iterable[str]) -> None:
        """Nothing: the disk is near."""


@dataclass(frozen=True)
class ZipSource:
    """A log in a zip, as audit exports a range of it."""

    file: Path
    parallel: bool = True

    def __getstate__(self) -> dict[str, object]:
        """Without the open file."""
        return {"file": self.file, "parallel": self.parallel}

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.file)

    def read(self, path: str) -> bytes | None:
        """A file of the zip."""
        try:
            held = self._zip.getinfo(path)
            if held.compress_type not in _UNPACKED:
                raise LogUnreadableError(f"{path} in {self.file}: packed in a way that is not read here")
            with self._zip.open(held) as file:
                return file.read(longest(path) + 1)
        except KeyError:
            return None
        except _NO_ZIP as error:
            raise LogUnreadableError(f"{path} in {self.file}: {error}") from error

    def load(self, paths: Iterable[str]) -> None:
        """Nothing: the disk is near."""


@dataclass(frozen=True)
class WebSource:
    """A published log under an address, as `https://…/audit/v1`."""

    url: str
    parallel: bool = False
    _held: dict[str, bytes | None] = field(default_factory=dict, repr=False)

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=True, headers={"Accept": "*/*"})

    def read(self, path: str) -> bytes | None:
        """A file of the log, asked for unless it was loaded."""
        if path not in self._held:
            return self._get(path)
        return self._held[path]

    def load(self, paths: Iterable[str]) -> None:
        """Ask for several files at once; what was loaded before is forgotten."""
        self._held.clear()
        sizes: list[int] = []

        def fetch(path: str) -> None:
            if sum(sizes) < _MOST_HELD:
                found = self._held[path] = self._get(path)
                sizes.append(len(found or b""))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(fetch, dict.fromkeys(paths)):
                pass

    def _get(self, path: str) -> bytes | None:
        try:
            status, content = downloaded(self._client, f"{self.url.rstrip('/')}/{path}", longest(path))
        except (httpx.HTTPError, httpx.InvalidURL, TooLongError) as error:
            raise LogUnreadableError(f"{self.url}: {error}") from error
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            raise LogUnreadableError(f"{self.url}/{path} answered {status}")
        return content


def longest(path: str) -> int:
    """How many bytes a log's file of that path can have."""
    return next(most for begins, most in _LONGEST if path.startswith(begins))


def log_at(target: str) -> LogSource | None:
    """The log that is at a place; None where it is no folder, zip or address."""
    if target.startswith(("https://", "http://")):
        return WebSource(target)
    path = Path(target)
    if path.is_dir():
        return FolderSource(path)
    if path.is_file() and zipfile.is_zipfile(path):
        return ZipSource(path)
    return None
