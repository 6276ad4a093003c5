"""Merkle tree hashing and proofs of RFC 6962 and RFC 9162 (R-AUD-3).

The tree is never held. What is needed of it are hashes of *perfect subtrees*, named by
:class:`Node`; a :data:`HashReader` fetches all that one question needs in a single call. Tiles are
one such reader (`shared.kernel.tiles`), a list in memory is another (:func:`memory_reader`).

Proving asks for what may not exist and raises ValueError; verifying raises :class:`ProofError` with
the reason and returns nothing, so that a forgotten `if` cannot turn a bad proof into a good one.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not prove what it claims. The text says what failed."""


class Node(NamedTuple):
    """The perfect subtree over leaves `number << level` to `(number + 1) << level`, exclusive."""

    level: int
    number: int


HashReader = Callable[[Sequence[Node]], Sequence[bytes]]
"""Answers the hashes of the nodes asked for, in that order."""

_Range = tuple[int, int]
"""Leaves `begin` up to `end`, exclusive: one subtree of the RFC's recursion."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry), RFC 9162 § 2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right), RFC 9162 § 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of a tree given all its leaf hashes; one pass, logarithmic memory."""
    stack: list[tuple[int, bytes]] = []  # (level, hash), levels strictly falling
    for leaf in leaf_hashes:
        level, value = 0, leaf
        while stack and stack[-1][0] == level:
            value = node_hash(stack.pop()[1], value)
            level += 1
        stack.append((level, value))
    return _fold([value for _, value in stack]) if stack else EMPTY_ROOT


# --- Proving -------------------------------------------------------------------------------------


def root(size: int, read: HashReader) -> bytes:
    """The root of the first `size` leaves."""
    if size == 0:
        return EMPTY_ROOT
    return _subtree_hashes([(0, size)], read)[0]


def inclusion_proof(index: int, size: int, read: HashReader) -> tuple[bytes, ...]:
    """PATH(index, D[0:size]) of RFC 9162 § 2.1.3.1: from the leaf's sibling up to the root's child.

    Raises:
        ValueError: there is no such leaf in a tree of that size.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path: list[_Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _left_size(end - begin)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    return _subtree_hashes(path[::-1], read)


def consistency_proof(old_size: int, size: int, read: HashReader) -> tuple[bytes, ...]:
    """PROOF(old_size, D[0:size]) of RFC 9162 § 2.1.4.1; empty for equal sizes.

    Raises:
        ValueError: not 1 ≤ old_size ≤ size. (From the empty tree there is nothing to prove.)
    """
    if not 1 <= old_size <= size:
        raise ValueError(f"no consistency proof leads from size {old_size} to {size}")
    path: list[_Range] = []
    begin, end = 0, size
    while end != old_size:
        middle = begin + _left_size(end - begin)
        if old_size <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((begin, middle))
            begin = middle
    if begin > 0:  # otherwise this subtree is the old tree, whose root the verifier has
        path.append((begin, end))
    return _subtree_hashes(path[::-1], read)


def memory_reader(leaf_hashes: Sequence[bytes]) -> HashReader:
    """A reader over leaf hashes in memory, recomputing what it is asked; for small trees."""

    def read(nodes: Sequence[Node]) -> Sequence[bytes]:
        return [root_of(leaf_hashes[n.number << n.level : (n.number + 1) << n.level]) for n in nodes]

    return read


def nodes_of(begin: int, end: int) -> tuple[Node, ...]:
    """The perfect subtrees, left to right, that make up a subtree over leaves `begin` to `end`."""
    nodes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return tuple(nodes)


def spanning(begin: int, end: int) -> tuple[Node, ...]:
    """The fewest perfect subtrees, left to right, that make up leaves `begin` to `end`, wherever these are."""
    nodes = []
    while begin < end:
        room = (end - begin).bit_length() - 1
        level = min(room, (begin & -begin).bit_length() - 1) if begin else room
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return tuple(nodes)


def perfect_root(packed: bytes) -> bytes:
    """The root over a power of two of hashes, given one after another: the short way for much data."""
    sha256 = hashlib.sha256
    while len(packed) > HASH_SIZE:
        packed = b"".join([sha256(b"\x01" + packed[at : at + 64]).digest() for at in range(0, len(packed), 64)])
    return packed


def joined_root(size: int, known: Mapping[Node, bytes]) -> bytes:
    """The root of the first `size` leaves, out of any perfect subtrees that make them up between them.

    Raises:
        KeyError: they leave a gap; the node named lies in it.
    """

    def hash_of(node: Node) -> bytes:
        found = known.get(node)
        if found is not None:
            return found
        if node.level == 0:
            raise KeyError(node)
        left = Node(node.level - 1, node.number * 2)
        return node_hash(hash_of(left), hash_of(Node(left.level, left.number + 1)))

    return root(size, lambda nodes: [hash_of(node) for node in nodes])


def _subtree_hashes(ranges: Sequence[_Range], read: HashReader) -> tuple[bytes, ...]:
    wanted = [nodes_of(begin, end) for begin, end in ranges]
    hashes: Iterator[bytes] = iter(read([node for nodes in wanted for node in nodes]))
    return tuple(_fold(list(islice(hashes, len(nodes)))) for nodes in wanted)


def _fold(hashes: list[bytes]) -> bytes:
    """The hash of neighbouring perfect subtrees of falling height, joined from the right."""
    value = hashes[-1]
    for left in hashes[-2::-1]:
        value = node_hash(left, value)
    return value


def _left_size(size: int) -> int:
    """The largest power of two smaller than `size` (≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


# --- Verifying -----------------------------------------------------------------------------------


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Check that the leaf hash `leaf` is at `index` in the tree (RFC 9162 § 2.1.3.2).

    Raises:
        ProofError: it is not, or the proof is malformed.
    """
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    _check_hashes((leaf, *proof))
    at, last = index, size - 1
    value = leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if at & 1 or at == last:
            value = node_hash(sibling, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofError("the inclusion proof is too short")
    if value != expected_root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(old_size: int, size: int, old_root: bytes, expected_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `size` begins with that of `old_size` (RFC 9162 § 2.1.4.2).

    Raises:
        ProofError: it does not, the proof is malformed, or `old_size` is 0 (which proves nothing).
    """
    if not 1 <= old_size <= size:
        raise ProofError(f"no consistency proof leads from size {old_size} to {size}")
    if old_size == size:
        _check_same_tree(old_root, expected_root, proof)
        return
    _check_hashes((old_root, *proof))
    if not proof:
        raise ProofError("the consistency proof is empty")
    # A power of two is a perfect subtree: its own root is the start and is left out of the proof.
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    old, new = _consistent_roots(old_size, size, path)
    if old != old_root:
        raise ProofError("the consistency proof leads to another old root")
    if new != expected_root:
        raise ProofError("the consistency proof leads to another new root")


def _consistent_roots(old_size: int, size: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots that steps 4 to 6 of RFC 9162 § 2.1.4.2 arrive at."""
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for value in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if at & 1 or at == last:
            old, new = node_hash(value, old), node_hash(value, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, value)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofError("the consistency proof is too short")
    return old, new


def _check_same_tree(old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofError("the consistency proof of a tree with itself must be empty")
    if old_root != new_root:
        raise ProofError("two roots are given for one size")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofError(f"a hash is not {HASH_SIZE} bytes long")
