"""`shenguan verify` as a court's expert uses it: a file, a key, an answer (R-AUD-5)."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from localstack import bounded, verdict
from localstack import verify as module
from shared.contracts.event import Event
from shared.contracts.evidence import Reason
from shared.kernel.canonical import commitment
from shared.kernel.cosignatures import Cosigner
from tests.support.audit_builders import SIGNER, an_event, local_signer
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


def test_what_a_file_leaves_out_of_a_case_is_said(judge: Judge) -> None:
    """R-AUD-4."""
    chain = a_chain(7)
    result = judge(evidence_of([chain[1], chain[5]]).model_dump_json())
    assert result.exit_code == 0, result.output
    assert f"no. 1 of {CASE} · {chain[0].source} is not in this file" in result.output
    assert f"no. 3–5 of {CASE} · {chain[0].source} are not in this file" in result.output
    assert "not in this file" not in judge(TEXT).output


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (3, 2, 1, 0)])
def test_a_fork_is_refuted_in_words(judge: Judge, order: tuple[int, ...]) -> None:
    """R-AUD-2."""
    chain = a_chain(3)
    given = [*chain[:2], an_event(subject=CASE, sequence=2, previous=chain[0].hash()), chain[2]]
    result = judge(evidence_of([given[at] for at in order]).model_dump_json())
    assert (result.exit_code, Reason.CHAIN_BROKEN.value in result.output) == (1, True)
    assert "办件链条断裂" in result.output


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


CLEARS = "\x1b[2J\x1b[H\x1b[1;32m✔ 1 event is proven\x1b[0m"
TURNS = "\u202e\u2066abc"
BREAKS = "x\n✔ 1 event is proven by the log"


def telling(event: Event, body: dict[str, Any]) -> Event:
    """The event with another body, committed to."""
    data = event.data.model_copy(update={"body": body})
    committed = commitment(bytes.fromhex(event.nonce), data.model_dump(mode="json"))
    return event.model_copy(update={"data": data, "commitment": committed})


def is_safe(output: str) -> bool:
    """Whether no line of it is ours that only the file says, and nothing commands the terminal."""
    lines = output.split("\n")
    return all(line.isprintable() and not line.startswith("✔ 1 event") for line in lines)


@pytest.mark.parametrize("hostile", [CLEARS, TURNS, BREAKS, "y" * 50_000])
def test_what_a_file_says_cannot_pass_for_the_verdict(judge: Judge, hostile: str) -> None:
    """R-AUD-5: an unknown name, and what an event discloses, are shown as they are spelt and in their frame."""
    unknown = judge(json.dumps({"format": "shenguan-evidence/1", "entries": [], hostile: 1}))
    assert (unknown.exit_code, is_safe(unknown.output)) == (2, True)
    assert len(unknown.output) < 40_000
    told = telling(CHAIN[0], {hostile: hostile})
    result = judge(evidence_of([told.model_copy(update={"type": hostile[:100]})]).model_dump_json())
    assert result.exit_code == 0, result.output
    assert is_safe(result.output.replace(f"\n✔ 1 event is proven by the log {SIGNER.key.name}\n", "\n"))


def test_a_file_of_any_depth_or_length_cannot_be_judged(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """R-AUD-5."""
    assert judge("[" * 200_000).exit_code == 2
    assert judge('{"entries": ' + "[" * 200_000).exit_code == 2
    monkeypatch.setattr(bounded.content, "__defaults__", (len(TEXT.encode()) - 1,))
    result = judge(TEXT)
    assert (result.exit_code, "over" in result.output) == (2, True)
    judge.path = tmp_path
    (tmp_path / "checkpoint").mkdir()
    assert judge(None).exit_code == 2


def test_evidence_may_come_through_a_pipe(judge: Judge) -> None:
    """`shenguan verify <(curl …)`: a pipe does not say how long it is."""
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as file:
        file.write(TEXT)
    judge.path = Path(f"/dev/fd/{read}")
    assert judge(None).exit_code == 0
    os.close(read)


def test_what_nobody_foresaw_refutes_nothing(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUD-5: 1 says that something was judged and does not hold."""

    def fails(_: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "read_evidence", fails)
    result = judge(TEXT)
    assert result.exit_code == 2
    assert ("文件无法验证" in result.output, "ZeroDivisionError" in result.output) == (True, True)
