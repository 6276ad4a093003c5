"""Whether the log's files are what was signed: pure checks, for the scheduled verifier and for anyone (R-AUD-4).

A log is checked by *ranges*, each by itself and so in parallel. Every 256 entries are held three times over: as
entries, as the leaf hashes of their tile, as one hash in the tile above. Where these disagree none is believed by
itself: a range gives every version of its tree that one of them supports (:class:`Version`), and
`shared.contracts.log_verdict` takes that which leads to the signed root. So what is found is told of the file that was
damaged and of no other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from shared.contracts.log_faults import Fault
from shared.contracts.log_spans import ENTRIES, Span, joined
from shared.kernel.merkle import HASH_SIZE, Node, joined_root, node_hash, perfect_root, spanning
from shared.kernel.tiles import TILE_HEIGHT, TILE_WIDTH, Bundle, Tile, TileError, decode_bundle, encode_bundle

RANGE: Final = TILE_WIDTH * TILE_WIDTH
"""Entries of a whole range: those under one tile of level 1."""

MOST_BUNDLED: Final = 2 * TILE_WIDTH
"""Entries of a bundle that are looked at: all of it twice over. One with more is junk, of whatever length."""

ReadFile = Callable[[str], bytes | None]
"""The content of one of the log's files by its path; None where there is no such file."""

Strayed = Callable[[bytes], bool]
"""Whether an entry, by its leaf hash, belongs elsewhere in the log and is not there."""


def nowhere(_: bytes) -> bool:
    """The answer of those who cannot look beyond a range."""
    return False


@dataclass(frozen=True, slots=True)
class Version:
    """A range's part of the tree as one witness has it, and what is wrong with the files if that is the truth."""

    nodes: Mapping[Node, bytes]
    """The perfect subtrees that make up the range (`merkle.spanning`), but for those that nobody knows."""
    spans: tuple[Span, ...]
    roots: Mapping[int, bytes]
    """The root of the log at each size that was asked for, as far as it can be known."""


@dataclass(frozen=True, slots=True)
class Row:
    """Up to 256 entries, as each of the three places has them."""

    number: int
    width: int
    entries: tuple[bytes, ...] | None
    hashed: bytes | None
    """The leaf hashes of the entries, one after another; None when the bundle is gone or cannot be read."""
    tiled: bytes | None
    """The level-0 tile; None when it is gone or has another length."""
    above: bytes | None
    """The root of the row in the tile of level 1, where the row is full and that tile is there."""
    gone: bool
    """The bundle is not there at all."""
    root: bytes | None
    """The root over `hashed`, of a full row."""

    @property
    def start(self) -> int:
        """The index of its first entry."""
        return self.number * TILE_WIDTH

    @property
    def sound(self) -> bool:
        """Whether all who know of the row say the same."""
        return self.hashed is not None and self.hashed == self.tiled and self.above in {None, self.root}

    def root_of(self, packed: bytes) -> bytes | None:
        """The root over the row's leaf hashes; None for a row that is not full."""
        if packed == self.hashed:
            return self.root
        return perfect_root(packed) if self.width == TILE_WIDTH and len(packed) == TILE_WIDTH * HASH_SIZE else None


class Witness(StrEnum):
    """Whom a version believes where the three places disagree."""

    MOST = "most"
    ENTRIES = "entries"
    TILES = "tiles"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class RangeCheck:
    """What was found of the entries `start` to `end`, exclusive; `start` begins a bundle."""

    start: int
    end: int
    versions: tuple[Version, ...]
    """The first is the likeliest; there is only one where nothing is wrong."""


