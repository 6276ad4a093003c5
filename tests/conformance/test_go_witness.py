"""Programs that we did not write judge our cosignatures, and a log of theirs has our witness cosign (R-AUD-3)."""

import hashlib
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localstack.witness.folder import opened
from localstack.witness.server import serve
from localstack.witness.watch import Watch, logs_of
from shared.kernel.clock import utc_now
from shared.kernel.cosignatures import cosign, with_cosignatures
from shared.kernel.notes import VerifierKey, parse_note
from tests.support.audit_builders import SIGNER, local_signer
from tests.support.witness_builders import growing_log, local_witness

pytestmark = pytest.mark.conformance

SEEN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
COURT, PRESS = (local_witness(f"{name}.example/w") for name in ("court", "press"))
TESSERA = "tessera.example/log"


def run(program: Path, **options: object) -> "subprocess.CompletedProcess[str]":
    command = [str(program), *(part for name, value in options.items() for part in (f"-{name}", str(value)))]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def cosigned_checkpoint(folder: Path) -> Path:
    note = parse_note(growing_log().note(70))
    signed = with_cosignatures(note, [cosign(note.text, each, SEEN) for each in (COURT, PRESS)])
    (folder / "checkpoint").write_text(signed.encode())
    return folder / "checkpoint"


def judged(program: Path, checkpoint: Path, *witnesses: str) -> "subprocess.CompletedProcess[str]":
    return run(program, checkpoint=checkpoint, vkey=growing_log().signer.key.vkey, witnesses=",".join(witnesses))


def test_our_cosignatures_verify_elsewhere_with_their_times(witnessed: Path, tmp_path: Path) -> None:
    result = judged(witnessed, cosigned_checkpoint(tmp_path), COURT.key.vkey, PRESS.key.vkey)
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        f"signed by {SIGNER.key.name}",
        "cosigned by court.example/w at 2026-03-02T01:30:00Z",
        "cosigned by press.example/w at 2026-03-02T01:30:00Z",
    ]


def test_what_we_call_a_changed_cosignature_is_one_elsewhere_too(witnessed: Path, tmp_path: Path) -> None:
    checkpoint = cosigned_checkpoint(tmp_path)
    stranger = local_witness("stranger.example/w").key.vkey
    assert "1 of" in judged(witnessed, checkpoint, stranger).stderr
    lines = checkpoint.read_text().splitlines(keepends=True)
    lines[-1] = lines[-1][:-10] + ("A" if lines[-1][-10] != "A" else "B") + lines[-1][-9:]
    checkpoint.write_text("".join(lines))
    assert "invalid signature" in judged(witnessed, checkpoint, PRESS.key.vkey).stderr


class Running:
    """Our witness, watching a log of tessera's, and what it told."""

    def __init__(self, watch: Watch, url: str, told: list[str]) -> None:
        self.watch, self.url, self.told = watch, url, told


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Running]:
    told: list[str] = []
    with opened(tmp_path / "witness", "our.example/witness") as kept:
        watch = Watch(kept, logs_of([tessera_key().vkey]), utc_now, told.append)
        with serve(watch, "127.0.0.1", 0) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield Running(watch, f"http://127.0.0.1:{server.server_port}", told)
            server.shutdown()


def tessera_key() -> VerifierKey:
    return local_signer(TESSERA, TESSERA).key


def tessera_private() -> str:
    seed = hashlib.sha256(TESSERA.encode()).digest()
    return f"PRIVATE+KEY+{TESSERA}+{tessera_key().key_id.hex()}+{b64encode(bytes([1]) + seed).decode()}"


def keep(
    program: Path, folder: Path, witness: Running, entries: int, patience: str = "1m"
) -> "subprocess.CompletedProcess[str]":
    """Add entries to a log of tessera's that publishes only what our witness cosigned."""
    asked = {"witnesses": witness.watch.vkey, "at": witness.url, "entries": entries, "patience": patience}
    return run(program, folder=folder, skey=tessera_private(), **asked)


def test_a_log_of_tesseras_is_cosigned_by_our_witness(witnessed: Path, witness: Running, tmp_path: Path) -> None:
    """It finds out the size by 409, sends its own consistency proofs, and publishes once our line satisfies it."""
    for total, entries in ((5, 5), (12, 7)):
        result = keep(witnessed, tmp_path / "log", witness, entries)
        assert result.returncode == 0, result.stderr
        assert witness.watch.known(TESSERA).size == total
    checkpoint = tmp_path / "log" / "checkpoint"
    result = run(witnessed, checkpoint=checkpoint, vkey=tessera_key().vkey, witnesses=witness.watch.vkey)
    assert "cosigned by our.example/witness" in result.stdout
    assert not any("CONTRADICTS" in line for line in witness.told)


def test_a_log_of_tesseras_that_begins_anew_is_refused(witnessed: Path, witness: Running, tmp_path: Path) -> None:
    """The operator lost the log and starts another under the same key: nothing of it is published."""
    assert keep(witnessed, tmp_path / "log", witness, 6).returncode == 0
    known = witness.watch.known(TESSERA)
    result = keep(witnessed, tmp_path / "another", witness, 9, patience="6s")
    assert result.returncode != 0
    assert witness.watch.known(TESSERA) == known
    assert not (tmp_path / "another" / "checkpoint").exists()
