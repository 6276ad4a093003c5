"""Programs that we did not write judge the log (R-AUD-3, R-AUD-4).

The Go program in `go/` reads a published log with golang.org/x/mod/sumdb and
github.com/transparency-dev/merkle; tessera's `fsck` is its authors' program as it stands. Here they
read logs that our pure functions wrote; test_published_log.py lets them read a running stack's.
"""

import subprocess
import threading
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.canonical import canonical_json
from shared.kernel.merkle import EMPTY_ROOT, leaf_hash
from shared.kernel.notes import Checkpoint, VerifierKey, sign_checkpoint
from shared.kernel.tiles import Tile, encode_bundle, grow, new_bundles
from tests.support import go_programs

pytestmark = pytest.mark.conformance

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"conformance" + bytes(21))
KEY = VerifierKey("log.example/shenguan", PRIVATE.public_key().public_bytes_raw())
SIZES = (0, 1, 2, 255, 256, 257, 600, 1_100)


def entry(number: int) -> bytes:
    return canonical_json({"id": f"evt_{number}", "type": "case.claimed", "sequence": number})


def publish(folder: Path, sizes: Sequence[int]) -> list[Path]:
    """Write a log that was sealed at each of these sizes; the files of its checkpoints, in order."""
    size, root = 0, EMPTY_ROOT
    entries: list[bytes] = []
    checkpoints: list[Path] = []

    def read(tile: Tile) -> bytes:
        return (folder / tile.path).read_bytes()

    for step in sizes:
        entries += map(entry, range(size, step))
        growth = grow(size, root, list(map(leaf_hash, entries[size:])), read)
        files = {tile.path: content for tile, content in growth.tiles.items()}
        for bundle in new_bundles(size, step):
            files[bundle.path] = encode_bundle(entries[bundle.start : bundle.start + bundle.width])
        size, root = growth.size, growth.root
        note = sign_checkpoint(Checkpoint(KEY.name, size, root), KEY, PRIVATE.sign).encode().encode()
        files |= {f"checkpoint.{size}": note, "checkpoint": note}
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        checkpoints.append(folder / f"checkpoint.{size}")
    return checkpoints


def judged(
    logcheck: Path, log: Path | str, earlier: Sequence[Path] = (), vkey: str = KEY.vkey
) -> "subprocess.CompletedProcess[str]":
    return go_programs.judged(logcheck, log, vkey, earlier)


def test_a_log_sealed_in_steps_is_sound_and_consistent_with_every_earlier_checkpoint(
    logcheck: Path, tmp_path: Path
) -> None:
    result = judged(logcheck, tmp_path, publish(tmp_path, SIZES))
    assert result.stderr == ""
    assert result.stdout.splitlines()[0] == "signature by log.example/shenguan"
    assert "1100 entries" in result.stdout
    assert "1100 inclusion proofs" in result.stdout
    assert f"consistent with {len(SIZES)} earlier checkpoints" in result.stdout


@pytest.mark.parametrize("size", SIZES)
def test_a_log_of_any_size_is_sound(logcheck: Path, tmp_path: Path, size: int) -> None:
    publish(tmp_path, [size])
    assert judged(logcheck, tmp_path).stderr == ""


def test_a_log_of_three_levels_is_sound(logcheck: Path, tmp_path: Path) -> None:
    assert judged(logcheck, tmp_path, publish(tmp_path, [65_000, 66_000])).stderr == ""


def test_a_log_is_judged_over_http_too(logcheck: Path, tmp_path: Path) -> None:
    publish(tmp_path, [300])
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        result = judged(logcheck, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert result.stderr == ""
    assert "300 inclusion proofs" in result.stdout


def test_a_changed_entry_is_noticed(logcheck: Path, tmp_path: Path) -> None:
    publish(tmp_path, [300])
    bundle = tmp_path / "tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"evt_7", b"evt_8", 1))
    assert "the entries have root" in judged(logcheck, tmp_path).stderr


def test_a_changed_tile_is_noticed(logcheck: Path, tmp_path: Path) -> None:
    publish(tmp_path, [300])
    tile = tmp_path / "tile/0/001.p/44"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert "tile/0/001.p/44 does not hold the hashes of the entries" in judged(logcheck, tmp_path).stderr


def test_a_key_that_did_not_sign_is_noticed(logcheck: Path, tmp_path: Path) -> None:
    publish(tmp_path, [3])
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    result = judged(logcheck, tmp_path, vkey=VerifierKey(KEY.name, other).vkey)
    assert "note has no verifiable signatures" in result.stderr


def test_a_rewritten_history_is_noticed(logcheck: Path, tmp_path: Path) -> None:
    publish(tmp_path, [300])
    forged = tmp_path / "forged"
    forged.write_text(sign_checkpoint(Checkpoint(KEY.name, 200, bytes(32)), KEY, PRIVATE.sign).encode())
    assert "consistency with size 200" in judged(logcheck, tmp_path, [forged]).stderr


def test_a_truncated_log_is_noticed(logcheck: Path, tmp_path: Path) -> None:
    later = publish(tmp_path / "long", [300])
    publish(tmp_path / "short", [200])
    assert "truncated" in judged(logcheck, tmp_path / "short", later).stderr


def checked(fsck: Path, log: Path, vkey: str = KEY.vkey) -> str:
    """What tessera's fsck says of a log in a folder."""
    key = log / "key"
    key.write_text(vkey)
    return go_programs.fsck_said(fsck, log.as_uri(), key)


@pytest.mark.parametrize("sizes", [[1], [256], SIZES[1:], [65_000, 66_000]])
def test_tesseras_fsck_finds_the_log_sound(fsck: Path, tmp_path: Path, sizes: Sequence[int]) -> None:
    publish(tmp_path, sizes)
    assert f"Successfully fsck'd log with size {sizes[-1]} " in checked(fsck, tmp_path)


@pytest.mark.parametrize("damaged", ["tile/entries/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_tesseras_fsck_notices_what_was_changed(fsck: Path, tmp_path: Path, damaged: str) -> None:
    publish(tmp_path, [300])
    content = bytearray((tmp_path / damaged).read_bytes())
    content[20] ^= 1
    (tmp_path / damaged).write_bytes(content)
    said = checked(fsck, tmp_path)
    assert "fsck failed: " in said
    assert "Successfully" not in said


def test_tesseras_fsck_wants_the_logs_own_key(fsck: Path, tmp_path: Path) -> None:
    publish(tmp_path, [3])
    other = VerifierKey(KEY.name, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert "fsck failed: failed to fetch and verify checkpoint" in checked(fsck, tmp_path, other.vkey)
