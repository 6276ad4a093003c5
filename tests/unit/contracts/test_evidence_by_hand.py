"""docs/evidence.md lets a stranger verify by hand: its commands are run as they stand there (R-AUD-5)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.audit_builders import SIGNER
from tests.support.evidence_builders import a_chain, evidence_of

DOCUMENT = Path(__file__).parents[3] / "docs" / "evidence.md"
TOOLS = ("sh", "jq", "openssl", "sha256sum", "xxd", "base64")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")


def by_hand(folder: Path, evidence: str) -> list[str]:
    """What the document's commands print about a file."""
    _, _, commands = DOCUMENT.read_text(encoding="utf-8").partition("## By hand")
    lines = re.findall(r"^    (.*)$", commands, flags=re.MULTILINE)
    (folder / "evidence.json").write_text(evidence, encoding="utf-8")
    script = "\n".join([f"KEY='{SIGNER.key.vkey}'", *lines])
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
