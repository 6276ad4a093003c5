"""Evidence whose checkpoint witnesses cosigned: who saw the same log, and when (R-AUD-5)."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from shared.contracts.evidence import Reason, Refuted, verify_evidence
from shared.kernel.cosignatures import Cosigner, Panel
from shared.kernel.notes import NoteError
from tests.support.audit_builders import NOW, SIGNER, an_event
from tests.support.commands import commands, printed
from tests.support.evidence_builders import a_chain, evidence_of
from tests.support.witness_builders import cosigned, local_witness

COURT, PRESS, BUREAU = (local_witness(f"{name}.example/w") for name in ("court", "press", "bureau"))
KEYS = tuple(each.key for each in (COURT, PRESS, BUREAU))


def test_who_cosigned_and_when_is_part_of_what_is_proven() -> None:
    file = cosigned(evidence_of(a_chain(2)), COURT, PRESS)
    for fact in verify_evidence(file, SIGNER.key, panel=Panel(KEYS, 2)):
        assert [(each.key, each.at) for each in fact.cosignatures] == [
            (COURT.key, NOW),
            (PRESS.key, NOW + timedelta(hours=1)),
        ]


def test_cosignatures_do_not_disturb_who_relies_on_the_log_alone() -> None:
    file = cosigned(evidence_of(a_chain(2)), COURT, PRESS)
    assert [fact.cosignatures for fact in verify_evidence(file, SIGNER.key)] == [(), ()]


@pytest.mark.parametrize(("quorum", "signers"), [(1, ()), (2, (COURT,)), (3, (COURT, PRESS))])
def test_fewer_than_the_judge_asks_for_refute(quorum: int, signers: tuple[Cosigner, ...]) -> None:
    file = cosigned(evidence_of(a_chain(1)), *signers)
    with pytest.raises(Refuted, match=f"{len(signers)} of 3") as refuted:
        verify_evidence(file, SIGNER.key, panel=Panel(KEYS, quorum))
    assert refuted.value.reason is Reason.NOT_WITNESSED


def test_one_witness_counts_once_however_often_it_cosigned() -> None:
    file = cosigned(cosigned(evidence_of(a_chain(1)), COURT), COURT)
    with pytest.raises(Refuted, match="1 of 3"):
        verify_evidence(file, SIGNER.key, panel=Panel(KEYS, 2))


def test_a_cosignature_of_another_history_refutes_also_where_none_is_asked_for() -> None:
    """The log shows the court one tree and the holder another: the court's line does not fit here."""
    chain = a_chain(1)
    here, elsewhere = evidence_of(chain), evidence_of([an_event(subject=chain[0].subject)])
    with pytest.raises(Refuted, match="cosignature of court") as refuted:
        verify_evidence(cosigned(here, COURT, of=elsewhere), SIGNER.key, panel=Panel(KEYS))
    assert refuted.value.reason is Reason.NOT_WITNESSED


def test_a_panel_is_of_different_keys_and_its_quorum_can_be_reached() -> None:
    renamed = type(COURT.key)("another.example/name", COURT.key.public_key)
    with pytest.raises(NoteError, match="same key"):
        Panel((COURT.key, renamed), 2)
    for quorum in (-1, 2):
        with pytest.raises(NoteError, match="cannot come"):
            Panel((COURT.key,), quorum)


TOOLS = ("sh", "jq", "openssl", "xxd", "base64")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
@pytest.mark.parametrize("changed", [False, True])
def test_a_cosignature_is_judged_by_hand_with_the_documents_commands(tmp_path: Path, *, changed: bool) -> None:
    chain = a_chain(1)
    here, elsewhere = evidence_of(chain), evidence_of([an_event(subject=chain[0].subject)])
    file = cosigned(here, COURT, PRESS, of=elsewhere if changed else here)
    (tmp_path / "evidence.json").write_text(file.model_dump_json(), encoding="utf-8")
    before = "\n".join([f"WITNESS='{PRESS.key.vkey}'", *commands("## By hand")[:2]])
    told = printed(tmp_path, "## A cosignature by hand", before)
    good = "Signature Verified Successfully"
    assert (told[0] == good) is not changed
    assert told[1] == "2026-03-02T02:30:00Z"
