"""The verdict on a log, out of its checked ranges and its signed root (R-AUD-4).

Ranges come with versions of their part of the tree (`shared.contracts.log_checks`). Those versions are true that lead
to the signed root between them; nobody can make others that do. What the files say otherwise is damage.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Final

from shared.contracts.log_checks import RANGE, RangeCheck, ReadFile, Version, joined_node, stored, wrong_tile
from shared.contracts.log_faults import Fault, LogFault
from shared.contracts.log_spans import ENTRIES, Span, joined, told
from shared.kernel.merkle import HASH_SIZE, Node, joined_root, perfect_root, spanning
from shared.kernel.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint
from shared.kernel.tiles import TILE_HEIGHT, TILE_WIDTH, Tile

MOST_TRIED: Final = 512
"""Combinations of versions that are tried before a log is held to be unprovable."""

_UPPER: Final = 2
"""The lowest level whose tiles lie over more than one range."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of some ranges. `nodes`: the tree they were proven to be, or what is known of it."""

    proven: bool
    nodes: Mapping[Node, bytes]
    spans: tuple[Span, ...]
    roots: Mapping[int, bytes]

    def faults(self, size: int) -> tuple[LogFault, ...]:
        """The findings, in words."""
        return told(self.spans, size)


def judge(
    size: int, root: bytes, checks: Sequence[RangeCheck], read: ReadFile, beside: Mapping[Node, bytes] | None = None
) -> Verdict:
    """Judge checked ranges of a log by its signed root.

    `beside`: the tree before and after the ranges, where they are not the whole log. The tiles above whole ranges are
    checked as well where the ranges begin with the log.
    """
    around = dict(beside or {})
    hints = _hints(checks, size, read)
    offered = [_likeliest_first(check, hints) for check in checks]
    for chosen in islice(product(*offered), MOST_TRIED):
        nodes = _nodes(chosen, hints, around)
        if _leads_to(size, root, nodes):
            return Verdict(True, nodes, _spans(chosen, _wrong_upper_tiles(checks, size, nodes, read)), _roots(chosen))
    first = tuple(versions[0] for versions in offered)
    nodes = _nodes(first, hints, around)
    return Verdict(False, nodes, _spans(first, _unprovable(checks, size, hints)), _roots(first))


def wrong_edge(size: int, nodes: Mapping[Node, bytes], read: ReadFile) -> tuple[Span, ...]:
    """What is wrong with the stored tiles at the right edge of a log, given its true tree (`spanning(0, size)`)."""
    found: list[Span] = []
    for node in spanning(0, size):
        tile, within = _place(node, size)
        content = stored(read, tile)
        if content is None or len(content) != tile.width * HASH_SIZE:
            found += wrong_tile(tile, None, content)
        elif perfect_root(content[within]) != joined_node(node, nodes):
            found.append(Span(Fault.TILE_CHANGED, tile.level, tile.number, tile.number))
    return tuple(joined(found))


def read_note(note: str, size: int | None, key: VerifierKey, origin: str | None = None) -> Checkpoint | LogFault:
    """The checkpoint kept for a size (None: for any), or what is wrong with its note."""
    where = f"checkpoint {size}"
    try:
        found = open_checkpoint(note, key, origin)
    except NoteError:
        return LogFault(fault=Fault.CHECKPOINT_UNSIGNED, where=where)
    return found if size in {None, found.size} else LogFault(fault=Fault.CHECKPOINT_MISPLACED, where=where)


def wrong_roots(signed: Iterable[Checkpoint], roots: Mapping[int, bytes]) -> Iterator[LogFault]:
    """The signed checkpoints that name another root than the log has at their size."""
    for checkpoint in signed:
        if roots.get(checkpoint.size, checkpoint.root) != checkpoint.root:
            yield LogFault(fault=Fault.CHECKPOINT_CHANGED, where=f"checkpoint {checkpoint.size}")


def tiled_nodes(begin: int, end: int, size: int, read: ReadFile) -> dict[Node, bytes]:
    """The perfect subtrees over entries `begin` to `end`, as the stored tiles have them; those that are there."""
    return {node: value for node in spanning(begin, end) if (value := _tiled(node, size, read))}


