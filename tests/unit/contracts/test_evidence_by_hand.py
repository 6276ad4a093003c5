"""docs/evidence.md lets a stranger verify by hand: its commands are run as they stand there (R-AUD-5, R-HND-8)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.contracts.receipts import SignedReceipt
from tests.support.audit_builders import SIGNER
from tests.support.evidence_builders import a_chain, evidence_of
from tests.support.receipt_builders import EVENTS, ROOT, a_body, the_halves

DOCUMENT = Path(__file__).parents[3] / "docs" / "evidence.md"
TOOLS = ("sh", "jq", "openssl", "sha256sum", "xxd", "base64")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")


def by_hand(folder: Path, evidence: str) -> list[str]:
    """What the document's commands print about a file."""
    (folder / "evidence.json").write_text(evidence, encoding="utf-8")
    return printed(folder, "## By hand", f"KEY='{SIGNER.key.vkey}'")


def printed(folder: Path, section: str, setting: str) -> list[str]:
    """What the commands of a section print, with a variable set."""
    _, _, after = DOCUMENT.read_text(encoding="utf-8").partition(f"\n{section}\n")
    commands = re.split(r"^#", after, maxsplit=1, flags=re.MULTILINE)[0]
    lines = re.findall(r"^    (.*)$", commands, flags=re.MULTILINE)
    script = "\n".join([setting, *lines])
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")


@pytest.mark.parametrize("among", [0, 1, 4, 9])
def test_the_commands_prove_what_verify_proves(tmp_path: Path, among: int) -> None:
    signature, root, signed_root, committed, commitment, *_ = by_hand(
        tmp_path, evidence_of(a_chain(1), among).model_dump_json()
    )
    assert signature == "Signature Verified Successfully"
    assert root == signed_root
    assert committed.removesuffix("  -") == commitment


def test_the_commands_show_what_was_changed(tmp_path: Path) -> None:
    text = evidence_of(a_chain(1)).model_dump_json()
    changed = text.replace("dept_market_regulation", "dept_marked_regulation").replace("forbidden", "forgotten")
    _, root, signed_root, committed, commitment, *_ = by_hand(tmp_path, changed)
    assert root != signed_root
    assert committed.removesuffix("  -") != commitment


PUSH, CLAIM = the_halves()
GOOD = "Signature Verified Successfully"


def receipts_by_hand(folder: Path, push: SignedReceipt, claim: SignedReceipt) -> list[str]:
    """What the document's commands print about the two halves of a hand-over."""
    for name, text in {
        "push": push.model_dump_json(),
        "claim": claim.model_dump_json(),
        "evidence": evidence_of(EVENTS).model_dump_json(),
    }.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return printed(folder, "## A receipt by hand", f"ROOT='{ROOT.key.vkey}'")


def test_the_commands_prove_what_verify_proves_of_receipts(tmp_path: Path) -> None:
    lines = receipts_by_hand(tmp_path, PUSH, CLAIM)
    for certificate, receipt, *dates in (lines[0:5], lines[5:10]):
        assert (certificate, receipt) == (GOOD, GOOD)
        assert dates == sorted(dates)
    digest, push_half, of_push, of_claim, logged, named, *_ = lines[10:]
    assert digest == push_half == PUSH.body.digest()
    assert of_push == of_claim
    assert logged.removesuffix("  -") == named == EVENTS[0].hash()


def test_the_commands_show_what_was_changed_of_receipts(tmp_path: Path) -> None:
    forged = PUSH.model_copy(update={"body": a_body(department="dept_public_health")})
    lines = receipts_by_hand(tmp_path, forged, CLAIM)
    assert lines[:2] == [GOOD, "Signature Verification Failure"]
    digest, push_half, of_push, of_claim, *_ = lines[10:]
    assert digest != push_half
    assert of_push != of_claim
