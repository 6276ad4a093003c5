"""Public peers, on the same entries in the same run: pymerkle here, Go's sumdb/tlog and tessera in a process of theirs.

What a machine has not is left out, and said.
"""

import importlib
import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from infra.bench.log_files import SIGNER, read_entries
from infra.bench.log_outcomes import Measure, Peer
from services.audit.domain.log import MOST_LEAVES

_GO: Final = Path(__file__).with_name("go")
_STEP: Final = 7_919


class PeerFailedError(RuntimeError):
    """The Go program could not be built or run; the text is what it said."""


def missing_peers() -> tuple[str, ...]:
    """The peers that cannot be measured on this machine, with what they lack."""
    lacking = {
        "pymerkle": find_spec("pymerkle") is None and "pymerkle is not installed",
        "x/mod sumdb/tlog, tessera POSIX": shutil.which("go") is None and "go is not installed",
    }
    return tuple(f"{name} ({why})" for name, why in lacking.items() if why)


def pymerkle_peers(folder: Path, entries: int, proofs: int, scratch: Path) -> list[Peer]:
    """Pymerkle's tree in memory, and its tree in a SQLite file; none where it is not installed."""
    if find_spec("pymerkle") is None:
        return []
    data = list(read_entries(folder, entries))
    return [_in_memory(data, proofs), _in_a_file(data, scratch / "pymerkle.db")]


def whole_in_pymerkle(peer: Peer, folder: Path, entries: int) -> str:
    """The full verification as far as pymerkle goes: the tree is built again and its root taken. The root."""
    tree = _library().InmemoryTree(algorithm="sha256")

    def build() -> str:
        for entry in read_entries(folder, entries):
            tree.append_entry(entry)
        return str(tree.get_root().hex())

    return peer.time(Measure.VERIFY, entries, build)


def go_peers(folder: Path, entries: int, proofs: int, scratch: Path) -> list[Peer]:
    """Go's peers, the full verification of the whole log in the folder included; none without Go.

    Raises PeerFailedError.
    """
    if shutil.which("go") is None:
        return []
    own = scratch / "tessera"
    own.mkdir()
    program = scratch / "logbench"
    _run(["go", "build", "-mod=readonly", "-o", str(program), "."], cwd=_GO)
    numbers = {"entries": entries, "proofs": proofs, "batch": MOST_LEAVES}
    options = [f"-{name}={value}" for name, value in {**numbers, "log": folder, "scratch": own}.items()]
    told = json.loads(_run([str(program), f"-vkey={SIGNER.key.vkey}", *options], cwd=scratch))
    return [_read(name, figures) for name, figures in told.items()]


def _in_memory(data: list[bytes], proofs: int) -> Peer:
    library, size = _library(), len(data)
    peer, tree = Peer("pymerkle"), library.InmemoryTree(algorithm="sha256")

    def append() -> None:
        for entry in data:
            tree.append_entry(entry)

    peer.time(Measure.APPEND, size, append)
    root = tree.get_root()
    peer.root = root.hex()
    # Its leaves are counted from one.
    picked = [number * _STEP % size + 1 for number in range(proofs)]
    paths = peer.time(Measure.PROVE_HELD, proofs, lambda: [tree.prove_inclusion(each, size) for each in picked])
    leaves = [tree.get_leaf(each) for each in picked]

    def check() -> None:
        for index, leaf, path in zip(picked, leaves, paths, strict=True):
            library.verify_inclusion(leaf, root, path, index=index, size=size)

    peer.time(Measure.CHECK, proofs, check)
    roots = [tree.get_root(each) for each in picked]
    made = peer.time(
        Measure.PROVE_CONSISTENCY_HELD, proofs, lambda: [tree.prove_consistency(each, size) for each in picked]
    )

    def check_consistency() -> None:
        for old, old_root, path in zip(picked, roots, made, strict=True):
            library.verify_consistency(old_root, root, path, prior_size=old, later_size=size)

    peer.time(Measure.CHECK_CONSISTENCY, proofs, check_consistency)
    return peer


def _in_a_file(data: list[bytes], file: Path) -> Peer:
    peer = Peer("pymerkle SQLite")
    with _library().SqliteTree(str(file)) as tree:

        def append() -> None:
            for begin in range(0, len(data), MOST_LEAVES):
                tree.append_entries(data[begin : begin + MOST_LEAVES])
                peer.root = tree.get_root().hex()

        peer.time(Measure.SEAL, len(data), append)
    peer.bytes_kept = file.stat().st_size / len(data)
    return peer


def _read(name: str, figures: dict[str, Any]) -> Peer:
    rates = {Measure[measure]: float(rate) for measure, rate in figures["rates"].items()}
    return Peer(name, rates, figures.get("bytes_kept"), figures["root"])


def _run(command: list[str], *, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise PeerFailedError(done.stderr)
    return done.stdout


def _library() -> Any:  # noqa: ANN401 - it ships no types, and is not everywhere
    return importlib.import_module("pymerkle")
