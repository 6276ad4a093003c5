"""The log beside its public peers, in one run and on the same entries."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.bench.log_files import write_log
from infra.bench.log_ours import bare_hashing, measured, verified, whole_proofs
from infra.bench.log_outcomes import LogFigures, Measure
from infra.bench.log_peers import go_peers, missing_peers, pymerkle_peers, whole_in_pymerkle
from infra.build import Report

_MOST_MEASURED = 100_000
_MOST_PROOF_FILES = 20_000


@dataclass(frozen=True, slots=True)
class LogMeasured:
    """The figures, and how many proof files are made and checked a second."""

    figures: LogFigures
    proof_files: tuple[float, float]


def measured_log(entries: int, proofs: int, say: Report) -> LogMeasured:
    """A log of so many entries is verified in full; all else is measured over its first hundred thousand at most.

    Raises VerifierFailedError or PeerFailedError.
    """
    some = min(entries, _MOST_MEASURED)
    with tempfile.TemporaryDirectory(prefix="shenguan-bench-") as name:
        folder, scratch = Path(name) / "log", Path(name) / "scratch"
        scratch.mkdir()
        say(f"the log, {entries:,} entries written")
        write_log(folder, entries)
        say("the log, ours")
        ours = measured(folder, some, proofs)
        ours.rates[Measure.VERIFY], seconds = verified(folder, entries)
        say("the log, bare hashing")
        bare = bare_hashing(folder, entries)
        say("the log, pymerkle")
        peers = pymerkle_peers(folder, some, proofs, scratch)
        if peers:
            whole_in_pymerkle(peers[0], folder, entries)
        say("the log, Go")
        peers += go_peers(folder, some, proofs, scratch)
        figures = LogFigures(some, entries, seconds, (ours, *peers), bare, missing_peers())
        return LogMeasured(figures, whole_proofs(min(some, _MOST_PROOF_FILES), proofs))
