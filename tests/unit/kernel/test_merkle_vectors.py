"""The published inclusion and consistency cases of others (R-AUD-3), where they are at hand.

They are looked for in `../shared/vectors/merkle` beside the repository, else under
`$SHENGUAN_VECTORS/merkle`; without them the tests are skipped, visibly.
"""

import base64
import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from shared.kernel.merkle import ProofError, verify_consistency, verify_inclusion

_BESIDE = Path(__file__).parents[4] / "shared" / "vectors"
VECTORS = (_BESIDE if _BESIDE.is_dir() else Path(os.environ.get("SHENGUAN_VECTORS", _BESIDE))) / "merkle"


def cases(kind: str) -> list[object]:
    found = [
        pytest.param(json.loads(path.read_text()), id=str(path.relative_to(VECTORS)))
        for path in sorted(VECTORS.glob(f"{kind}/**/*.json"))
    ]
    missing = pytest.param({}, marks=pytest.mark.skip(reason=f"no Merkle vectors at {VECTORS} (set SHENGUAN_VECTORS)"))
    return [*found] or [missing]


def hashes(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def verdict(case: Mapping[str, object]) -> AbstractContextManager[object]:
    return pytest.raises(ProofError) if case["wantErr"] else nullcontext()


@pytest.mark.parametrize("case", cases("inclusion"))
def test_inclusion_is_judged_as_published(case: dict) -> None:  # type: ignore[type-arg]
    root, leaf = hashes([case["root"], case["leafHash"]])
    with verdict(case):
        verify_inclusion(case["leafIdx"], case["treeSize"], leaf, hashes(case["proof"]), root)


@pytest.mark.parametrize("case", cases("consistency"))
def test_consistency_is_judged_as_published(case: dict) -> None:  # type: ignore[type-arg]
    old, new = hashes([case["root1"], case["root2"]])
    with verdict(case):
        verify_consistency(case["size1"], case["size2"], old, new, hashes(case["proof"]))


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no Merkle vectors at {VECTORS}")
def test_all_published_cases_were_read() -> None:
    assert len(cases("inclusion")) + len(cases("consistency")) == 196
