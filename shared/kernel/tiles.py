"""The log as static files: C2SP tlog-tiles (https://c2sp.org/tlog-tiles, R-AUD-3).

A *tile* holds up to 256 neighbouring hashes of one level (levels are 8 tree heights apart); an
*entry bundle* holds the entries under one level-0 tile. Both are immutable once named: a partial
one carries its width in its path and a wider one is another file. So a growing log only ever adds
files, and :func:`grow` computes which, from nothing but the right edge of the old tree.

Where files come from and go to is not known here: a :data:`ReadTile` answers a tile's bytes.
"""

import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from shared.kernel.merkle import HASH_SIZE, HashReader, Node, perfect_root, root

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
LONGEST_ENTRY: Final = 0xFFFF
"""Bytes: an entry's length is written in 16 bits."""

_LENGTH: Final = struct.Struct(">H")


class TileError(ValueError):
    """Stored tiles or bundles are not what the log's root and size say they must be."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """The `number`-th tile of a level, as wide as it is in a tree of some size."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """`tile/0/x001/x234/067`, or `tile/0/000.p/7` for a partial one."""
        return f"tile/{self.level}/{_number_path(self.number)}{_width_path(self.width)}"


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """The entries under the level-0 tile of the same number and width."""

    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """`tile/entries/x001/x234/067`, or `tile/entries/000.p/7` for a partial one."""
        return f"tile/entries/{_number_path(self.number)}{_width_path(self.width)}"

    @property
    def start(self) -> int:
        """Index in the log of the bundle's first entry."""
        return self.number * TILE_WIDTH


ReadTile = Callable[[Tile], bytes]
"""Answers a tile's content: `width` hashes of 32 bytes."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What appending entries makes of a log."""

    size: int
    root: bytes
    tiles: Mapping[Tile, bytes]
    """Every tile of the new tree that the old one did not have."""


# --- Which files there are -----------------------------------------------------------------------


def tiles_of(size: int) -> tuple[Tile, ...]:
    """All tiles of a tree, in order of level and number."""
    return new_tiles(0, size)


def new_tiles(old_size: int, size: int) -> tuple[Tile, ...]:
    """The tiles that a tree of `size` has and one of `old_size` has not."""
    found: list[Tile] = []
    level = 0
    while (count := _hashes_at(level, size)) > 0:
        found += (Tile(level, n, w) for n, w in _new_rows(_hashes_at(level, old_size), count))
        level += 1
    return tuple(found)


def new_bundles(old_size: int, size: int) -> tuple[Bundle, ...]:
    """The entry bundles that a log of `size` has and one of `old_size` has not."""
    return tuple(Bundle(number, width) for number, width in _new_rows(old_size, size))


def right_edge(size: int) -> tuple[Tile, ...]:
    """The partial tiles of a tree, lowest level first: all that appending to it must read."""
    return tuple(tile for tile in _last_tiles(size) if tile.width < TILE_WIDTH)


