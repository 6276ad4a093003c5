"""Laws of the tiled log (R-AUD-3): however it grew, it is the same files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    memory_reader,
    root_of,
)
from shared.kernel.tiles import (
    TILE_WIDTH,
    Bundle,
    Tile,
    TileError,
    decode_bundle,
    encode_bundle,
    grow,
    new_bundles,
    new_tiles,
    parse_path,
    right_edge,
    tile_reader,
    tiles_of,
)

LEAVES = [leaf_hash(str(number).encode()) for number in range(1_300)]
NOTHING: dict[Tile, bytes] = {}
sizes = st.integers(0, len(LEAVES))
large = st.integers(0, 2**40)


def naive(tile: Tile) -> bytes:
    """The specification's formula for a tile's content, word for word."""
    span = TILE_WIDTH**tile.level
    first = tile.number * TILE_WIDTH
    return b"".join(root_of(LEAVES[i * span : (i + 1) * span]) for i in range(first, first + tile.width))


@given(st.lists(sizes, max_size=6))
def test_growing_in_steps_gives_the_tiles_of_the_definition(steps: list[int]) -> None:
    store: dict[Tile, bytes] = {}
    size, root = 0, EMPTY_ROOT
    for step in sorted(steps):
        growth = grow(size, root, LEAVES[size:step], store.__getitem__)
        assert tuple(growth.tiles) == new_tiles(size, step)
        store.update(growth.tiles)
        size, root = growth.size, growth.root
    assert root == root_of(LEAVES[:size])
    assert all(store[tile] == naive(tile) for tile in tiles_of(size))


@given(sizes.filter(bool), st.data())
def test_proofs_from_tiles_are_those_from_the_whole_tree(size: int, data: st.DataObject) -> None:
    tiles = grow(0, EMPTY_ROOT, LEAVES[:size], NOTHING.__getitem__).tiles
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    read, whole = tile_reader(size, tiles.__getitem__), memory_reader(LEAVES)
    assert inclusion_proof(index, size, read) == inclusion_proof(index, size, whole)
    assert consistency_proof(old, size, read) == consistency_proof(old, size, whole)


@given(sizes.filter(bool), st.data())
def test_any_changed_bit_of_the_right_edge_is_noticed_before_growing(size: int, data: st.DataObject) -> None:
    store = dict(grow(0, EMPTY_ROOT, LEAVES[:size], NOTHING.__getitem__).tiles)
    tile = data.draw(st.sampled_from(right_edge(size)))
    content = bytearray(store[tile])
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    store[tile] = bytes(content)
    with pytest.raises(TileError):
        grow(size, root_of(LEAVES[:size]), [bytes(32)], store.__getitem__)


@given(large, st.integers(0, 3_000))
def test_new_files_are_those_the_smaller_tree_has_not(old: int, more: int) -> None:
    size = old % 100_000
    assert set(new_tiles(size, size + more)) == set(tiles_of(size + more)) - set(tiles_of(size))
    bundles = new_bundles(old, old + more)
    assert [bundle.number for bundle in bundles] == sorted({bundle.number for bundle in bundles})
    if more:
        assert bundles[0].start <= old
        assert bundles[-1].start + bundles[-1].width == old + more
    else:
        assert bundles == ()


@given(st.integers(0, 63), large, st.integers(1, TILE_WIDTH))
def test_every_tile_has_one_path(level: int, number: int, width: int) -> None:
    for named in (Tile(level, number, width), Bundle(number, width)):
        assert parse_path(named.path) == named


@given(st.lists(st.binary(max_size=400), max_size=TILE_WIDTH))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == tuple(entries)
