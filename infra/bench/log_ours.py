"""Our log, measured: sealing from the queue's message to the signed checkpoint, proofs, full verification."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Final

from infra.bench.log_files import SIGNER, envelopes, read_entries
from infra.bench.log_memory import MemoryObjects, memory_log
from infra.bench.log_outcomes import Measure, Peer
from services.audit.domain.log import MOST_LEAVES, Message
from services.audit.logic.proving import prove
from services.audit.logic.sealing import seal
from shared.contracts.dockets import Docket
from shared.kernel.merkle import (
    EMPTY_ROOT,
    HashReader,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from shared.kernel.tiles import Tile, grow, tile_reader
from shared.kernel.tlog_proof import parse_proof, verify_proof

_NOW: Final = datetime(2026, 3, 6, 1, 30, tzinfo=UTC)
_DOCKET: Final = Docket(case=f"case_{0:026d}", principal="cli_approver_0000", request="bench-0000")
_STEP: Final = 7_919
"""A prime, so that indices to be proven lie everywhere."""


class VerifierFailedError(RuntimeError):
    """`shenguan verify` did not find the bench's own log sound; the text is what it said."""


def measured(folder: Path, entries: int, proofs: int) -> Peer:
    """Everything but the full verification, over the first entries of the log in the folder."""
    ours = Peer("shenguan")
    data = list(read_entries(folder, entries))
    tiles = ours.time(Measure.APPEND, entries, lambda: _grown(data))
    size, tree_root = entries, root(entries, tile_reader(entries, tiles.__getitem__))
    ours.root = tree_root.hex()
    _seal(ours, data)

    picked = [number * _STEP % size for number in range(proofs)]
    paths = ours.time(
        Measure.PROVE,
        proofs,
        lambda: [inclusion_proof(each, size, tile_reader(size, tiles.__getitem__)) for each in picked],
    )
    _held(ours, Measure.PROVE_HELD, proofs, size, tiles, lambda read: [inclusion_proof(n, size, read) for n in picked])
    leaves = [leaf_hash(data[each]) for each in picked]

    def check() -> None:
        for index, leaf, path in zip(picked, leaves, paths, strict=True):
            verify_inclusion(index, size, leaf, path, tree_root)

    ours.time(Measure.CHECK, proofs, check)
    _consistency(ours, size, tiles, tree_root, [each or 1 for each in picked])
    return ours


def whole_proofs(entries: int, proofs: int) -> tuple[float, float]:
    """Proof files made, and checked, a second: index, tiles, checkpoint and its signature, from an event's id on."""
    log, data = memory_log(SIGNER), list(envelopes(entries))
    for batch in _batches(data):
        seal(log, batch, _NOW)
    picked = [number * _STEP % entries for number in range(proofs)]
    peer = Peer("")
    made = peer.time(Measure.PROVE, proofs, lambda: [prove(log, f"evt_{each:026d}").encode() for each in picked])

    def check() -> None:
        for index, text in zip(picked, made, strict=True):
            verify_proof(parse_proof(text), data[index], SIGNER.key)

    peer.time(Measure.CHECK, proofs, check)
    return peer.rates[Measure.PROVE], peer.rates[Measure.CHECK]


def verified(folder: Path, entries: int) -> tuple[float, float]:
    """Entries a second of `shenguan verify` over the whole log, in processes of its own, and its seconds by the clock.

    Raises VerifierFailedError.
    """
    command = [sys.executable, "-m", "localstack.cli", "verify", str(folder), "--key", SIGNER.key.vkey]
    before, began = _children_seconds(), perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise VerifierFailedError(done.stdout + done.stderr)
    return entries / (_children_seconds() - before), perf_counter() - began


def bare_hashing(folder: Path, entries: int) -> dict[str, float]:
    """Entries a second of hashlib by itself: leaves; the tree's inner nodes too; and what chains name."""
    peer, data = Peer(""), list(read_entries(folder, entries))

    def leaves() -> list[bytes]:
        return [sha256(b"\x00" + entry).digest() for entry in data]

    hashes = peer.time(Measure.APPEND, entries, leaves)

    def nodes() -> None:
        level = hashes
        while len(level) > 1:
            level = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]

    peer.time(Measure.VERIFY, entries, nodes)
    peer.time(Measure.CHECK, entries, lambda: [sha256(entry).digest() for entry in data])
    leaf, node, link = (1 / peer.rates[each] for each in (Measure.APPEND, Measure.VERIFY, Measure.CHECK))
    return {"leaves": 1 / leaf, "leaves, nodes": 1 / (leaf + node), "leaves, nodes, links": 1 / (leaf + node + link)}


def _grown(data: list[bytes]) -> dict[Tile, bytes]:
    """The tiles of a tree that grew by as many leaves at once as are sealed at once."""
    tiles: dict[Tile, bytes] = {}
    size, tree_root = 0, EMPTY_ROOT
    for begin in range(0, len(data), MOST_LEAVES):
        hashes = [leaf_hash(each) for each in data[begin : begin + MOST_LEAVES]]
        growth = grow(size, tree_root, hashes, tiles.__getitem__)
        tiles |= growth.tiles
        size, tree_root = growth.size, growth.root
    return tiles


def _seal(ours: Peer, data: list[bytes]) -> None:
    log, batches = memory_log(SIGNER), list(_batches(data))

    def work() -> None:
        for batch in batches:
            seal(log, batch, _NOW)

    ours.time(Measure.SEAL, len(data), work)
    objects = log.objects
    if isinstance(objects, MemoryObjects):
        lasting = [held for path, held in objects.held.items() if not path.startswith("staging/") and ".p/" not in path]
        ours.bytes_kept = sum(map(len, lasting)) / len(data)


def _batches(data: list[bytes]) -> Iterator[dict[str, Message]]:
    numbered = iter(enumerate(data))
    while batch := {f"{number}": Message(each.decode(), _DOCKET) for number, each in islice(numbered, MOST_LEAVES)}:
        yield batch


def _consistency(ours: Peer, size: int, tiles: dict[Tile, bytes], tree_root: bytes, old_sizes: list[int]) -> None:
    def read(at: int) -> bytes:
        full = tile_reader(size, tiles.__getitem__)
        return root(at, full)

    roots = {at: read(at) for at in old_sizes}
    made = ours.time(
        Measure.PROVE_CONSISTENCY,
        len(old_sizes),
        lambda: [consistency_proof(at, size, tile_reader(size, tiles.__getitem__)) for at in old_sizes],
    )

    def check() -> None:
        for at, proof in zip(old_sizes, made, strict=True):
            verify_consistency(at, size, roots[at], tree_root, proof)

    _held(
        ours,
        Measure.PROVE_CONSISTENCY_HELD,
        len(old_sizes),
        size,
        tiles,
        lambda reader: [consistency_proof(at, size, reader) for at in old_sizes],
    )
    ours.time(Measure.CHECK_CONSISTENCY, len(old_sizes), check)


def _held(
    ours: Peer, measure: Measure, times: int, size: int, tiles: dict[Tile, bytes], prove: Callable[[HashReader], object]
) -> None:
    """Proofs by one reader, which has seen all of them once: as others hold their tree."""
    reader = tile_reader(size, tiles.__getitem__)
    prove(reader)
    ours.time(measure, times, lambda: prove(reader))


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
