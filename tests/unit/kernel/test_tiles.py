"""The log as static files (R-AUD-3; C2SP tlog-tiles)."""

import pytest

from shared.kernel.merkle import (
    EMPTY_ROOT,
    Node,
    inclusion_proof,
    leaf_hash,
    memory_reader,
    root_of,
    verify_inclusion,
)
from shared.kernel.tiles import (
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

LEAVES = [leaf_hash(str(number).encode()) for number in range(700)]
NOTHING: dict[Tile, bytes] = {}


def stored(size: int) -> dict[Tile, bytes]:
    return dict(grow(0, EMPTY_ROOT, LEAVES[:size], NOTHING.__getitem__).tiles)


@pytest.mark.parametrize(
    ("named", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 999, 8), "tile/1/999.p/8"),
        (Tile(2, 1000, 255), "tile/2/x001/000.p/255"),
        (Bundle(1234067), "tile/entries/x001/x234/067"),
        (Bundle(5, 1), "tile/entries/005.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(named: Tile | Bundle, path: str) -> None:
    assert named.path == path
    assert parse_path(path) == named


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000/",
        "tile/0/../000",
        "tile/0/x001/x234/x067",
        "tile/0/٠٠٠",
        "/tile/0/000",
    ],
)
def test_other_paths_name_nothing(path: str) -> None:
    with pytest.raises(ValueError, match="no tile path"):
        parse_path(path)


def test_a_tree_of_70000_has_the_tiles_the_specification_counts() -> None:
    tiles = tiles_of(70_000)
    assert sum(t.level == 0 and t.width == 256 for t in tiles) == 273
    assert [t for t in tiles if t.width < 256 or t.level > 0] == [
        Tile(0, 273, 112),
        Tile(1, 0),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]


def test_a_tree_of_256_has_one_full_tile_and_one_hash_above_it() -> None:
    assert tiles_of(256) == (Tile(0, 0), Tile(1, 0, 1))


def test_only_the_right_edge_changes_when_the_tree_grows() -> None:
    assert new_tiles(70_000, 70_001) == (Tile(0, 273, 113),)
    assert new_tiles(255, 257) == (Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1))
    assert new_tiles(70_000, 70_000) == ()
    assert new_bundles(255, 257) == (Bundle(0), Bundle(1, 1))
    assert Bundle(3, 7).start == 768


def test_appending_reads_one_partial_tile_per_level() -> None:
    assert right_edge(70_000) == (Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1))
    assert right_edge(512) == (Tile(1, 0, 2),)
    assert right_edge(0) == ()


def test_growth_gives_the_root_and_the_new_files_and_nothing_else() -> None:
    old = stored(300)
    growth = grow(300, root_of(LEAVES[:300]), LEAVES[300:600], old.__getitem__)
    assert growth.size == 600
    assert growth.root == root_of(LEAVES[:600])
    assert tuple(growth.tiles) == new_tiles(300, 600)
    assert {**old, **growth.tiles}.items() >= stored(600).items()


def test_growing_by_nothing_changes_nothing() -> None:
    growth = grow(300, root_of(LEAVES[:300]), [], stored(300).__getitem__)
    assert (growth.size, growth.root, dict(growth.tiles)) == (300, root_of(LEAVES[:300]), {})


def test_growth_on_a_tampered_right_edge_is_refused() -> None:
    old = stored(300)
    old[Tile(0, 1, 44)] = bytes(32) + old[Tile(0, 1, 44)][32:]
    with pytest.raises(TileError, match="right edge does not give the root"):
        grow(300, root_of(LEAVES[:300]), LEAVES[300:301], old.__getitem__)


def test_growth_on_another_tree_is_refused() -> None:
    with pytest.raises(TileError, match="right edge"):
        grow(300, root_of(LEAVES[:299]), LEAVES[300:301], stored(300).__getitem__)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    old = {tile: content[:-1] for tile, content in stored(300).items()}
    with pytest.raises(TileError, match=r"tile/0/001\.p/44 holds 1407 bytes, not 1408"):
        grow(300, root_of(LEAVES[:300]), LEAVES[300:301], old.__getitem__)


def test_a_proof_reads_each_tile_once() -> None:
    tiles, reads = stored(700), list[Tile]()

    def read(tile: Tile) -> bytes:
        reads.append(tile)
        return tiles[tile]

    proof = inclusion_proof(300, 700, tile_reader(700, read))
    verify_inclusion(300, 700, LEAVES[300], proof, root_of(LEAVES))
    assert sorted(reads) == [Tile(0, 1), Tile(0, 2, 188), Tile(1, 0, 2)]
    assert proof == inclusion_proof(300, 700, memory_reader(LEAVES))


def test_a_node_that_is_not_complete_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="not complete"):
        tile_reader(700, stored(700).__getitem__)([Node(8, 2)])


def test_a_third_level_appears_with_65536_leaves() -> None:
    leaves = [leaf_hash(number.to_bytes(3)) for number in range(65_537)]
    growth = grow(0, EMPTY_ROOT, leaves, NOTHING.__getitem__)
    assert growth.root == root_of(leaves)
    assert growth.tiles[Tile(2, 0, 1)] == root_of(leaves[:65_536])


def test_a_bundle_is_entries_behind_their_lengths() -> None:
    assert encode_bundle([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    assert decode_bundle(b"\x00\x00\x00\x02ab") == (b"", b"ab")


def test_an_entry_too_long_for_its_length_field_is_refused() -> None:
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(ValueError, match="at most 65535 bytes"):
        encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("content", [b"\x00", b"\x00\x03ab"])
def test_a_cut_bundle_is_refused(content: bytes) -> None:
    with pytest.raises(TileError, match="ends within"):
        decode_bundle(content)
