"""The files of a log, made again of its entries (C2SP tlog-tiles)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from shared.kernel.frontier import Frontier
from shared.kernel.merkle import leaf_hash
from shared.kernel.tiles import TILE_WIDTH, Bundle, Tile, encode_bundle, grow

_AT_ONCE: Final = 64 * TILE_WIDTH
"""Entries of which files are made at once."""


class LogFiles:
    """A log's files being made of its entries, and written by `write(path, content)`.

    Full tiles and bundles at once; partial ones, and the checkpoint, only when the log is at its end.
    """

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        self._write = write
        self._size = 0
        self._root = Frontier().root
        self._edge: Mapping[Tile, bytes] = {}
        self._unfinished: list[bytes] = []

    def add(self, entries: Sequence[bytes]) -> None:
        """Append entries, however many."""
        for start in range(0, len(entries), _AT_ONCE):
            self._add(entries[start : start + _AT_ONCE])

    def close(self, note: bytes) -> None:
        """Write what is partial at the end, and the checkpoint last: a log without one is not finished."""
        for tile, content in self._edge.items():
            self._write(tile.path, content)
        if self._unfinished:
            bundle = Bundle(self._size // TILE_WIDTH, len(self._unfinished))
            self._write(bundle.path, encode_bundle(self._unfinished))
        self._write("checkpoint", note)

    def _add(self, entries: Sequence[bytes]) -> None:
        growth = grow(self._size, self._root, [leaf_hash(each) for each in entries], self._edge.__getitem__)
        partial = {tile: content for tile, content in growth.tiles.items() if tile.width < TILE_WIDTH}
        for tile in growth.tiles.keys() - partial.keys():
            self._write(tile.path, growth.tiles[tile])
        changed = {tile.level for tile in growth.tiles}
        kept = {tile: content for tile, content in self._edge.items() if tile.level not in changed}
        self._edge = {**kept, **partial}
        self._bundle([*self._unfinished, *entries], growth.size)
        self._size, self._root = growth.size, growth.root

    def _bundle(self, entries: list[bytes], size: int) -> None:
        first = (size - len(entries)) // TILE_WIDTH
        full = len(entries) // TILE_WIDTH
        for number in range(full):
            held = entries[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
            self._write(Bundle(first + number).path, encode_bundle(held))
        self._unfinished = entries[full * TILE_WIDTH :]
