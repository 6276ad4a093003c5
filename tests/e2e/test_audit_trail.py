"""The audit trail of the deployed stack: searched, proven, witnessed, copied, held, exported, verified (R-AUD)."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.build import ROOT
from localstack.demo.desk import eventually
from shared.kernel.clock import BEIJING, utc_now
from shared.kernel.ids import new_id
from shared.kernel.notes import open_checkpoint
from tests.support.deployed import Deployed
from tests.support.small_city import EVENTS_SECONDS, SCHEDULE_SECONDS, SmallCity

Json = dict[str, Any]

pytestmark = pytest.mark.stack

WITNESS = "law-society"
WITNESS_KEY = "law-society.example.test"
"""What its cosignatures are made by; the log's owner may call it otherwise."""


@pytest.fixture(scope="module")
def case_id(city: SmallCity) -> str:
    """A case that was accepted and claimed."""
    pushed = city.accepted("AUDIT-1")
    city.desk("liaison").post(f"/handover/v1/pushes/{pushed['pushes'][0]['push_id']}/claim", None)
    return str(pushed["case_id"])


@pytest.fixture(scope="module")
def log_key(stack: Deployed) -> str:
    return stack.http.get(f"{stack.base_url}/audit/v1/key").text.strip()


@pytest.fixture(scope="module")
def witness_key(
    log_key: str, stack: Deployed, city: SmallCity, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The key of a witness that runs on this machine and was registered with the log."""
    folder = str(tmp_path_factory.mktemp("witness"))
    asked = ("witness", "--log", log_key, "--name", WITNESS_KEY, "--folder", folder, "--port", "0")
    command = [sys.executable, "-m", "localstack.cli", *asked]
    path = f"/audit/v1/witnesses/{WITNESS}"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            said = [running.stdout.readline().split() for _ in range(3)]
            vkey, address = said[0][1], said[2][1].removesuffix("/add-checkpoint")
            assert _sent(stack, city, "PUT", path, {"url": address, "vkey": vkey})["vkey"] == vkey
            yield vkey
            _sent(stack, city, "DELETE", path)
        finally:
            running.terminate()


def test_auditors_find_what_happened_to_a_case_and_who_did_it(city: SmallCity, case_id: str) -> None:
    """R-AUD-1: across services, by case, and the same by who did it."""
    claimed = _found(city, "push.claimed.v1", case=case_id)
    accepted = _found(city, "case.accepted.v1", case=case_id)
    assert claimed["intact"]
    assert accepted["envelope"]["sequence"] < claimed["envelope"]["sequence"]
    assert claimed["envelope"]["department"] == city.departments["market"]
    of_principal = _found(city, "push.claimed.v1", principal=claimed["docket"]["principal"])
    assert of_principal["docket"]["principal"] == claimed["docket"]["principal"]


def test_a_whole_case_is_fetched_joined_and_proven_from_outside(
    stack: Deployed, city: SmallCity, case_id: str, log_key: str, tmp_path: Path
) -> None:
    """R-AUD-5: by the program that a court's expert would use, with the log's key alone."""
    out = tmp_path / "case.json"
    token = city.desk("approver").token
    fetched = _shenguan("evidence", case_id, "--out", str(out), "--url", stack.base_url, "--token", token)
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    judged = _shenguan("verify", str(out), "--key", log_key)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "AUDIT-1" in judged.stdout


def test_the_whole_published_log_is_verified_from_outside(stack: Deployed, log_key: str, case_id: str) -> None:
    """R-AUD-4: every leaf, tile, root and chain, over HTTP."""
    assert case_id
    eventually(stack.quiet, seconds=EVENTS_SECONDS, what="everything that happened in the log")
    judged = _shenguan("verify", f"{stack.base_url}/audit/v1", "--key", log_key)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "are what its checkpoint signed" in judged.stdout


def test_a_witness_on_another_machine_cosigns_what_is_published(
    stack: Deployed, city: SmallCity, witness_key: str, log_key: str, case_id: str, tmp_path: Path
) -> None:
    """R-AUD-3, R-AUD-5: evidence names who else saw this history."""
    eventually(stack.quiet, seconds=EVENTS_SECONDS, what="everything that happened in the log")
    size = stack.checkpoint().size

    def cosigned() -> bool:
        found = stack.http.get(f"{stack.base_url}/audit/v1/checkpoint/cosigned")
        # Nothing is cosigned at first, and then what was published before the case's last event.
        return found.is_success and open_checkpoint(found.content, stack.log_key()).size >= size

    eventually(cosigned, seconds=SCHEDULE_SECONDS, what="a cosignature")
    shown = stack.http.get(f"{stack.base_url}/audit/v1/witnesses").json()["witnesses"]
    assert [each["name"] for each in shown if each["size"] >= size] == [WITNESS]
    evidence = tmp_path / "evidence.json"
    found = city.desk("approver").get(f"/audit/v1/cases/{case_id}/evidence")
    evidence.write_text(json.dumps(found), encoding="utf-8")
    judged = _shenguan("verify", str(evidence), "--key", log_key, "--witness", witness_key)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert WITNESS_KEY in judged.stdout


def test_every_entry_is_copied_to_where_nobody_deletes(stack: Deployed, case_id: str) -> None:
    """R-AUD-7: not even whoever holds the bucket."""
    assert case_id
    s3, bucket = stack.client("s3"), stack.running.outputs["LockedBucket"]
    size = stack.checkpoint().size

    def copied() -> list[Json]:
        listed = s3.list_object_versions(Bucket=bucket, Prefix="entries/").get("Versions", [])
        through = max((int(each["Key"].rsplit("-", 1)[1]) for each in listed), default=0)
        return listed if through >= size else []

    (first, *_) = eventually(copied, seconds=SCHEDULE_SECONDS, what="the copy")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=first["Key"], VersionId=first["VersionId"])


def test_a_case_is_held_until_it_is_released(stack: Deployed, city: SmallCity, case_id: str) -> None:
    """R-AUD-7: for a court."""
    path = f"/audit/v1/holds/{case_id}"
    _sent(stack, city, "PUT", path, {"reason": "(2026) 示01行初15号"})
    held = eventually(
        lambda: _once(city.desk("auditor").get(path), "objects"), seconds=SCHEDULE_SECONDS, what="held objects"
    )
    assert held["case_id"] == case_id
    _sent(stack, city, "DELETE", f"{path}?reason=示例结案")
    eventually(
        lambda: case_id not in [each["case_id"] for each in city.desk("auditor").get("/audit/v1/holds")["holds"]],
        seconds=SCHEDULE_SECONDS,
        what="the release",
    )


def test_what_is_exported_is_judged_without_us(
    stack: Deployed, city: SmallCity, case_id: str, log_key: str, tmp_path: Path
) -> None:
    """R-AUD-7: the days' events with every tile that leads to the root."""
    assert case_id
    today = utc_now().astimezone(BEIJING).date()
    days = {"from": (today - timedelta(days=1)).isoformat(), "to": today.isoformat()}
    auditor = city.desk("auditor")
    export = f"/audit/v1/exports/{auditor.post('/audit/v1/exports', days)['export_id']}"
    eventually(lambda: auditor.get(export)["state"] == "finished", seconds=SCHEDULE_SECONDS, what="the export")
    headers = {"Authorization": f"Bearer {auditor.token}"}
    link = stack.http.get(f"{stack.base_url}{export}/parts/1", headers=headers).headers["Location"]
    part = tmp_path / "part.zip"
    part.write_bytes(stack.http.get(link).content)
    assert {"checkpoint", "events.csv", "range.json"} <= set(zipfile.ZipFile(part).namelist())
    judged = _shenguan("verify", str(part), "--key", log_key)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_a_full_verification_finds_a_sound_log_sound(city: SmallCity, case_id: str) -> None:
    """R-AUD-4: by ranges in the background, with its progress shown; and nothing was ever found here."""
    assert case_id
    auditor = city.desk("auditor")
    asked = auditor.post("/audit/v1/verifications", {"full": True})
    path = f"/audit/v1/verifications/{asked['verification_id']}"
    eventually(lambda: auditor.get(path)["state"] == "finished", seconds=SCHEDULE_SECONDS, what="the verification")
    done = auditor.get(path)
    assert (done["proven"], done["findings"], done["entries"]) == (True, 0, done["size"])
    assert auditor.get("/audit/v1/faults")["faults"] == []


def _found(city: SmallCity, kind: str, **sought: str) -> Json:
    """The first event of a kind that a search finds, once it is indexed."""

    def look() -> Json | None:
        events = city.desk("auditor").get("/audit/v1/events", limit="200", **sought)["events"]
        return next((each for each in events if each["envelope"]["type"] == kind), None)

    return eventually(look, seconds=SCHEDULE_SECONDS, what=f"{kind} in the index")


def _once(found: Json, name: str) -> Json | None:
    return found if found[name] else None


def _sent(stack: Deployed, city: SmallCity, method: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
    headers = {"Authorization": f"Bearer {city.desk('auditor').token}", "Idempotency-Key": new_id("key")}
    answer = stack.http.request(method, f"{stack.base_url}{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return dict(answer.json())


def _shenguan(*asked: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localstack.cli", *asked]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
