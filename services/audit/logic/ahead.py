"""Reading many of the log's files at once: a case's entries may lie in a thousand of them, and each is a round trip."""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from services.audit.logic.reading import content
from services.audit.ports.log import Log, Missing, Objects
from shared.kernel.notes import VerifierKey
from shared.kernel.tiles import TILE_WIDTH, Bundle, Tile

AT_ONCE: Final = 10
"""Reads under way together: as many as boto3 keeps connections for one client."""

_FEW: Final = 8
"""So few are read one by one when they are needed."""


def read_ahead(log: Log, files: Iterable[Tile | Bundle]) -> Log:
    """The same log with these files read already. One that has gone is found missing when it is needed."""
    named = {each.path: each for each in files}
    if len(named) <= _FEW:
        return log

    def read(each: Tile | Bundle) -> bytes | None:
        try:
            return content(log, each)
        except Missing:
            return None

    with ThreadPoolExecutor(AT_ONCE) as together:
        contents = zip(named, together.map(read, named.values()), strict=True)
        held = {path: found for path, found in contents if found is not None}
    return replace(log, objects=_Ahead(log.objects, held))


def around(index: int, size: int) -> tuple[Bundle, Tile]:
    """The two files that hold an entry, and its leaf hash, in a log of that size."""
    number = index // TILE_WIDTH
    width = min(TILE_WIDTH, size - number * TILE_WIDTH)
    return Bundle(number, width), Tile(0, number, width)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Objects of which some were read already."""

    objects: Objects
    held: Mapping[str, bytes]

    def read(self, path: str) -> bytes:
        found = self.held.get(path)
        return self.objects.read(path) if found is None else found

    def link(self, path: str) -> str:
        return self.objects.link(path)

    def put(self, path: str, content: bytes) -> None:
        self.objects.put(path, content)

    def put_checkpoint(self, note: str, key: VerifierKey) -> None:
        self.objects.put_checkpoint(note, key)

    def below(self, prefix: str) -> Iterable[str]:
        return self.objects.below(prefix)

    def delete(self, paths: Collection[str]) -> None:
        self.objects.delete(paths)