def ranges(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges that cover entries `start` to `end`, each of at most RANGE entries and within one tile of level 1."""
    begin = start // TILE_WIDTH * TILE_WIDTH
    while begin < end:
        stop = min(end, begin // RANGE * RANGE + RANGE)
        yield begin, stop
        begin = stop


def stored(read: ReadFile, named: Tile | Bundle) -> bytes | None:
    """A tile or bundle; a partial one that was tidied away is the beginning of the full one."""
    found = read(named.path)
    if found is not None or named.width == TILE_WIDTH:
        return found
    if isinstance(named, Tile):
        full = read(Tile(named.level, named.number).path)
        return None if full is None else full[: named.width * HASH_SIZE]
    full = read(Bundle(named.number).path)
    try:
        return None if full is None else encode_bundle(decode_bundle(full)[: named.width])
    except TileError:
        return full


def paths(start: int, end: int, size: int) -> Iterator[str]:
    """The files that :func:`check_range` reads first, for those who can fetch several at once."""
    for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        yield Bundle(number, width).path
        yield Tile(0, number, width).path


def rows(start: int, end: int, size: int, read: ReadFile) -> Iterator[Row]:
    """The rows of a range of a log published at `size`, as each place has them. A row is read whole, to `size`."""
    above = _above(start, end, size, read)
    for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        content = stored(read, Bundle(number, width))
        entries = _bundled(content)
        hashed = None if entries is None else b"".join([sha256(b"\x00" + entry).digest() for entry in entries])
        tiled = stored(read, Tile(0, number, width))
        tiled = tiled if tiled is not None and len(tiled) == width * HASH_SIZE else None
        full = hashed is not None and len(hashed) == width * HASH_SIZE == TILE_WIDTH * HASH_SIZE
        root = perfect_root(hashed) if hashed is not None and full else None
        yield Row(number, width, entries, hashed, tiled, above.get(number), content is None, root)


def check_range(
    start: int,
    end: int,
    size: int,
    read: ReadFile,
    *,
    left: Mapping[Node, bytes] = MappingProxyType({}),
    sizes: Iterable[int] = (),
    strayed: Strayed = nowhere,
    each: Callable[[Row], None] = lambda _: None,
) -> RangeCheck:
    """Check the files of one range (see :func:`ranges`) of a log published at `size`.

    `left`: the tree before the range (`merkle.spanning`), for the roots at `sizes` within it. `each` is given every row
    as it is read, damaged or not. `strayed` is asked only where damage was found.
    """
    checked = _Range(start, end, size, read, strayed, left, tuple(sizes))
    for row in rows(start, end, size, read):
        checked.take(row)
        each(row)
    return RangeCheck(start, end, checked.versions())


# --- One range -----------------------------------------------------------------------------------


@dataclass
class _Range:
    """Gathers a range's rows; of those that all places agree on little more than the root is kept."""

    start: int
    end: int
    size: int
    read: ReadFile
    strayed: Strayed
    left: Mapping[Node, bytes]
    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        self.first = self.start // TILE_WIDTH
        self.full = self.end // TILE_WIDTH - self.first
        self.roots: list[bytes] = []
        self.unsound: dict[int, Row] = {}
        self.split: dict[int, Row] = {}
        self.splitting = {size // TILE_WIDTH for size in (*self.sizes, self.end) if size % TILE_WIDTH}

    def take(self, row: Row) -> None:
        if not row.sound:
            # Without its entries, which could be a thousand times those of a row that somebody sealed.
            self.unsound[row.number] = replace(row, entries=None)
        if row.number in self.splitting:
            self.split[row.number] = replace(row, entries=None)
        if row.number < self.first + self.full:
            self.roots.append(row.root if row.sound and row.root else b"")

    def versions(self) -> tuple[Version, ...]:
        if not self.unsound:
            return (self._version(Witness.MOST),)
        found: dict[tuple[tuple[Node, bytes], ...], Version] = {}
        for version in map(self._version, Witness):
            found.setdefault(tuple(version.nodes.items()), version)
        return tuple(found.values())

    def _version(self, witness: Witness) -> Version:
        spans: list[Span] = []
        roots = list(self.roots)
        for row in self.unsound.values():
            at = row.number - self.first
            if at < len(roots):
                roots[at] = _chosen(row, witness) or b""
            spans += self._wrong_with(row, witness)
        spans += self._wrong_above(roots)
        known = {Node(TILE_HEIGHT, self.first + at): root for at, root in enumerate(roots) if root}
        for row in self.split.values():
            leaves = _leaves(row, witness) or b""
            known |= {Node(0, row.start + at): leaf for at, leaf in enumerate(hashes_in(leaves))}
        nodes = {node: value for node in spanning(self.start, self.end) if (value := joined_node(node, known))}
        before = {**self.left, **known}
        at_sizes = {size: value for size in self.sizes if (value := _root_at(size, before))}
        return Version(nodes, tuple(joined(spans)), at_sizes)

    def _wrong_with(self, row: Row, witness: Witness) -> Iterator[Span]:
        """What is wrong with a row's bundle and level-0 tile if that is the truth which this witness has of it."""
        true, end = _leaves(row, witness), row.start + row.width - 1
        tile = row.tiled if row.tiled is not None else stored(self.read, Tile(0, row.number, row.width))
        if true is None or row.hashed is None:
            yield Span(Fault.ENTRIES_REMOVED if row.gone else Fault.ENTRIES_CHANGED, ENTRIES, row.start, end)
        elif row.hashed != true:
            yield from wrong_entries(row.start, hashes_in(true), hashes_in(row.hashed), self._strayed)
        if true is not None or tile is None:
            yield from wrong_tile(Tile(0, row.number, row.width), true, tile)
        elif row.above is not None:
            yield Span(Fault.TILE_CHANGED, 0, row.number, row.number)

    def _strayed(self, leaf: bytes) -> bool:
        home = self._homes.get(leaf)
        return self.strayed(leaf) if home is None else home in self.unsound

    @cached_property
    def _homes(self) -> Mapping[bytes, int]:
        """The row of each leaf hash, by the tiles of the range: asked for only once something is damaged."""
        tiled = ((row.number, row.tiled) for row in rows(self.start, self.end, self.size, self.read) if row.tiled)
        return {leaf: number for number, packed in tiled for leaf in hashes_in(packed)}

    def _wrong_above(self, roots: Sequence[bytes]) -> Iterator[Span]:
        """What is wrong with the range's tile of level 1, as far as its rows are known."""
        tile = tile_above(self.start, self.size)
        if tile is None:
            return
        content = stored(self.read, tile)
        if content is None or len(content) != tile.width * HASH_SIZE:
            yield from wrong_tile(tile, None, content)
            return
        begin = self.first - tile.number * TILE_WIDTH
        held = hashes_in(content)[begin : begin + len(roots)]
        true = [root or there for root, there in zip(roots, held, strict=False)]
        yield from wrong_tile(tile, b"".join(true), b"".join(held))


def joined_node(node: Node, known: Mapping[Node, bytes]) -> bytes | None:
    """The hash of a perfect subtree out of smaller ones; None where they leave a gap."""
    found = known.get(node)
    if found is not None or node.level == 0:
        return found
    left = joined_node(Node(node.level - 1, node.number * 2), known)
    right = joined_node(Node(node.level - 1, node.number * 2 + 1), known) if left else None
    return node_hash(left, right) if left and right else None


def wrong_tile(tile: Tile, true: bytes | None, found: bytes | None) -> Iterator[Span]:
    """What is wrong with a tile, given what it should hold; None: certainly something else."""
    if found is None:
        yield Span(Fault.TILE_REMOVED, tile.level, tile.number, tile.number)
    elif found != true:
        same = true is not None and sorted(hashes_in(true)) == sorted(hashes_in(found))
        yield Span(Fault.TILE_REORDERED if same else Fault.TILE_CHANGED, tile.level, tile.number, tile.number)


def wrong_entries(start: int, true: Sequence[bytes], found: Sequence[bytes], strayed: Strayed) -> Iterator[Span]:
    """What is wrong with a bundle that begins at `start`, by leaf hashes: those it should and those it does hold."""
    more, fewer = Counter(found) - Counter(true), Counter(true) - Counter(found)
    here = set(true)
    if len(found) < len(true) and not more:
        yield from (_entry(Fault.ENTRIES_REMOVED, start + at) for at, leaf in enumerate(true) if fewer[leaf])
    elif len(found) > len(true) and not fewer and set(more) <= here:
        yield from (_entry(Fault.ENTRIES_DOUBLED, start + at) for at, leaf in enumerate(true) if more[leaf])
    elif len(found) > len(true) and not fewer:
        yield _entry(Fault.ENTRIES_CHANGED, start + len(true) - 1)
    else:
        for at, leaf in enumerate(true):
            there = found[at] if at < len(found) else b""
            if there != leaf:
                # What belongs here is in the bundle still, or what is here belongs where something else is now.
                moved = not fewer[leaf] or (there not in here and strayed(there))
                yield _entry(Fault.ENTRIES_REORDERED if moved else Fault.ENTRIES_CHANGED, start + at)


def tile_above(start: int, size: int) -> Tile | None:
    """The tile of level 1 over a range of a log of that size; None where no row of it is full."""
    number, full = start // RANGE, size // TILE_WIDTH
    width = min(TILE_WIDTH, full - number * TILE_WIDTH)
    return Tile(1, number, width) if width > 0 else None


def hashes_in(packed: bytes) -> list[bytes]:
    """Hashes given one after another."""
    return [packed[at : at + HASH_SIZE] for at in range(0, len(packed), HASH_SIZE)]


def _entry(fault: Fault, index: int) -> Span:
    return Span(fault, ENTRIES, index, index)


def _chosen(row: Row, witness: Witness) -> bytes | None:
    """A full row's root as one witness has it; None for a row that is not full or of which nothing is left."""
    if row.width < TILE_WIDTH:
        return None
    by = {
        Witness.ENTRIES: row.root_of(row.hashed or b""),
        Witness.TILES: row.root_of(row.tiled or b""),
        Witness.ABOVE: row.above,
    }
    said = [root for root in (by.get(witness), *by.values()) if root is not None]
    return max(said, key=said.count, default=None) if witness is Witness.MOST else next(iter(said), None)


def _leaves(row: Row, witness: Witness) -> bytes | None:
    """A row's leaf hashes as one witness has them; None when nobody who is believed holds them."""
    whole = [packed for packed in (row.hashed, row.tiled) if packed and len(packed) == row.width * HASH_SIZE]
    if row.width < TILE_WIDTH:
        return next(iter(whole if witness in {Witness.MOST, Witness.ENTRIES} else whole[::-1]), None)
    root = _chosen(row, witness)
    return next((packed for packed in whole if row.root_of(packed) == root), None)


def _root_at(size: int, known: Mapping[Node, bytes]) -> bytes | None:
    try:
        return joined_root(size, known)
    except KeyError:
        return None


def _above(start: int, end: int, size: int, read: ReadFile) -> Mapping[int, bytes]:
    """The roots of full rows, as the tile of level 1 has them, by the row's number."""
    tile = tile_above(start, size)
    content = stored(read, tile) if tile else None
    if tile is None or content is None or len(content) != tile.width * HASH_SIZE:
        return {}
    first = tile.number * TILE_WIDTH
    wanted = range(start // TILE_WIDTH, -(-end // TILE_WIDTH))
    return {first + at: root for at, root in enumerate(hashes_in(content)) if first + at in wanted}


def _bundled(content: bytes | None) -> tuple[bytes, ...] | None:
    try:
        entries = () if content is None else decode_bundle(content)
    except TileError:
        return None
    return None if content is None or len(entries) > MOST_BUNDLED else entries
