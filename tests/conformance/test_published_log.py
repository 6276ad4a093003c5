"""Programs that we did not write judge the log of a running stack, over HTTP, as any stranger could (R-AUD-3, R-AUD-4).

The demo is played against a stack of its own. Then golang.org/x/mod/sumdb, github.com/transparency-dev/merkle and
tessera's own `fsck` read what is published, the commands of docs/evidence.md are run as they stand there, and nothing
that the demo's people said or are called may be found in it.
"""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from infra.build import ROOT, SERVICES
from localstack.demo.city import settle
from localstack.demo.command import bootstrap_secret
from localstack.demo.desk import eventually
from localstack.demo.story import Story
from localstack.demo.teller import Teller
from shared.contracts.event import Event
from shared.kernel.notes import open_checkpoint
from shared.kernel.tiles import Bundle
from tests.support import privacy
from tests.support.commands import printed
from tests.support.deployed import Deployed, deployed
from tests.support.go_programs import fsck_said, judged

pytestmark = pytest.mark.conformance

_SEALED_SECONDS = 600.0
_FEWEST_ENTRIES = 257
"""So many that a bundle and a tile are full and a second level begins."""
_READ_AFTERWARDS = 120


@dataclass(frozen=True)
class Told:
    """A stack on which the demo was played to its end, and what was read of it along the way."""

    stack: Deployed
    events: tuple[Event, ...]
    """Every event that any service recorded."""
    size: int
    checkpoints: tuple[Path, ...]
    """Every checkpoint that was ever published, oldest first, each in a file."""
    key: Path
    evidence: Path

    @property
    def url(self) -> str:
        return f"{self.stack.base_url}/audit/v1"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    with deployed(folder / "stack") as stack:
        city = settle(stack.http, stack.base_url, bootstrap_secret(stack.running), lambda *_: None)
        seen = [stack.log_file("checkpoint").decode()]
        story = Story(city, Teller(Console(file=io.StringIO())), folder)
        proofs = story.play()
        for _ in range(_READ_AFTERWARDS):  # each reading is an event too
            city.desks["oversight"].get(f"/handover/v1/cases/{story.case_id}/timeline")
        eventually(stack.quiet, seconds=_SEALED_SECONDS, what="the end of all that follows from the demo")
        seen.append(stack.log_file("checkpoint").decode())
        yield Told(
            stack,
            tuple(event for service in SERVICES for event in stack.events(service)),
            stack.checkpoint().size,
            tuple(_kept(stack, folder, seen)),
            _file(folder / "log.key", stack.log_key().vkey),
            proofs.evidence,
        )


def _kept(stack: Deployed, folder: Path, seen: list[str]) -> Iterator[Path]:
    """Every checkpoint the log keeps, and those that were seen over HTTP, in files."""
    kept = [row["body"] for (pk, _), row in sorted(stack.rows("audit").items()) if pk == "checkpoint"]
    for number, note in enumerate([*kept, *seen]):
        yield _file(folder / f"checkpoint.{number}", note)


def _file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_demo_leaves_a_log_worth_judging(told: Told) -> None:
    """Every event of every service is in it, once; and it was sealed in many steps."""
    happened = {event.id for event in told.events}
    # The clock makes some happen after everything was quiet.
    eventually(lambda: happened <= set(told.stack.logged_ids()), seconds=_SEALED_SECONDS, what="every event in the log")
    logged = told.stack.logged_ids()
    assert len(logged) == len(set(logged)) >= _FEWEST_ENTRIES
    assert len(told.checkpoints) > 10


def test_sumdb_and_transparency_devs_merkle_find_it_sound_and_consistent_with_every_earlier_checkpoint(
    told: Told, logcheck: Path
) -> None:
    """R-AUD-3."""
    result = judged(logcheck, told.url, told.stack.log_key().vkey, told.checkpoints)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    size = int(lines[1].split()[0])
    assert size >= told.size
    assert f"{size} inclusion proofs" in lines
    assert f"consistent with {len(told.checkpoints)} earlier checkpoints" in lines


