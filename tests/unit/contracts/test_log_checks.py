"""The checks of a log's files: each kind of damage is found where it was done, and nothing else is blamed (R-AUD-4)."""

from collections.abc import Callable, Mapping

import pytest

from shared.contracts.log_checks import RangeCheck, check_range, ranges
from shared.contracts.log_faults import FINDINGS, KIND_WORDS, Fault, FaultKind, LogFault
from shared.contracts.log_verdict import Verdict, judge, read_note, tiled_nodes, wrong_edge, wrong_roots
from shared.kernel.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash, root_of, spanning
from shared.kernel.notes import Checkpoint, sign_checkpoint
from shared.kernel.tiles import TILE_WIDTH, Bundle, Tile, decode_bundle, encode_bundle, grow, new_bundles
from tests.support.audit_builders import SIGNER, local_signer

Files = dict[str, bytes]


def a_folder(size: int) -> tuple[Files, bytes]:
    """The files of a log of small entries, and its root."""
    entries = [f"entry {number}".encode() for number in range(size)]
    growth = grow(0, EMPTY_ROOT, [leaf_hash(entry) for entry in entries], lambda _: b"")
    files = {tile.path: content for tile, content in growth.tiles.items()}
    for bundle in new_bundles(0, size):
        files[bundle.path] = encode_bundle(entries[bundle.start : bundle.start + bundle.width])
    return files, growth.root


def checked(files: Mapping[str, bytes], size: int, root: bytes) -> Verdict:
    """The verdict on a whole log."""
    checks = [check_range(start, end, size, files.get) for start, end in ranges(0, size)]
    return judge(size, root, checks, files.get)


def kinds(verdict: Verdict, size: int) -> list[tuple[FaultKind, str]]:
    return [(fault.kind, fault.where) for fault in verdict.faults(size)]


SIZE = 1_000
"""Three whole bundles and one of 232."""


def _edit(files: Files, bundle: Bundle, change: Callable[[list[bytes]], list[bytes]]) -> Files:
    files[bundle.path] = encode_bundle(change(list(decode_bundle(files[bundle.path]))))
    return files


def _swap(files: Files, one: str, other: str) -> None:
    files[one], files[other] = files[other], files[one]


def _flip(files: Files, path: str, at: int) -> Files:
    content = bytearray(files[path])
    content[at] ^= 1
    files[path] = bytes(content)
    return files


WHOLE, LAST = Bundle(1), Bundle(3, 232)

