"""The figures as tables, every column with its unit."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from infra.bench.imports import ImportTime
from infra.bench.recorder import Figures, Measured, Peak, Run
from infra.bench.sizes import UNZIPPED_LIMIT, Size, share_of_limit
from infra.target import Target
from shared.aws.transactions import MAX_WRITES

_MILLI = 1000
_KB = 1000
_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Section:
    """One table with what it is and how it came about."""

    title: str
    table: Table
    note: str
    faults: tuple[str, ...] = ()
    """What the figures must not be and are: then the command fails."""


def heading() -> str:
    """Where the times were taken: they are this machine's, so only their ratios travel."""
    return f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"


def imports_section(times: Sequence[ImportTime], repeats: int, *, byte_code: bool) -> Section:
    """Import times beside the first row, the bare handler."""
    bare = times[0]
    with_or_without = "with" if byte_code else "without"
    table = new_table()
    for header in ("service", "functions"):
        table.add_column(header)
    for header in ("import\n(ms)", "÷ bare", "and client\n(ms)", "÷ bare"):
        table.add_column(header, justify="right")
    for time in times:
        table.add_row(
            time.module.service,
            ", ".join(time.module.functions),
            f"{time.imported * _MILLI:.0f}",
            f"{ratio(time.imported, bare.imported)}",
            f"{time.ready * _MILLI:.0f}",
            f"{ratio(time.ready, bare.ready)}",
        )
    return Section(
        f"Cold start: median of {repeats} imports, each in a new interpreter, {with_or_without} byte code",
        table,
        "The bare handler makes its client at import, so like compares with like in the last column. Packages hold "
        "byte code when the building Python is the runtime's; see --no-byte-code for those that do not.",
    )


def requests_section(steps: Sequence[Figures]) -> Section:
    """Requests and units per step."""
    table = new_table()
    for header in ("step", "requests"):
        table.add_column(header)
    for header in ("read\nunits", "write\nunits", "index\nwrites", "items in a\ntransaction"):
        table.add_column(header, justify="right")
    for step in steps:
        table.add_row(
            step.name,
            ", ".join(f"{name} {count}" for name, count in sorted(step.requests.items())) or "none",
            f"{step.read_units:g}",
            f"{step.write_units}",
            f"{step.index_units}",
            ", ".join(str(count) for count in step.transactions) or "–",
        )
    largest = max((count for step in steps for count in step.transactions), default=0)
    return Section(
        "Main job: requests to AWS and DynamoDB units per step (warm function, one department)",
        table,
        "Requests are counted by botocore's event hooks in this process, on moto; retries would not show. Units are "
        "computed from the sizes of the items by DynamoDB's published rules (1 KiB a write unit, doubled in a "
        "transaction; 4 KiB a read unit, halved when eventual), since the engine reports none for transactions. The "
        "checkpoint key lies in the process; its signature is counted.\n"
        f"Largest transaction: {largest} items of {MAX_WRITES} allowed, {ratio(largest, MAX_WRITES)} of the limit.",
    )


def item_list_section(measured: Sequence[Measured]) -> Section:
    """The same steps beside one another, list by list."""
    table = new_table()
    table.add_column("step")
    table.add_column("requests")
    for each in measured:
        for unit in ("read\nunits", "write\nunits", "index\nwrites"):
            table.add_column(f"{each.size:,}\n{unit}", justify="right")
    for steps in zip(*(each.steps for each in measured), strict=True):
        requests = [", ".join(f"{name} {count}" for name, count in sorted(step.requests.items())) for step in steps]
        units = [f"{value:g}" for step in steps for value in (step.read_units, step.write_units, step.index_units)]
        table.add_row(steps[0].name, " | ".join(dict.fromkeys(requests)), *units)
    return Section(
        "Item list: requests and units at each size of the list (one supervisor; the list grows between the columns)",
        table,
        "On Amazon's own DynamoDB engine; units by its published rules, as above. A page costs its pointers and one "
        "batch of its items; a page that ends a shard asks the next one too.",
    )


def import_section(runs: Sequence[Run]) -> Section:
    """Rows a second of each phase, beside the bare library reading the same file."""
    table = new_table()
    table.add_column("phase")
    for header in ("rows", "rows a second", "÷ openpyxl"):
        table.add_column(header, justify="right")
    bare = runs[0].rows / runs[0].seconds
    for run in runs:
        speed = run.rows / run.seconds
        table.add_row(run.name, f"{run.rows:,}", f"{speed:,.0f}", ratio(speed, bare))
    return Section(
        "Import: rows a second on one core, against stores that answer at once",
        table,
        "Checking reads every row, judges it beside the item there is, and writes the sheet that is given back. What "
        "waiting for DynamoDB and S3 adds is requests: see the item list's units.",
    )


def export_section(peaks: Sequence[Peak]) -> Section:
    """Memory beside a process that exported nothing."""
    table = new_table()
    table.add_column("items", justify="right")
    for header in ("peak (MiB)", "above none (MiB)", "÷ none", "files (MiB)", "seconds"):
        table.add_column(header, justify="right")
    none = peaks[0].peak
    for each in peaks:
        table.add_row(
            f"{each.items:,}",
            f"{each.peak:.1f}",
            f"{each.peak - none:.1f}",
            ratio(each.peak, none),
            f"{each.files:.1f}",
            f"{each.seconds:.1f}",
        )
    return Section(
        "Export: the most memory a process held while it wrote the list as CSV, XLSX and JSON",
        table,
        "Each row is a process of its own; the files go nowhere, piece by piece, as they would go to the object store.",
    )


def skipped_section(title: str, why: str) -> Section:
    """What was not measured, and why."""
    return Section(title, new_table(), f"Skipped: {why}.")


def sizes_section(target: Target, layer: Size, services: Sequence[Size]) -> Section:
    """Package sizes for AWS."""
    table = new_table()
    table.add_column("package")
    for header in ("zipped (kB)", "unzipped (kB)"):
        table.add_column(header, justify="right")
    for size in (layer, *services):
        table.add_row(size.name, f"{size.zipped / _KB:.0f}", f"{size.unzipped / _KB:.0f}")
    share = share_of_limit(layer, list(services))
    return Section(
        f"Packages for {target.runtime} on {target.architecture}",
        table,
        f"Layer and largest function unpacked: {share:.2f} of the {UNZIPPED_LIMIT / _MIB:.0f} MiB that Lambda allows.",
    )


def ratio(value: float, base: float) -> str:
    """How many times the base, with two decimals; a dash where there is no base."""
    return f"{value / base:.2f}" if base else "–"


def write(console: Console, sections: Sequence[Section]) -> None:
    """Heading and sections, on any console."""
    console.print(heading(), highlight=False)
    for section in sections:
        console.print(f"\n{section.title}", style="bold", highlight=False)
        console.print(section.table)
        console.print(section.note, highlight=False)
        for fault in section.faults:
            console.print(f"FAULT: {fault}", style="bold red", highlight=False)


def new_table() -> Table:
    """A table as all of them are."""
    return Table(box=None, pad_edge=False)
