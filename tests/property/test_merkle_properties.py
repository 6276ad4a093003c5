"""Laws of the Merkle tree (R-AUD-3, R-AUD-4): every proof verifies, every change breaks it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.merkle import (
    EMPTY_ROOT,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    memory_reader,
    node_hash,
    root,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(str(number).encode()) for number in range(300)]
READ = memory_reader(LEAVES)

sizes = st.integers(1, len(LEAVES))
bits = st.integers(0, 255)


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 9162 § 2.1.1 defines it, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("size", range(67))
def test_the_root_is_that_of_the_recursive_definition(size: int) -> None:
    assert root_of(LEAVES[:size]) == root(size, READ) == naive_root(LEAVES[:size])


@pytest.mark.parametrize("size", range(1, 67))
def test_every_leaf_of_every_small_tree_is_proven(size: int) -> None:
    for index in range(size):
        proof = inclusion_proof(index, size, READ)
        verify_inclusion(index, size, LEAVES[index], proof, root(size, READ))


@pytest.mark.parametrize("size", range(1, 67))
def test_every_earlier_tree_of_every_small_tree_is_proven(size: int) -> None:
    for old in range(1, size + 1):
        proof = consistency_proof(old, size, READ)
        verify_consistency(old, size, root(old, READ), root(size, READ), proof)


@given(sizes, st.data())
def test_an_inclusion_proof_verifies_for_its_leaf_and_place_only(size: int, data: st.DataObject) -> None:
    index, other = (data.draw(st.integers(0, size - 1)) for _ in range(2))
    proof, expected = inclusion_proof(index, size, READ), root(size, READ)
    verify_inclusion(index, size, LEAVES[index], proof, expected)
    if other != index:
        with pytest.raises(ProofError):
            verify_inclusion(other, size, LEAVES[index], proof, expected)
        with pytest.raises(ProofError):
            verify_inclusion(index, size, LEAVES[other], proof, expected)


@given(sizes, bits, st.data())
def test_any_changed_bit_breaks_an_inclusion_proof(size: int, bit: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    parts = [LEAVES[index], root(size, READ), *inclusion_proof(index, size, READ)]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], bit)
    with pytest.raises(ProofError):
        verify_inclusion(index, size, parts[0], parts[2:], parts[1])


@given(sizes, bits, st.data())
def test_any_changed_bit_breaks_a_consistency_proof(size: int, bit: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    parts = [root(old, READ), root(size, READ), *consistency_proof(old, size, READ)]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], bit)
    with pytest.raises(ProofError):
        verify_consistency(old, size, parts[0], parts[1], parts[2:])


@given(sizes, st.data())
def test_a_rewritten_history_has_no_consistency_proof(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    at = data.draw(st.integers(0, old - 1))
    forged = [*LEAVES]
    forged[at] = leaf_hash(b"forged")
    read = memory_reader(forged)
    with pytest.raises(ProofError):
        verify_consistency(old, size, root(old, READ), root(size, read), consistency_proof(old, size, read))


@given(
    st.integers(-1, 40),
    st.integers(-1, 40),
    st.lists(st.binary(max_size=33), max_size=8),
    st.binary(max_size=33),
)
def test_rubbish_is_refused_and_never_crashes(index: int, size: int, proof: list[bytes], value: bytes) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(index, size, value, proof, EMPTY_ROOT)
    with pytest.raises(ProofError):
        verify_consistency(index, size, value, bytes(34), proof)