def _new_rows(old_count: int, count: int) -> Iterable[tuple[int, int]]:
    """Number and width of each row of 256 that changes when `old_count` things become `count`."""
    if old_count == count:
        return
    for number in range(old_count // TILE_WIDTH, -(-count // TILE_WIDTH)):
        yield number, min(TILE_WIDTH, count - number * TILE_WIDTH)


def _last_tiles(size: int) -> Iterable[Tile]:
    level = 0
    while (count := _hashes_at(level, size)) > 0:
        last = (count - 1) // TILE_WIDTH
        yield Tile(level, last, count - last * TILE_WIDTH)
        level += 1


def _hashes_at(level: int, size: int) -> int:
    return size >> (level * TILE_HEIGHT)


# --- Growing -------------------------------------------------------------------------------------


def grow(old_size: int, old_root: bytes, leaf_hashes: Sequence[bytes], read: ReadTile) -> Growth:
    """Append leaves to a tree of which only its right edge is read (at most one tile per level).

    What is read is first checked against `old_root`, the root in the last signed checkpoint: the
    store of the tiles is not trusted.

    Raises:
        TileError: the stored right edge does not belong to the tree with that root.
    """
    edge = {tile: _content(tile, read) for tile in right_edge(old_size)}
    if root(old_size, tile_reader(old_size, edge.__getitem__)) != old_root:
        raise TileError(f"the stored right edge does not give the root of the log at {old_size}")

    tiles: dict[Tile, bytes] = {}
    size = old_size + len(leaf_hashes)
    old = {tile.level: content for tile, content in edge.items()}
    level, added = 0, list(leaf_hashes)
    while added:
        row = old.get(level, b"") + b"".join(added)
        first = _hashes_at(level, old_size) // TILE_WIDTH
        added = []
        for at in range(0, len(row), TILE_WIDTH * HASH_SIZE):
            content = row[at : at + TILE_WIDTH * HASH_SIZE]
            tile = Tile(level, first + at // (TILE_WIDTH * HASH_SIZE), len(content) // HASH_SIZE)
            tiles[tile] = content
            if tile.width == TILE_WIDTH:
                added.append(perfect_root(content))
        level += 1
    known = {**edge, **tiles}
    return Growth(size, root(size, tile_reader(size, known.__getitem__)), tiles)


def tile_reader(size: int, read: ReadTile) -> HashReader:
    """A hash reader over the tiles of a tree of `size`; reads each tile that it needs once.

    The hashes are as good as the tiles: a proof made of them is to be verified against the signed
    root before it is handed out.

    Raises (when called):
        TileError: a tile's content has the wrong length.
        ValueError: a node is not complete in a tree of that size.
    """

    @cache
    def content(tile: Tile) -> bytes:
        return _content(tile, read)

    @cache
    def hash_of(node: Node) -> bytes:
        level, height = divmod(node.level, TILE_HEIGHT)
        begin, end = node.number << height, (node.number + 1) << height
        if end > _hashes_at(level, size):
            raise ValueError(f"{node} is not complete in a tree of {size}")
        number = begin // TILE_WIDTH
        width = min(TILE_WIDTH, _hashes_at(level, size) - number * TILE_WIDTH)
        skipped = number * TILE_WIDTH
        within = slice((begin - skipped) * HASH_SIZE, (end - skipped) * HASH_SIZE)
        return perfect_root(content(Tile(level, number, width))[within])

    return lambda nodes: [hash_of(node) for node in nodes]


def _content(tile: Tile, read: ReadTile) -> bytes:
    content = read(tile)
    if len(content) != tile.width * HASH_SIZE:
        raise TileError(f"{tile.path} holds {len(content)} bytes, not {tile.width * HASH_SIZE}")
    return content


# --- Entry bundles -------------------------------------------------------------------------------


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after another, each behind its length in 16 bits, big-endian.

    Raises:
        ValueError: an entry is longer than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise ValueError(f"a log entry has at most {LONGEST_ENTRY} bytes, got {len(entry)}")
        parts += (_LENGTH.pack(len(entry)), entry)
    return b"".join(parts)


def decode_bundle(content: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle.

    Raises:
        TileError: the bundle ends within an entry.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(content):
        begin = at + _LENGTH.size
        if begin > len(content):
            raise TileError("an entry bundle ends within a length")
        at = begin + _LENGTH.unpack_from(content, at)[0]
        if at > len(content):
            raise TileError("an entry bundle ends within an entry")
        entries.append(content[begin:at])
    return tuple(entries)


# --- Paths ---------------------------------------------------------------------------------------


_PATH: Final = re.compile(r"tile/(?P<level>entries|\d{1,2})/(?P<number>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d{1,3}))?")
_HIGHEST_LEVEL: Final = 63


def parse_path(path: str) -> Tile | Bundle:
    """What a path names; the inverse of `path`.

    Raises:
        ValueError: it names nothing, or is not the one way to write what it names.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise ValueError(f"no tile path: {path!r}")
    number = int(found["number"].replace("x", "").replace("/", ""))
    width = int(found["width"] or TILE_WIDTH)
    named: Tile | Bundle = (
        Bundle(number, width) if found["level"] == "entries" else Tile(int(found["level"]), number, width)
    )
    level = named.level if isinstance(named, Tile) else 0
    if named.path != path or not 0 < width <= TILE_WIDTH or level > _HIGHEST_LEVEL:
        raise ValueError(f"no tile path: {path!r}")
    return named


def _number_path(number: int) -> str:
    """1234067 as `x001/x234/067`: every group of three digits but the last begins with an x."""
    text = f"{number:,}".split(",")
    return "/".join([*(f"x{group:0>3}" for group in text[:-1]), f"{text[-1]:0>3}"])


def _width_path(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"
