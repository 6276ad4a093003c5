"""The right edge of a growing Merkle tree: all that is needed of it to append and to know the root (RFC 9162, R-AUD-3).

A tree of n leaves is a row of perfect subtrees, one for each bit of n, the largest first. Their roots are what the tree
is remembered by: at most 63 hashes, whatever its size.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.kernel.merkle import EMPTY_ROOT, node_hash


@dataclass(frozen=True, slots=True)
class Frontier:
    """The edge of a tree of `size` leaves: the roots of its perfect subtrees, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one root for each bit of the size."""
        if len(self.peaks) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has {self.size.bit_count()} perfect subtrees")

    def grown(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """The edge after appending leaves; one pass."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaf_hashes:
            value, rest = leaf, size
            while rest & 1:
                value = node_hash(peaks.pop(), value)
                rest >>= 1
            peaks.append(value)
            size += 1
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The tree's root."""
        if not self.peaks:
            return EMPTY_ROOT
        value = self.peaks[-1]
        for left in self.peaks[-2::-1]:
            value = node_hash(left, value)
        return value
