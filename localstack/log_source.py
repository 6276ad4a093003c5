"""Where `shenguan verify` reads a log from: a folder, a zip of an exported range, an address (C2SP tlog-tiles)."""

import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import httpx

from shared.contracts.model import Contract

CHECKPOINT = "checkpoint"
RANGE_FILE = "range.json"

_AT_ONCE = 16
_TIMEOUT_SECONDS = 30


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
        """A file of the folder."""
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

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
            return self._zip.read(path)
        except KeyError:
            return None
        except (zipfile.BadZipFile, EOFError) as error:
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
        wanted = list(dict.fromkeys(paths))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self._held.update(zip(wanted, pool.map(self._get, wanted), strict=True))

    def _get(self, path: str) -> bytes | None:
        try:
            answer = self._client.get(f"{self.url.rstrip('/')}/{path}")
        except httpx.HTTPError as error:
            raise LogUnreadableError(f"{self.url}: {error}") from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.status_code != HTTPStatus.OK:
            raise LogUnreadableError(f"{self.url}/{path} answered {answer.status_code}")
        return answer.content


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
