"""Merkle tree hashing and proofs (R-AUD-3; RFC 6962, RFC 9162)."""

import hashlib

import pytest

from shared.kernel.merkle import (
    EMPTY_ROOT,
    Node,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    memory_reader,
    node_hash,
    nodes_of,
    root,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The eight entries of the certificate-transparency reference tests, and the roots known of them.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
READ = memory_reader(LEAVES)


def hexed(hashes: tuple[bytes, ...]) -> list[str]:
    return [value.hex() for value in hashes]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT == root_of([]) == root(0, READ)


def test_leaves_and_nodes_are_hashed_apart() -> None:
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_known_ones(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]
    assert root(size, READ).hex() == ROOTS[size]


def test_a_known_inclusion_proof_runs_from_the_sibling_to_the_root_s_child() -> None:
    proof = inclusion_proof(5, 8, READ)
    assert hexed(proof) == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    verify_inclusion(5, 8, LEAVES[5], proof, bytes.fromhex(ROOTS[8]))


def test_a_known_consistency_proof() -> None:
    proof = consistency_proof(6, 8, READ)
    assert hexed(proof) == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    verify_consistency(6, 8, bytes.fromhex(ROOTS[6]), bytes.fromhex(ROOTS[8]), proof)


def test_a_proof_asks_its_reader_once() -> None:
    calls: list[list[Node]] = []

    def read(nodes: object) -> list[bytes]:
        assert isinstance(nodes, list)
        calls.append(nodes)
        return [bytes(32)] * len(nodes)

    inclusion_proof(0, 7, read)
    assert calls == [[Node(0, 1), Node(1, 1), Node(1, 2), Node(0, 6)]]


def test_a_range_is_made_of_perfect_subtrees() -> None:
    assert nodes_of(0, 7) == (Node(2, 0), Node(1, 2), Node(0, 6))
    assert nodes_of(8, 8) == ()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, READ)
    with pytest.raises(ProofError, match="no leaf"):
        verify_inclusion(index, size, LEAVES[0], [], EMPTY_ROOT)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 3), (4, 3)])
def test_nothing_is_proven_of_an_empty_or_larger_old_tree(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        consistency_proof(old, new, READ)
    with pytest.raises(ProofError, match="no consistency proof"):
        verify_consistency(old, new, EMPTY_ROOT, EMPTY_ROOT, [])


def test_each_failure_of_an_inclusion_proof_is_named() -> None:
    proof, expected = inclusion_proof(2, 5, READ), root(5, READ)
    for bad, reason in (
        (proof[:-1], "too short"),
        ((*proof, bytes(32)), "too long"),
        ((*proof[:-1], bytes(31)), "32 bytes"),
        ((*proof[:-1], bytes(32)), "another root"),
    ):
        with pytest.raises(ProofError, match=reason):
            verify_inclusion(2, 5, LEAVES[2], bad, expected)


def test_each_failure_of_a_consistency_proof_is_named() -> None:
    proof, old, new = consistency_proof(3, 5, READ), root(3, READ), root(5, READ)
    for bad, reason in (
        ((), "is empty"),
        (proof[:-1], "too short"),
        ((*proof, bytes(32)), "too long"),
        ((*proof[:-1], b""), "32 bytes"),
        ((*proof[:-1], bytes(32)), "another new root"),
        ((bytes(32), *proof[1:]), "another old root"),
    ):
        with pytest.raises(ProofError, match=reason):
            verify_consistency(3, 5, old, new, bad)


def test_a_tree_is_consistent_with_itself_by_an_empty_proof_only() -> None:
    verify_consistency(3, 3, root(3, READ), root(3, READ), [])
    with pytest.raises(ProofError, match="must be empty"):
        verify_consistency(3, 3, root(3, READ), root(3, READ), [bytes(32)])
    with pytest.raises(ProofError, match="two roots"):
        verify_consistency(3, 3, root(3, READ), bytes(32), [])
