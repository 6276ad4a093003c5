"""Evidence files: what they prove, and by which check a false one falls (R-AUD-4, R-AUD-5)."""

from collections.abc import Callable
from itertools import permutations

import pytest
from pydantic import ValidationError

from shared.contracts.evidence import (
    FORMAT,
    EvidenceEntry,
    EvidenceError,
    EvidenceFile,
    Reason,
    Refuted,
    left_out,
    read_evidence,
    verify_evidence,
)
from shared.kernel.tlog_proof import TlogProof, parse_proof
from tests.support.audit_builders import ORIGIN, SIGNER, an_event, local_signer
from tests.support.evidence_builders import a_chain, disclosure_of, evidence_of

CHAIN = a_chain(3)
FILE = evidence_of(CHAIN)
FIRST, SECOND, THIRD = FILE.entries


def with_first(**changes: object) -> EvidenceFile:
    return FILE.model_copy(update={"entries": (FIRST.model_copy(update=changes), SECOND, THIRD)})


def test_a_hand_over_is_proven_by_the_key_alone() -> None:
    facts = verify_evidence(read_evidence(FILE.model_dump_json()), SIGNER.key)
    assert [fact.envelope.id for fact in facts] == [event.id for event in CHAIN]
    assert [fact.index for fact in facts] == [5, 6, 7]
    assert {(fact.checkpoint.origin, fact.checkpoint.size) for fact in facts} == {(ORIGIN, 8)}
    assert [fact.payload for fact in facts] == [event.data for event in CHAIN]


def test_what_is_not_disclosed_is_proven_and_stays_hidden() -> None:
    (fact,) = verify_evidence(evidence_of([an_event()], disclosed=False), SIGNER.key)
    assert fact.payload is None


def _proof(entry: EvidenceEntry, **changes: object) -> str:
    given = parse_proof(entry.proof)
    parts = {"index": given.index, "path": given.path, "checkpoint": given.checkpoint, "extra": given.extra}
    return TlogProof(**(parts | changes)).encode()  # type: ignore[arg-type]