# --- Choosing ------------------------------------------------------------------------------------


def _likeliest_first(check: RangeCheck, hints: Mapping[Node, bytes]) -> list[Version]:
    """A range's versions, first those that agree with the tiles above it."""
    return sorted(check.versions, key=lambda version: any(hints.get(n, v) != v for n, v in version.nodes.items()))


def _hints(checks: Sequence[RangeCheck], size: int, read: ReadFile) -> Mapping[Node, bytes]:
    """What the stored tiles of level 2 say of whole ranges, where any range is in doubt."""
    if all(len(check.versions) == 1 and _whole(check) for check in checks):
        return {}
    wanted = [node for check in checks for node in spanning(check.start, check.end) if node.level >= _UPPER * 8]
    return {node: value for node in wanted if (value := _tiled(node, size, read))}


def _whole(check: RangeCheck) -> bool:
    return len(check.versions[0].nodes) == len(spanning(check.start, check.end))


def _nodes(chosen: Iterable[Version], hints: Mapping[Node, bytes], around: Mapping[Node, bytes]) -> dict[Node, bytes]:
    nodes = {**around, **hints}
    for version in chosen:
        nodes |= version.nodes
    return nodes


def _leads_to(size: int, root: bytes, nodes: Mapping[Node, bytes]) -> bool:
    try:
        return joined_root(size, nodes) == root
    except KeyError:
        return False


def _spans(chosen: Iterable[Version], more: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(joined([*(span for version in chosen for span in version.spans), *more]))


def _roots(chosen: Iterable[Version]) -> dict[int, bytes]:
    return {size: root for version in chosen for size, root in version.roots.items()}


def _unprovable(checks: Sequence[RangeCheck], size: int, hints: Mapping[Node, bytes]) -> Iterator[Span]:
    """Which ranges are to blame when nothing leads to the root: those that disagree with what is above them."""
    blamed = [check for check in checks if not any(_agrees(version, hints) for version in check.versions)]
    for check in blamed or checks:
        yield Span(Fault.ROOT_DIFFERS, ENTRIES, check.start, min(check.end, size) - 1)


def _agrees(version: Version, hints: Mapping[Node, bytes]) -> bool:
    return all(hints.get(node, value) == value for node, value in version.nodes.items())


# --- Tiles above ranges --------------------------------------------------------------------------


def _wrong_upper_tiles(
    checks: Sequence[RangeCheck], size: int, nodes: Mapping[Node, bytes], read: ReadFile
) -> Iterator[Span]:
    if not checks or checks[0].start or checks[-1].end != size:
        return
    level = _UPPER
    hashes = [nodes[Node(level * TILE_HEIGHT, number)] for number in range(size // RANGE)]
    while hashes:
        above: list[bytes] = []
        for number in range(-(-len(hashes) // TILE_WIDTH)):
            held = hashes[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
            packed = b"".join(held)
            tile = Tile(level, number, len(held))
            yield from wrong_tile(tile, packed, stored(read, tile))
            above += [perfect_root(packed)] if len(held) == TILE_WIDTH else []
        level, hashes = level + 1, above


def _tiled(node: Node, size: int, read: ReadFile) -> bytes | None:
    tile, within = _place(node, size)
    content = stored(read, tile)
    if content is None or len(content) != tile.width * HASH_SIZE:
        return None
    return perfect_root(content[within])


def _place(node: Node, size: int) -> tuple[Tile, slice]:
    """The tile of a log of that size which holds a perfect subtree's hashes, and where in it."""
    level, height = divmod(node.level, TILE_HEIGHT)
    begin = node.number << height
    number = begin // TILE_WIDTH
    width = min(TILE_WIDTH, (size >> (level * TILE_HEIGHT)) - number * TILE_WIDTH)
    at = (begin - number * TILE_WIDTH) * HASH_SIZE
    return Tile(level, number, width), slice(at, at + (HASH_SIZE << height))
