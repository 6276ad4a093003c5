"""The edge of a growing tree gives the roots of the definition (RFC 9162, R-AUD-3)."""

import hashlib

import pytest

from shared.kernel.frontier import Frontier
from shared.kernel.merkle import EMPTY_ROOT, leaf_hash, root_of

LEAVES = [leaf_hash(str(number).encode()) for number in range(600)]


def test_at_every_size_it_gives_the_root_of_the_definition() -> None:
    frontier = Frontier()
    assert frontier.root == EMPTY_ROOT == hashlib.sha256(b"").digest()
    for size, leaf in enumerate(LEAVES, 1):
        frontier = frontier.grown([leaf])
        assert (frontier.size, frontier.root) == (size, root_of(LEAVES[:size]))


@pytest.mark.parametrize("cut", [0, 1, 255, 256, 257, 512, 599])
def test_it_goes_on_from_anywhere(cut: int) -> None:
    assert Frontier().grown(LEAVES[:cut]).grown(LEAVES[cut:]) == Frontier().grown(LEAVES)


def test_peaks_that_are_not_of_its_size_are_refused() -> None:
    with pytest.raises(ValueError, match="perfect subtrees"):
        Frontier(3, (LEAVES[0],))
