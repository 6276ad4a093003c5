"""The figures of the log as tables."""

from collections.abc import Sequence

from infra.bench.log_outcomes import LogFigures, Measure, Peer, Sealed
from infra.bench.recorder import Figures
from infra.bench.report import Section, new_table, ratio

_FILE_WRITES, _FILE_READS, _SIGNATURES = "s3:PutObject", "s3:GetObject", "kms:Sign"


def peers_section(figures: LogFigures) -> Section:
    """Rates beside the peers', and beside bare hashing."""
    table = new_table()
    table.add_column("a second, of one core")
    for peer in figures.peers:
        table.add_column(peer.name.replace(" ", "\n"), justify="right")
    for peer in figures.peers[1:]:
        table.add_column(f"ours ÷\n{peer.name}".replace(" ", "\n"), justify="right")
    ours = figures.peers[0]
    for measure in Measure:
        shown = [f"{peer.rates[measure]:,.0f}" if measure in peer.rates else "–" for peer in figures.peers]
        table.add_row(measure.value, *shown, *(_beside(measure, ours, peer) for peer in figures.peers[1:]))
    table.add_section()
    kept = [f"{peer.bytes_kept:,.0f}" if peer.bytes_kept else "–" for peer in figures.peers]
    table.add_row("bytes kept of an entry", *kept, *(_bytes_beside(ours, peer) for peer in figures.peers[1:]))
    left_out = f" Left out: {'; '.join(figures.left_out)}." if figures.left_out else ""
    return Section(
        f"The log beside its peers: {figures.entries:,} entries; the full verification {figures.verified:,}",
        table,
        "All on the same entries in the same run, by processor time. Ours seals from the queue's message to the "
        "signed checkpoint, with parsing, telling what is new, index and files, against ports in memory; pymerkle adds "
        "a thousand entries and takes the root; tessera writes and signs files. Tiles are read anew for each proof as "
        "in a request of its own; held are pymerkle's and tlog's trees and, with us, a reader that makes one proof "
        "after another. The full verification is `shenguan verify` with its start, beside building the tree again "
        "(pymerkle, tlog) and beside tessera's fsck."
        f"{left_out}",
        tuple(f"{name}: another root of the same entries" for name in figures.disagreeing),
    )


def verification_section(figures: LogFigures, proof_files: tuple[float, float]) -> Section:
    """The full verification beside bare hashing, and whole proof files."""
    table = new_table()
    table.add_column("work")
    table.add_column("entries\na second", justify="right")
    for name in figures.bare:
        table.add_column(f"time ÷\nhashlib, {name}", justify="right")
    rates = {f"hashlib alone, {name}": rate for name, rate in figures.bare.items()}
    rates |= {f"{peer.name}, all": peer.rates[Measure.VERIFY] for peer in figures.peers if Measure.VERIFY in peer.rates}
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.0f}", *(ratio(bare, rate) for bare in figures.bare.values()))
    made, checked = proof_files
    seconds = figures.verified / figures.peers[0].rates[Measure.VERIFY]
    return Section(
        f"Full verification of {figures.verified:,} entries beside the bare cost of hashing them",
        table,
        f"Ours took {seconds:.1f} s of processor time, {figures.seconds:.1f} s by the clock: reading files, every "
        "leaf, tile, the root, the signature, every chain, what was logged twice. Links are the hashes by which events "
        "of a chain name one another. Whole proof files, from an event's id to text and from text to verdict, "
        f"signatures included: {made:,.0f} made and {checked:,.0f} checked a second.",
    )


def sealing_section(sealed: Sequence[Sealed]) -> Section:
    """Units for each event, batch by batch."""
    table = new_table()
    table.add_column("batch")
    headers = ("write units", "write units\nan event", "index\nwrites", "read units\nan event", "S3 writes", "S3 reads")
    for header in (*headers, "KMS", "bytes of rows\nan event"):
        table.add_column(header, justify="right")
    for each in sealed:
        table.add_row(*_sealed_row(each.events, each.figures))
    return Section(
        "Sealing: what a batch asks of AWS",
        table,
        "On Amazon's own DynamoDB engine, with units by its published rules; the log has entries already. One "
        "conditional write, of the head, decides a batch; the rest is an index row for each event and the checkpoint's "
        "row. Rows with DynamoDB's 100 bytes for each.",
    )


def _sealed_row(events: int, figures: Figures) -> tuple[str, ...]:
    asked = figures.requests
    return (
        f"{events:,}",
        f"{figures.write_units:,}",
        f"{figures.write_units / events:.3f}",
        f"{figures.index_units}",
        f"{figures.read_units / events:.2f}",
        f"{asked[_FILE_WRITES]}",
        f"{asked[_FILE_READS]}",
        f"{asked[_SIGNATURES]}",
        f"{(figures.kept_bytes + figures.expiring_bytes) / events:.0f}",
    )


def _beside(measure: Measure, ours: Peer, peer: Peer) -> str:
    return (
        ratio(ours.rates[measure], peer.rates[measure]) if {measure} <= ours.rates.keys() & peer.rates.keys() else "–"
    )


def _bytes_beside(ours: Peer, peer: Peer) -> str:
    return ratio(ours.bytes_kept, peer.bytes_kept) if ours.bytes_kept and peer.bytes_kept else "–"
