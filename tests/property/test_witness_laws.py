"""The law of a witness: whatever it is asked, what it cosigned is one history that never gets shorter (R-AUD-3)."""

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.merkle import consistency_proof, memory_reader, verify_consistency
from shared.kernel.witnessing import Accepted, AddCheckpoint, Declined, Tree, judge
from tests.support.witness_builders import GrowingLog, growing_log

LEAVES = 40
HISTORIES = tuple(growing_log(leaves=LEAVES, common=common) for common in (LEAVES, 0, 7, 31))
"""A log as it is, and as its operator could show it otherwise: from the first entry on, or from a later one."""
LOGS = {HISTORIES[0].signer.key.name: (HISTORIES[0].signer.key,)}

sizes = st.integers(0, LEAVES)


@st.composite
def requests(draw: st.DrawFn) -> tuple[GrowingLog, int, bytes]:
    """A checkpoint of any history with any old size and any proof, mostly one that fits somewhere."""
    shown, proven = draw(st.sampled_from(HISTORIES)), draw(st.sampled_from(HISTORIES))
    size, old = draw(sizes), draw(sizes)
    begin, end = draw(st.sampled_from([(old, size), (size, size), (draw(sizes), size), (old, draw(sizes))]))
    proof = list(consistency_proof(begin, end, memory_reader(proven.leaves))) if 0 < begin <= end else []
    damaged = draw(st.integers(0, 3)) == 0
    if damaged and proof:
        proof[draw(st.integers(0, len(proof) - 1))] = draw(st.binary(min_size=32, max_size=32))
    return shown, size, AddCheckpoint(old, tuple(proof), shown.note(size)).encode()


@given(st.lists(requests(), max_size=25), st.booleans())
def test_what_a_witness_cosigned_is_one_history(asked: list[tuple[GrowingLog, int, bytes]], follows: bool) -> None:
    """`follows`: those who ask learn the size from its answers, as logs do, so that more is cosigned."""
    known, cosigned = Tree(), list[Tree]()
    for shown, size, body in asked:
        verdict = judge(body, LOGS, lambda _, tree=known: tree)  # type: ignore[misc]
        if follows and isinstance(verdict, Declined) and verdict.known_size is not None:
            verdict = judge(shown.request(verdict.known_size, size), LOGS, lambda _, tree=known: tree)  # type: ignore[misc]
        if isinstance(verdict, Accepted):
            known = Tree(verdict.checkpoint.size, verdict.checkpoint.root)
            cosigned.append(known)
    assert [tree.size for tree in cosigned] == sorted(tree.size for tree in cosigned)
    if cosigned:
        last = cosigned[-1]
        history = next(each for each in HISTORIES if each.root(last.size) == last.root)
        for tree in cosigned:
            assert tree.root == history.root(tree.size)
            if tree.size:
                proof = consistency_proof(tree.size, last.size, memory_reader(history.leaves))
                verify_consistency(tree.size, last.size, tree.root, last.root, proof)


@given(sizes, sizes)
def test_an_honest_log_is_always_cosigned_in_two_questions(first: int, then: int) -> None:
    """R-AUD-3: it asks from what it remembers, be that right or wrong, and then from what it is told."""
    log, known = HISTORIES[0], Tree(min(first, then), HISTORIES[0].root(min(first, then)))
    size = max(first, then)
    for remembered in (0, known.size, size):
        verdict = judge(log.request(remembered, size), LOGS, lambda _: known)
        if isinstance(verdict, Declined):
            assert verdict.known_size == known.size
            verdict = judge(log.request(verdict.known_size, size), LOGS, lambda _: known)
        assert isinstance(verdict, Accepted)
