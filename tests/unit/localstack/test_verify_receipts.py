"""`shenguan verify` on receipts: one, the two halves, with a revocation list, with the log's evidence (R-HND-8)."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from localstack import verdict, verify_receipts
from localstack import verify as module
from shared.contracts.receipt_checks import Reason
from shared.contracts.receipts import PublishedRoot, SignedReceipt
from tests.support.audit_builders import ORIGIN, SIGNER, local_signer
from tests.support.evidence_builders import a_chain, evidence_of
from tests.support.receipt_builders import EVENTS, ISSUER, NOW, ROOT, a_body, a_claim_of, a_signer, revoked, the_halves

PUSH, CLAIM = the_halves()
SERIAL = PUSH.certificate.body.serial
KEY = ROOT.key.vkey


class Judge:
    """Runs the command on receipts, each in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app = typer.Typer()
        self.app.command()(module.verify)

    def kept(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def __call__(self, *receipts: SignedReceipt, key: str = KEY, options: tuple[str, ...] = ()) -> Result:
        files = [self.kept(f"{at}.json", each.model_dump_json()) for at, each in enumerate(receipts)]
        return CliRunner().invoke(self.app, [*files, "--receipt-key", key, *options])


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    monkeypatch.setattr(verdict.console, "width", 160)
    return Judge(tmp_path)


def test_a_receipt_is_told_with_from_whom_to_whom_and_when(judge: Judge) -> None:
    result = judge(CLAIM)
    assert result.exit_code == 0, result.output
    for told in ("认领回执", "2026-03-02 09:30:00.000", "dept_approval_bureau → dept_market_regulation",
                 "cli_liaison_0001", "R-HND-5 confirm", CLAIM.body.case_number, CLAIM.body.event_id, SERIAL,
                 "1 receipt is proven by", ISSUER, "no revocation list was given"):  # fmt: skip
        assert told in result.output
    assert "join" not in result.output


@pytest.mark.parametrize("order", [(PUSH, CLAIM), (CLAIM, PUSH)], ids=["as it happened", "the other way round"])
def test_two_halves_join(judge: Judge, order: tuple[SignedReceipt, SignedReceipt]) -> None:
    result = judge(*order)
    assert result.exit_code == 0, result.output
    assert "the halves join: one hand-over" in result.output
    assert result.output.index("推送回执") < result.output.index("认领回执")


def test_halves_may_lie_in_one_file(judge: Judge) -> None:
    file = judge.kept("halves.json", f"[{PUSH.model_dump_json()}, {CLAIM.model_dump_json()}]")
    result = CliRunner().invoke(judge.app, [file, "--receipt-key", KEY])
    assert result.exit_code == 0, result.output
    assert "2 receipts are proven" in result.output


def test_many_hand_overs_are_judged_at_once(judge: Judge) -> None:
    """A department's month: each claim finds its own push among the others."""
    other = a_body(push_id=f"{PUSH.body.push_id[:-3]}002")
    signer = a_signer()
    result = judge(PUSH, CLAIM, signer.sign(other), signer.sign(a_claim_of(other)))
    assert result.exit_code == 0, result.output
    assert "the halves join: 2 hand-overs" in result.output


def test_halves_of_different_hand_overs_are_refuted(judge: Judge) -> None:
    other = a_claim_of(a_body(department="dept_public_health"))
    result = judge(PUSH, a_signer().sign(other))
    assert result.exit_code == 1
    assert Reason.HALVES_DIFFER.value in result.output
    assert "两份回执不属同一次移交" in result.output


def test_a_changed_receipt_is_refuted(judge: Judge) -> None:
    result = judge(PUSH.model_copy(update={"body": a_body(department="dept_public_health")}))
    assert result.exit_code == 1
    assert Reason.RECEIPT_UNSIGNED.value in result.output


def test_the_revocation_list_decides_by_date(judge: Judge) -> None:
    listed = judge.kept("revocations.json", revoked(SERIAL).model_dump_json())
    result = judge(PUSH, options=("--revocations", listed))
    assert result.exit_code == 1
    assert Reason.CERTIFICATE_REVOKED.value in result.output

    later = revoked(SERIAL, at=NOW + timedelta(hours=1))
    listed = judge.kept("revocations.json", later.model_dump_json())
    result = judge(PUSH, options=("--revocations", listed))
    assert result.exit_code == 0, result.output
    assert "revocations known as of 2026-03-02T02:30:00.000Z" in result.output
    assert "have the events proven, with --evidence" in result.output


@pytest.mark.parametrize(("events", "code"), [(EVENTS, 0), (EVENTS[:1], 1), (a_chain(2), 1)])
def test_receipts_are_held_against_the_log(judge: Judge, events: list, code: int) -> None:  # type: ignore[type-arg]
    evidence = judge.kept("evidence.json", evidence_of(events).model_dump_json())
    result = judge(PUSH, CLAIM, options=("--evidence", evidence, "--key", SIGNER.key.vkey))
    assert result.exit_code == code, result.output
    assert (f"their events are in the log {ORIGIN}" in result.output) is (code == 0)


def test_evidence_of_another_log_proves_no_receipt(judge: Judge) -> None:
    evidence = judge.kept("evidence.json", evidence_of(EVENTS).model_dump_json())
    other = local_signer("another").key.vkey
    assert judge(PUSH, options=("--evidence", evidence, "--key", other)).exit_code == 1
    assert judge(PUSH, options=("--evidence", evidence)).exit_code == 2


ADDRESS = "https://api.example/handover/v1/public/receipt-key"


def publishing(monkeypatch: pytest.MonkeyPatch, answer: httpx.Response) -> None:
    transport = httpx.MockTransport(lambda request: answer if str(request.url) == ADDRESS else httpx.Response(404))
    monkeypatch.setattr(verify_receipts, "new_http", lambda: httpx.Client(transport=transport))


def test_the_address_that_publishes_the_key_gives_the_revocation_list_too(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = PublishedRoot(issuer=ISSUER, key=KEY, revocations=revoked(SERIAL))
    publishing(monkeypatch, httpx.Response(200, content=published.model_dump_json()))
    assert judge(PUSH, key=ADDRESS).exit_code == 1
    own = judge.kept("revocations.json", revoked().model_dump_json())
    assert judge(PUSH, key=ADDRESS, options=("--revocations", own)).exit_code == 0


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(200, content="{}")], ids=["down", "another"])
def test_an_address_that_publishes_no_key_is_no_key(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, answer: httpx.Response
) -> None:
    publishing(monkeypatch, answer)
    result = judge(PUSH, key=ADDRESS)
    assert result.exit_code == 2
    assert "root key of receipts cannot be used" in result.output


def test_a_key_is_not_taken_from_an_address_anybody_could_answer_for(judge: Judge) -> None:
    for address in (ADDRESS.replace("https", "http"), "http://127.0.0.1.example:80/key"):
        result = judge(PUSH, key=address)
        assert result.exit_code == 2
        assert "https" in result.output


@pytest.mark.parametrize("key", ["", KEY[:-4]])
def test_without_a_root_key_there_is_nothing_to_judge(judge: Judge, key: str) -> None:
    assert judge(PUSH, key=key).exit_code == 2


@pytest.mark.parametrize("text", ['{"body": {}, "certificate": {}}', '[{"body": {}, "certificate": {}}, 7]'])
def test_what_only_looks_like_a_receipt_cannot_be_judged(judge: Judge, text: str) -> None:
    result = CliRunner().invoke(judge.app, [judge.kept("0.json", text), "--receipt-key", KEY])
    assert result.exit_code == 2
    assert "cannot be judged" in result.output


def test_every_reason_has_its_words() -> None:
    assert set(verify_receipts._REASONS) == set(Reason)