DAMAGES: dict[str, tuple[Callable[[Files], object], list[tuple[FaultKind, str]]]] = {
    "a byte of an entry": (lambda f: _flip(f, WHOLE.path, 5), [(FaultKind.CHANGED, "entry 256")]),
    "a byte of the last bundle": (lambda f: _flip(f, LAST.path, 5), [(FaultKind.CHANGED, "entry 768")]),
    "a length within a bundle": (lambda f: _flip(f, WHOLE.path, 0), [(FaultKind.CHANGED, "entries 256–511")]),
    "an entry taken out": (
        lambda f: _edit(f, WHOLE, lambda held: held[:7] + held[8:]),
        [(FaultKind.REMOVED, "entry 263")],
    ),
    "two entries exchanged": (
        lambda f: _edit(f, WHOLE, lambda held: [held[1], held[0], *held[2:]]),
        [(FaultKind.REORDERED, "entries 256–257")],
    ),
    "two bundles exchanged": (
        lambda f: _swap(f, Bundle(0).path, WHOLE.path),
        [(FaultKind.REORDERED, "entries 0–511")],
    ),
    "an entry of one bundle exchanged with one of another": (
        lambda f: (
            f.update({"x": decode_bundle(f[Bundle(0).path])[3], "y": decode_bundle(f[WHOLE.path])[4]}),
            _edit(f, Bundle(0), lambda held: [*held[:3], f["y"], *held[4:]]),
            _edit(f, WHOLE, lambda held: [*held[:4], f["x"], *held[5:]]),
        ),
        [(FaultKind.REORDERED, "entry 3"), (FaultKind.REORDERED, "entry 260")],
    ),
    "an entry overwritten by a copy of another": (
        lambda f: _edit(f, WHOLE, lambda held: [held[9], *held[1:]]),
        [(FaultKind.CHANGED, "entry 256")],
    ),
    "an entry written twice": (
        lambda f: _edit(f, WHOLE, lambda held: [*held[:6], *held[5:]]),
        [(FaultKind.LOGGED_TWICE, "entry 261")],
    ),
    "a bundle deleted": (lambda f: f.pop(WHOLE.path), [(FaultKind.REMOVED, "entries 256–511")]),
    "the last bundle deleted": (lambda f: f.pop(LAST.path), [(FaultKind.TRUNCATED, "entries 768–999")]),
    "the last bundles deleted": (
        lambda f: (f.pop(LAST.path), f.pop(Bundle(2).path)),
        [(FaultKind.TRUNCATED, "entries 512–999")],
    ),
    "entries cut off the last bundle": (
        lambda f: _edit(f, LAST, lambda held: held[:-3]),
        [(FaultKind.TRUNCATED, "entries 997–999")],
    ),
    "a byte of a tile": (lambda f: _flip(f, "tile/0/001", 40), [(FaultKind.CHANGED, "tile/0/001")]),
    "a byte of the last tile": (lambda f: _flip(f, "tile/0/003.p/232", 40), [(FaultKind.CHANGED, "tile/0/003.p/232")]),
    "a byte of the tile above": (lambda f: _flip(f, "tile/1/000.p/3", 40), [(FaultKind.CHANGED, "tile/1/000.p/3")]),
    "a tile cut short": (lambda f: f.update({"tile/0/001": b"x"}), [(FaultKind.CHANGED, "tile/0/001")]),
    "a tile deleted": (lambda f: f.pop("tile/0/001"), [(FaultKind.REMOVED, "tile/0/001")]),
    "the tile above deleted": (lambda f: f.pop("tile/1/000.p/3"), [(FaultKind.REMOVED, "tile/1/000.p/3")]),
    "two tiles exchanged": (
        lambda f: _swap(f, "tile/0/000", "tile/0/001"),
        [(FaultKind.CHANGED, "tile/0/000 … tile/0/001")],
    ),
    "hashes of a tile exchanged": (
        lambda f: f.update({"tile/0/001": f["tile/0/001"][32:64] + f["tile/0/001"][:32] + f["tile/0/001"][64:]}),
        [(FaultKind.REORDERED, "tile/0/001")],
    ),
    "a bundle and the tile above": (
        lambda f: (_flip(f, WHOLE.path, 5), _flip(f, "tile/1/000.p/3", 70)),
        [(FaultKind.CHANGED, "entry 256"), (FaultKind.CHANGED, "tile/1/000.p/3")],
    ),
    "a bundle here, a tile there": (
        lambda f: (_flip(f, WHOLE.path, 5), _flip(f, "tile/0/002", 70)),
        [(FaultKind.CHANGED, "entry 256"), (FaultKind.CHANGED, "tile/0/002")],
    ),
    "a bundle and its tile deleted": (
        lambda f: (f.pop(WHOLE.path), f.pop("tile/0/001")),
        [(FaultKind.REMOVED, "entries 256–511"), (FaultKind.REMOVED, "tile/0/001")],
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_where_it_was_done_and_nowhere_else(damage: str) -> None:
    files, root = a_folder(SIZE)
    act, expected = DAMAGES[damage]
    act(files)
    verdict = checked(files, SIZE, root)
    assert verdict.proven
    assert kinds(verdict, SIZE) == expected


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 700, 65_535, 65_536, 66_000])
def test_a_log_of_any_size_is_proven_by_its_root(size: int) -> None:
    files, root = a_folder(size)
    verdict = checked(files, size, root)
    assert (verdict.proven, verdict.spans) == (True, ())


def test_a_bundle_and_its_tile_changed_together_are_blamed_by_the_tile_above() -> None:
    files, root = a_folder(SIZE)
    _edit(files, WHOLE, lambda held: [b"forged", *held[1:]])
    files["tile/0/001"] = leaf_hash(b"forged") + files["tile/0/001"][HASH_SIZE:]
    verdict = checked(files, SIZE, root)
    assert verdict.proven
    assert kinds(verdict, SIZE) == [(FaultKind.CHANGED, "entries 256–511"), (FaultKind.CHANGED, "tile/0/001")]


def test_a_log_changed_from_end_to_end_does_not_lead_to_the_root() -> None:
    files, _ = a_folder(SIZE)
    verdict = checked(files, SIZE, leaf_hash(b"another"))
    assert not verdict.proven
    assert [fault.fault for fault in verdict.faults(SIZE)] == [Fault.ROOT_DIFFERS]


def test_damage_in_one_range_is_not_blamed_on_another() -> None:
    size = 2 * 65_536 + 300
    files, root = a_folder(size)
    _flip(files, Bundle(300).path, 5)
    _flip(files, "tile/2/000.p/2", 3)
    files.pop(Bundle(2).path)
    verdict = checked(files, size, root)
    assert verdict.proven
    assert kinds(verdict, size) == [
        (FaultKind.CHANGED, "entry 76800"),
        (FaultKind.REMOVED, "entries 512–767"),
        (FaultKind.CHANGED, "tile/2/000.p/2"),
    ]