DAMAGE: dict[str, tuple[Reason, Callable[[], EvidenceFile]]] = {
    "another department": (
        Reason.NOT_IN_LOG,
        lambda: with_first(envelope=FIRST.envelope.model_copy(update={"department": "dept_another_department"})),
    ),
    "another event's proof": (Reason.NOT_IN_LOG, lambda: with_first(proof=SECOND.proof)),
    "another place": (Reason.NOT_IN_LOG, lambda: with_first(proof=_proof(FIRST, index=4))),
    "a shorter path": (Reason.NOT_IN_LOG, lambda: with_first(proof=_proof(FIRST, path=()))),
    "no proof": (Reason.PROOF_MALFORMED, lambda: with_first(proof="")),
    "extra data": (Reason.PROOF_MALFORMED, lambda: with_first(proof=_proof(FIRST, extra=b"believe me"))),
    "a larger checkpoint": (
        Reason.CHECKPOINT_UNSIGNED,
        lambda: with_first(proof=FIRST.proof.replace("\n8\n", "\n9\n")),
    ),
    "a payload of another event": (
        Reason.DISCLOSURE_CHANGED,
        lambda: with_first(disclosure=disclosure_of(CHAIN[1])),
    ),
    "a payload that is none": (
        Reason.DISCLOSURE_CHANGED,
        lambda: with_first(disclosure=disclosure_of(CHAIN[0]).model_copy(update={"payload": {"n": 2**60}})),
    ),
    "a payload that says something else": (
        Reason.DISCLOSURE_CHANGED,
        lambda: with_first(disclosure=disclosure_of(an_event(code="unauthorized"))),
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_falsehood_is_told_by_its_own_reason(damage: str) -> None:
    reason, build = DAMAGE[damage]
    with pytest.raises(Refuted) as refuted:
        verify_evidence(build(), SIGNER.key)
    assert (refuted.value.reason, refuted.value.event_id) == (reason, FIRST.envelope.id)


def test_events_of_two_histories_of_one_case_do_not_stand_together() -> None:
    """Each is in a log the key signed, but the second does not follow the first (R-AUD-2)."""
    two = evidence_of([CHAIN[0], a_chain(2)[1]])
    with pytest.raises(Refuted) as refuted:
        verify_evidence(two, SIGNER.key)
    assert refuted.value.reason is Reason.CHAIN_BROKEN


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_two_events_with_one_number_are_two_histories_in_whatever_order_they_stand(order: tuple[int, ...]) -> None:
    """R-AUD-2, R-AUD-4: each follows its predecessor, and only one can be what happened."""
    fork = an_event(subject=CHAIN[1].subject, sequence=2, previous=CHAIN[0].hash())
    given = [*CHAIN, fork]
    with pytest.raises(Refuted) as refuted:
        verify_evidence(evidence_of([given[at] for at in order]), SIGNER.key)
    assert refuted.value.reason is Reason.CHAIN_BROKEN


def test_the_first_event_of_a_chain_follows_none() -> None:
    """R-AUD-2."""
    with pytest.raises(Refuted) as refuted:
        verify_evidence(evidence_of([an_event(previous=CHAIN[0].hash())]), SIGNER.key)
    assert refuted.value.reason is Reason.CHAIN_BROKEN


def test_an_event_told_twice_is_one() -> None:
    assert len(verify_evidence(evidence_of([*CHAIN, CHAIN[1]]), SIGNER.key)) == 4


def test_what_two_services_tell_of_one_case_are_two_chains() -> None:
    """R-AUD-2: each numbers its own."""
    other = an_event(subject=CHAIN[0].subject, code="unauthorized").model_copy(update={"source": "/shenguan/credit"})
    facts = verify_evidence(evidence_of([CHAIN[0], other, CHAIN[1]]), SIGNER.key)
    assert left_out(facts) == ()


def test_what_a_file_leaves_out_before_and_between_is_known() -> None:
    """R-AUD-4: who hands over a case chooses what he shows of it."""
    chain = a_chain(9)
    given = [chain[at - 1] for at in (8, 2, 6, 2, 7)]
    facts = verify_evidence(evidence_of(given), SIGNER.key)
    assert [(gap.first, gap.last) for gap in left_out(facts)] == [(1, 1), (3, 5)]
    assert {(gap.source, gap.subject) for gap in left_out(facts)} == {(chain[0].source, chain[0].subject)}
    assert left_out(verify_evidence(FILE, SIGNER.key)) == ()


@pytest.mark.parametrize("signer", [local_signer("other"), local_signer("log", "other.example/log")])
def test_another_key_or_another_log_proves_nothing(signer: object) -> None:
    with pytest.raises(Refuted) as refuted:
        verify_evidence(FILE, signer.key)  # type: ignore[attr-defined]
    assert refuted.value.reason is Reason.CHECKPOINT_UNSIGNED


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "the file"),
        ("[]", "the file"),
        ('{"format": "shenguan-evidence/1", "entries": []}', "entries"),
        ('{"format": "shenguan-evidence/2", "entries": []}', "format"),
        (FILE.model_dump_json().replace('"nonce"', '"once"', 1), "entries/0/disclosure/once"),
    ],
    ids=["nothing", "no object", "no entries", "another format", "a misspelt name"],
)
def test_what_is_no_evidence_file_is_named_at_its_place(text: str, where: str) -> None:
    with pytest.raises(EvidenceError, match=f"^{where}: ") as found:
        read_evidence(text)
    assert not isinstance(found.value, Refuted)


def test_of_many_entries_that_are_none_the_first_is_told_alone() -> None:
    """R-AUD-5: what is wrong with a hostile file takes no more memory than the file."""
    with pytest.raises(ValidationError) as found:
        EvidenceFile.model_validate({"format": FORMAT, "entries": [{} for _ in range(1_000)]})
    told = found.value.errors()
    assert told[0]["loc"][:2] == ("entries", 0)
    assert len(told) < 10


def test_of_a_file_with_many_unknown_names_their_number_is_told() -> None:
    """R-AUD-5: nobody waits for a million complaints."""
    entry = ", ".join(f'"{number}": 1' for number in range(1_000))
    with pytest.raises(EvidenceError, match="in 1003 places"):
        read_evidence(f'{{"format": "{FORMAT}", "entries": [{{{entry}, "envelope": 1}}, {{}}]}}')
