"""The log's files for its checks: several are fetched at once, and one that has gone is an answer (R-AUD-4)."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from services.audit.ports.log import Missing, Objects


class LogFiles:
    """The content of the log's files by path, None where there is none. What was loaded is kept: make one per range."""

    def __init__(self, objects: Objects, at_once: int) -> None:
        self._objects = objects
        self._at_once = at_once
        self._held: dict[str, bytes | None] = {}

    def load(self, paths: Iterable[str]) -> None:
        """Fetch files before they are asked for."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._held]
        if self._at_once == 1:
            self._held.update((path, self._read(path)) for path in wanted)
            return
        with ThreadPoolExecutor(self._at_once) as pool:
            self._held.update(zip(wanted, pool.map(self._read, wanted), strict=True))

    def __call__(self, path: str) -> bytes | None:
        """One file's content."""
        if path not in self._held:
            self._held[path] = self._read(path)
        return self._held[path]

    def _read(self, path: str) -> bytes | None:
        try:
            return self._objects.read(path)
        except Missing:
            return None
