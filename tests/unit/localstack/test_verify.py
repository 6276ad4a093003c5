"""`shenguan verify` as a court's expert uses it: a file, a key, an answer (R-AUD-5)."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from localstack import verdict
from localstack import verify as module
from shared.contracts.evidence import Reason
from shared.kernel.cosignatures import Cosigner
from tests.support.audit_builders import SIGNER, local_signer
from tests.support.evidence_builders import CASE, a_chain, evidence_of
from tests.support.witness_builders import cosigned, local_witness

KEY = SIGNER.key.vkey
CHAIN = a_chain(2)
TEXT = evidence_of(CHAIN).model_dump_json()
COURT, PRESS, BUREAU = (local_witness(f"{name}.example/w") for name in ("court", "press", "bureau"))


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Judge":
    """Runs the command on a text."""
    monkeypatch.setattr(verdict.console, "width", 160)
    return Judge(tmp_path / "evidence.json")


class Judge:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.app = typer.Typer()
        self.app.command()(module.verify)

    def __call__(self, text: str | None, key: str = KEY, *options: str) -> Result:
        if text is not None:
            self.path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(self.app, [str(self.path), "--key", key, *options])


def test_a_proven_hand_over_is_told_with_who_what_and_when(judge: Judge) -> None:
    result = judge(TEXT)
    assert result.exit_code == 0, result.output
    for told in (CASE, CHAIN[0].id, CHAIN[1].id, "2026-03-02 09:30:00.000", "2026-03-02T01:30:00.000Z",
                 "dept_market_regulation", "cli_liaison_0001", "code: forbidden", "2 events are proven"):  # fmt: skip
        assert told in result.output
    assert result.output.index(CHAIN[0].id) < result.output.index(CHAIN[1].id)


def test_what_is_not_disclosed_is_said_so(judge: Judge) -> None:
    result = judge(evidence_of(CHAIN[:1], disclosed=False).model_dump_json())
    assert result.exit_code == 0
    assert "not disclosed" in result.output
    assert "cli_liaison_0001" not in result.output


def test_a_changed_payload_is_refuted_in_words(judge: Judge) -> None:
    result = judge(TEXT.replace("forbidden", "forgotten"))
    assert result.exit_code == 1
    assert Reason.DISCLOSURE_CHANGED.value in result.output
    assert "披露内容与承诺不符" in result.output


def test_another_logs_key_refutes(judge: Judge) -> None:
    result = judge(TEXT, local_signer("another").key.vkey)
    assert result.exit_code == 1
    assert Reason.CHECKPOINT_UNSIGNED.value in result.output


@pytest.mark.parametrize("text", ["", "{}", None], ids=["empty", "no evidence", "no file"])
def test_without_an_evidence_file_there_is_nothing_to_judge(judge: Judge, text: str | None) -> None:
    result = judge(text)
    assert result.exit_code == 2
    assert "cannot be judged" in result.output


def test_without_a_key_there_is_nothing_to_judge(judge: Judge) -> None:
    result = judge(TEXT, KEY[:-4])
    assert result.exit_code == 2
    assert "key" in result.output


def test_nested_content_is_told_line_by_line() -> None:
    told = list(verdict.flat({"push": {"stage": "decision", "materials": [{"name": "图纸"}], "none": None}}))
    assert told == [("push.stage", "decision"), ("push.materials[1].name", "图纸")]


def test_every_reason_has_its_words() -> None:
    assert set(module._REASONS) == set(Reason)


COSIGNED = cosigned(evidence_of(CHAIN), COURT, PRESS).model_dump_json()


def options(*witnesses: Cosigner, quorum: int | None = None) -> list[str]:
    named = [part for each in witnesses for part in ("--witness", each.key.vkey)]
    return named if quorum is None else [*named, "--quorum", str(quorum)]


def test_who_cosigned_is_told_with_the_time(judge: Judge) -> None:
    result = judge(COSIGNED, KEY, *options(COURT, BUREAU))
    assert result.exit_code == 0, result.output
    assert "court.example/w · 2026-03-02 09:30:00.000" in result.output
    assert "court.example/w cosigned the checkpoints of 2 of 2" in result.output
    assert "bureau.example/w cosigned the checkpoints of 0 of 2" in result.output
    assert "press.example" not in result.output


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (options(COURT, PRESS, BUREAU, quorum=2), 0),
        (options(COURT, PRESS, BUREAU, quorum=3), 1),
        (options(BUREAU), 1),
        (options(BUREAU, quorum=0), 0),
        (options(COURT, quorum=2), 2),
        (options(COURT, COURT), 2),
        (["--witness", SIGNER.key.vkey], 2),
        (["--quorum", "1"], 2),
    ],
)
def test_a_quorum_of_witnesses_may_be_asked_for(judge: Judge, asked: list[str], code: int) -> None:
    result = judge(COSIGNED, KEY, *asked)
    assert result.exit_code == code, result.output
    if code == 1:
        assert Reason.NOT_WITNESSED.value in result.output
        assert "见证签名" in result.output