def test_tesseras_fsck_finds_it_sound(told: Told, fsck: Path) -> None:
    """R-AUD-4."""
    said = fsck_said(fsck, told.url, told.key)
    assert "Successfully fsck'd log with size " in said
    assert "failed" not in said


def test_our_own_verifier_says_the_same_of_it(told: Told) -> None:
    """From outside, by address and key, with the first and the last but one of the earlier checkpoints (R-AUD-4)."""
    earlier = [f"--earlier={told.checkpoints[number]}" for number in (0, -3)]
    command = [sys.executable, "-m", "localstack.cli", "verify", told.url, f"--key={told.stack.log_key().vkey}"]
    direct = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run([*command, *earlier], env=direct, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_commands_of_the_document_judge_it(told: Told, logcheck: Path, tmp_path: Path) -> None:
    """docs/evidence.md, with other people's tools; Go is needed, so a Go program is asked for (R-AUD-5)."""
    assert logcheck.exists()
    shutil.copy(told.checkpoints[0], tmp_path / "earlier")
    settings = f"LOG={told.url}; KEY='{told.stack.log_key().vkey}'; SHENGUAN={ROOT}"
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    lines = printed(tmp_path, "## The whole log, with other people's tools", settings, environment)
    assert any("Successfully fsck'd log with size " in line for line in lines), lines
    assert "consistent with 1 earlier checkpoints" in lines


def test_the_demos_evidence_is_proven_by_the_commands_of_the_document(told: Told, tmp_path: Path) -> None:
    """With coreutils, jq and openssl, against the running log's own key (R-AUD-5)."""
    shutil.copy(told.evidence, tmp_path / "evidence.json")
    lines = printed(tmp_path, "## By hand", f"KEY='{told.stack.log_key().vkey}'")
    signature, root, signed_root, committed, commitment, *_ = lines
    assert signature == "Signature Verified Successfully"
    assert root == signed_root
    assert committed.split()[0] == commitment


def test_every_checkpoint_is_signed_by_the_key_that_is_published(told: Told) -> None:
    sizes = [open_checkpoint(each.read_text(encoding="utf-8"), told.stack.log_key()).size for each in told.checkpoints]
    assert sizes[:-2] == sorted(set(sizes[:-2]))
    assert set(sizes[-2:]) <= set(sizes[:-2])


def test_nothing_that_the_demos_people_said_or_are_called_is_in_the_log(told: Told) -> None:
    """R-AUD-3: no name, number, phone, address or word, plain, escaped or as a bare hash, wherever the log is kept."""
    secrets = privacy.confidential(privacy.texts_of(told.events))
    for known in ("临澜市老街 12 号", "冷藏柜", "老街面馆", "临市监罚"):
        assert any(known in secret for secret in secrets), known
    places = [*privacy.published(told.stack), *privacy.stored(told.stack)]
    assert privacy.found(secrets, places) == []
    assert privacy.chinese(places) == []


def test_what_was_changed_in_the_bucket_is_noticed_by_all_of_them(told: Told, logcheck: Path, fsck: Path) -> None:
    """R-AUD-4: one byte of one entry, changed where it is stored, and put back at the end."""
    s3, bucket, path = told.stack.client("s3"), told.stack.running.outputs["LogBucket"], Bundle(0).path
    whole = s3.get_object(Bucket=bucket, Key=path)["Body"].read()
    s3.put_object(Bucket=bucket, Key=path, Body=whole.replace(b'"sequence":1', b'"sequence":2', 1))
    try:
        assert "the entries have root" in judged(logcheck, told.url, told.stack.log_key().vkey).stderr
        assert "fsck failed: " in fsck_said(fsck, told.url, told.key)
    finally:
        s3.put_object(Bucket=bucket, Key=path, Body=whole)