def test_a_range_that_is_wholly_gone_is_told_and_the_rest_is_still_proven() -> None:
    size = 2 * 65_536 + 300
    files, root = a_folder(size)
    for number in range(256, 512):
        files.pop(Bundle(number).path)
        files.pop(Tile(0, number).path)
    files.pop("tile/1/001")
    verdict = checked(files, size, root)
    assert verdict.proven
    assert (FaultKind.REMOVED, "entries 65536–131071") in kinds(verdict, size)
    assert {fault.kind for fault in verdict.faults(size)} == {FaultKind.REMOVED}


@pytest.mark.parametrize("begin", [0, 256, 512, 768])
@pytest.mark.parametrize("end", [900, 1_000])
def test_a_part_of_a_log_is_proven_with_the_tree_beside_it(begin: int, end: int) -> None:
    files, root = a_folder(SIZE)
    checks: list[RangeCheck] = [check_range(begin, end, SIZE, files.get)]
    beside = tiled_nodes(0, begin, SIZE, files.get) | tiled_nodes(end, SIZE, SIZE, files.get)
    assert judge(SIZE, root, checks, files.get, beside).proven
    assert not judge(SIZE, leaf_hash(b"x"), checks, files.get, beside).proven


def test_the_root_at_every_earlier_size_comes_with_the_range() -> None:
    files, _ = a_folder(700)
    hashes = [leaf_hash(f"entry {number}".encode()) for number in range(700)]
    left = tiled_nodes(0, 256, 700, files.get)
    (version,) = check_range(256, 700, 700, files.get, left=left, sizes=range(257, 701)).versions
    assert version.roots == {size: root_of(hashes[:size]) for size in range(257, 701)}


@pytest.mark.parametrize("path", ["tile/0/003.p/232", "tile/1/000.p/3"])
def test_the_right_edge_is_compared_with_the_true_tree(path: str) -> None:
    files, root = a_folder(SIZE)
    verdict = checked(files, SIZE, root)
    assert wrong_edge(SIZE, verdict.nodes, files.get) == ()
    _flip(files, path, 40)
    (found,) = wrong_edge(SIZE, verdict.nodes, files.get)
    assert found.fault is Fault.TILE_CHANGED
    files.pop(path)
    (found,) = wrong_edge(SIZE, verdict.nodes, files.get)
    assert found.fault is Fault.TILE_REMOVED


def test_partial_files_that_were_tidied_away_are_the_beginning_of_the_full_ones() -> None:
    files, _ = a_folder(SIZE)
    hashes = [leaf_hash(f"entry {number}".encode()) for number in range(900)]
    later, _ = a_folder(1_100)
    files = {path: content for path, content in {**files, **later}.items() if ".p/232" not in path}
    checks = [check_range(start, end, 900, files.get) for start, end in ranges(0, 900)]
    verdict = judge(900, root_of(hashes), checks, files.get)
    assert (verdict.proven, verdict.spans) == (True, ())


def test_a_checkpoint_that_is_unsigned_misplaced_or_of_another_tree_is_told_apart() -> None:
    def note(size: int, root: bytes, seed: str = "log") -> str:
        signer = local_signer(seed)
        return sign_checkpoint(Checkpoint(signer.key.name, size, root), signer.key, signer.sign).encode()

    root = leaf_hash(b"root")
    good = read_note(note(7, root), 7, SIGNER.key)
    assert isinstance(good, Checkpoint)
    for given, fault in (
        (note(7, root, "forger"), Fault.CHECKPOINT_UNSIGNED),
        ("", Fault.CHECKPOINT_UNSIGNED),
        (note(6, root), Fault.CHECKPOINT_MISPLACED),
    ):
        assert read_note(given, 7, SIGNER.key) == LogFault(fault=fault, where="checkpoint 7")
    assert list(wrong_roots([good], {7: root})) == []
    (found,) = wrong_roots([good], {7: leaf_hash(b"another")})
    assert (found.kind, found.where) == (FaultKind.CHANGED, "checkpoint 7")


def test_every_fault_is_of_one_kind_and_said_in_both_languages() -> None:
    """R-AUD-4: seven kinds, each with faults of its own."""
    assert set(FINDINGS) == set(Fault)
    assert {finding.kind for finding in FINDINGS.values()} == set(FaultKind) == set(KIND_WORDS)
    for fault in Fault:
        told = LogFault(fault=fault, where="entry 7", subject="case_0000000001")
        assert "entry 7" in told.zh
        assert "ntry 7" in told.en
        assert told.fault_id == LogFault.model_validate(told.model_dump()).fault_id


def test_spanning_subtrees_are_perfect_and_cover_without_overlap() -> None:
    for begin in range(40):
        for end in range(begin, 40):
            covered = [
                at
                for node in spanning(begin, end)
                for at in range(node.number << node.level, (node.number + 1) << node.level)
            ]
            assert covered == list(range(begin, end))
    assert TILE_WIDTH == 256
