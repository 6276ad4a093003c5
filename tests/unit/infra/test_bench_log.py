"""`make bench` measures the log beside its peers: on a log that is sound, and all of them arrive at the same root."""

from collections import Counter
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from infra.bench import log_ours, log_peers
from infra.bench.log_files import SIGNER, envelopes, read_entries, write_log
from infra.bench.log_outcomes import LogFigures, Measure, Peer, Sealed
from infra.bench.log_report import peers_section, sealing_section, verification_section
from infra.bench.recorder import Figures
from infra.bench.report import Section, write
from shared.contracts.event import GENESIS, Envelope
from shared.kernel.merkle import leaf_hash, root_of
from shared.kernel.notes import open_checkpoint

ENTRIES = 700


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("log")
    write_log(made, ENTRIES)
    return made


def shown(*sections: Section) -> str:
    out = StringIO()
    write(Console(file=out, width=1_000), sections)
    return out.getvalue()


def test_what_is_measured_with_are_canonical_envelopes_in_chains() -> None:
    found = [Envelope.model_validate_json(data) for data in envelopes(8)]
    assert [envelope.canonical() for envelope in found] == list(envelopes(8))
    assert [envelope.sequence for envelope in found] == [1, 2, 3, 4] * 2
    for before, after in pairwise(found):
        assert after.previous == (before.hash() if after.subject == before.subject else GENESIS)


def test_the_log_in_the_folder_is_sound(folder: Path) -> None:
    signed = open_checkpoint((folder / "checkpoint").read_bytes(), SIGNER.key)
    entries = list(read_entries(folder, ENTRIES))
    assert entries == list(envelopes(ENTRIES))
    assert (signed.size, signed.root) == (ENTRIES, root_of(map(leaf_hash, entries)))
    assert list(read_entries(folder, 300)) == entries[:300]


def test_ours_is_measured_in_everything_but_the_full_verification(folder: Path) -> None:
    ours = log_ours.measured(folder, 600, 20)
    assert ours.rates.keys() == {*Measure} - {Measure.VERIFY}
    assert min(ours.rates.values()) > 0
    assert ours.root == root_of(map(leaf_hash, envelopes(600))).hex()
    assert ours.bytes_kept


def test_pymerkle_arrives_at_the_same_root(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("pymerkle")
    peers = log_peers.pymerkle_peers(folder, 600, 20, tmp_path)
    assert {peer.root for peer in peers} == {root_of(map(leaf_hash, envelopes(600))).hex()}
    assert log_peers.whole_in_pymerkle(peers[0], folder, ENTRIES) == root_of(map(leaf_hash, envelopes(ENTRIES))).hex()


def figures(other_root: str = "aa") -> LogFigures:
    ours = Peer("shenguan", {Measure.APPEND: 300.0, Measure.VERIFY: 50.0}, 430.0, "aa")
    other = Peer("another", {Measure.APPEND: 100.0, Measure.PROVE: 7.0}, 215.0, other_root)
    return LogFigures(1_000, 2_000, 21.5, (ours, other), {"leaves": 200.0}, ("a third (not here)",))


def test_rates_are_told_beside_each_peers_and_what_was_left_out_is_said() -> None:
    text = shown(peers_section(figures()))
    (line,) = [line for line in text.splitlines() if line.startswith("entries added")]
    assert line.split()[-3:] == ["300", "100", "3.00"]
    (line,) = [line for line in text.splitlines() if line.startswith("bytes kept")]
    assert line.split()[-1] == "2.00"
    assert "a third (not here)" in text
    assert "FAULT" not in text


def test_another_root_of_the_same_entries_is_a_fault() -> None:
    assert peers_section(figures("bb")).faults == ("another: another root of the same entries",)


def test_the_full_verification_is_told_beside_bare_hashing() -> None:
    text = shown(verification_section(figures(), (10, 20)))
    (line,) = [line for line in text.splitlines() if line.startswith("shenguan, all")]
    assert line.split()[-2:] == ["50", "4.00"]
    assert "Ours took 40.0 s of processor time, 21.5 s by the clock" in text


def test_a_batch_is_told_with_its_units_for_each_event() -> None:
    step = Figures("a batch", Counter({"s3:PutObject": 6, "kms:Sign": 1}), 102, 102, 0, [], kept_bytes=50_000)
    text = shown(sealing_section([Sealed(100, step)]))
    assert "1.020" in text
    assert "500" in text
