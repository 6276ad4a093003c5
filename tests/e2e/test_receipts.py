"""Receipts of the deployed stack, its root key in KMS, judged by `shenguan verify` from outside (R-HND-8, R-AUD-5)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.build import ROOT
from infra.deploy import Place
from infra.revocation import RevocationFailedError, revoke
from localstack.runner import STAGE, local_session
from tests.support.deployed import Deployed
from tests.support.small_city import SmallCity

Json = dict[str, Any]

pytestmark = pytest.mark.stack

PUBLISHED = "/handover/v1/public/receipt-key"


@pytest.fixture(scope="module")
def halves(city: SmallCity) -> tuple[Json, Json]:
    """The receipts of a push and of its claim, as the two sides were given them."""
    pushed = city.accepted("RECEIPT-1")
    push_id = pushed["pushes"][0]["push_id"]
    claimed = city.desk("liaison").post(f"/handover/v1/pushes/{push_id}/claim", None)
    return pushed["receipts"][0], claimed["receipt"]


def verify(folder: Path, *receipts: Json, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    files = []
    for number, receipt in enumerate(receipts):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(receipt), encoding="utf-8")
        files.append(str(path))
    asked = [sys.executable, "-m", "localstack.cli", "verify", *files, *options]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_halves_are_judged_by_the_published_key_and_joined(
    stack: Deployed, halves: tuple[Json, Json], tmp_path: Path
) -> None:
    done = verify(tmp_path, *halves, options=("--receipt-key", f"{stack.base_url}{PUBLISHED}"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the halves join: one hand-over" in done.stdout


def test_both_sides_find_the_record_again(city: SmallCity, halves: tuple[Json, Json]) -> None:
    path = f"/handover/v1/pushes/{halves[0]['body']['push_id']}/receipts"
    assert city.desk("approver").get(path)["receipts"] == city.desk("liaison").get(path)["receipts"] == [*halves]


def test_the_log_proves_the_events_of_both_halves(
    stack: Deployed, city: SmallCity, halves: tuple[Json, Json], tmp_path: Path
) -> None:
    found = [city.await_event(f"/audit/v1/events/{half['body']['event_id']}/evidence", "liaison") for half in halves]
    evidence = tmp_path / "evidence.json"
    entries = [entry for each in found for entry in each["entries"]]
    evidence.write_text(json.dumps({"format": "shenguan-evidence/1", "entries": entries}), encoding="utf-8")
    log_key = stack.http.get(f"{stack.base_url}/audit/v1/key").text.strip()
    root = stack.http.get(f"{stack.base_url}{PUBLISHED}").json()["key"]
    options = ("--receipt-key", root, "--evidence", str(evidence), "--key", log_key)
    done = verify(tmp_path, *halves, options=options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "their events are in the log" in done.stdout


def test_a_revoked_key_is_published_and_refuses_what_is_dated_later(
    stack: Deployed, halves: tuple[Json, Json], tmp_path: Path
) -> None:
    place = Place(local_session(), stack.base_url)
    claim = halves[1]
    serial, at = claim["certificate"]["body"]["serial"], claim["body"]["at"]
    address = ("--receipt-key", f"{stack.base_url}{PUBLISHED}")
    assert revoke(STAGE, place, serial, "a trial", since=at)["added"]
    assert not revoke(STAGE, place, serial, "a trial", since=at)["added"]
    done = verify(tmp_path, claim, options=address)
    assert done.returncode == 1
    assert "certificate_revoked" in done.stdout
    revocations = stack.http.get(f"{stack.base_url}{PUBLISHED}").json()["revocations"]
    assert [entry["serial"] for entry in revocations["body"]["entries"]] == [serial]
    with pytest.raises(RevocationFailedError, match="crt_"):
        revoke(STAGE, place, "crt_1", "a trial")
