"""`python -m infra bench`: measure, show, and keep the figures in a file."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.bench import case_report, imports, report, sizes
from infra.bench.prices import PRICES, Prices, UnusablePricesError, read_prices
from infra.build import build
from infra.console import ConsoleProgress
from infra.dynamodb_local import missing_programs
from infra.target import aws_target

Report = Callable[[str], None]
_Sections = report.Section | tuple[report.Section, ...]

LIST_SIZES = (1_000, 100_000)
CASES = "1000,100000"
FEWEST_CASES = 100
"""Fewer do not fill a page, and what is not full costs less."""
IMPORTED_ROWS = 10_000
LOG_ENTRIES = 1_000_000
PROOFS = 2_000

_FILE_WIDTH = 120
"""Columns of the file, and of an output that is no terminal."""


class Part(StrEnum):
    """What can be measured by itself."""

    IMPORTS = "imports"
    REQUESTS = "requests"
    ITEM_LIST = "item-list"
    IMPORT = "import"
    EXPORT = "export"
    LIFE = "life"
    SCALE = "scale"
    CPU = "cpu"
    LOG = "log"
    SIZES = "sizes"


def bench(
    *,
    part: Annotated[list[Part] | None, typer.Option(help="Only this part; may be repeated. All by default.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Imports of each handler; the median counts.")] = 5,
    items: Annotated[
        list[int] | None, typer.Option(min=100, help="Sizes of the item list and its export to compare. [1000, 100000]")
    ] = None,
    cases: Annotated[
        str, typer.Option(help="How many open cases to compare, with commas; a million takes ten minutes of a core.")
    ] = CASES,
    times: Annotated[int, typer.Option(min=10, help="Times each handler is watched for its processor time.")] = 200,
    entries: Annotated[int, typer.Option(min=1_000, help="Entries of the log that is verified in full.")] = LOG_ENTRIES,
    prices: Annotated[Path, typer.Option(help="Prices and assumptions, like infra/bench/prices.yaml.")] = PRICES,
    byte_code: Annotated[
        bool, typer.Option(help="Whether packages hold byte code, as when the runtime's own Python built them.")
    ] = True,
    output: Annotated[Path, typer.Option(help="Where the figures are written as well.")] = Path("bench.txt"),
) -> None:
    """Measure starts, requests, units and cost of the main job, of lists, of a case's life and the log, and packages.

    Times are this machine's: compare their ratios. The emulator is not measured. Exits with 1 where a figure is not
    what it must be: where what a request costs changes with the number of open cases.
    """
    sizes_of_cases, price_list = _sizes_in(cases), _prices_in(prices)
    console = Console() if sys.stdout.isatty() else Console(width=_FILE_WIDTH)
    measured: dict[Part, Callable[[Report], _Sections]] = {
        Part.IMPORTS: lambda say: _imports(repeats, say, byte_code=byte_code),
        Part.REQUESTS: _requests,
        Part.ITEM_LIST: lambda say: _item_list(sorted(items or LIST_SIZES), say),
        Part.IMPORT: _import,
        Part.EXPORT: lambda say: _export(sorted(items or LIST_SIZES), say),
        Part.LIFE: lambda say: _life(price_list, say),
        Part.SCALE: lambda say: _scale(sizes_of_cases, say),
        Part.CPU: lambda say: _cpu(times, say),
        Part.LOG: lambda say: _log(entries, say),
        Part.SIZES: _sizes,
    }
    with ConsoleProgress(console) as progress:
        sections = [section for each in part or Part for section in _several(measured[each](progress.report))]
    report.write(console, sections)
    with output.open("w", encoding="utf-8") as file:
        report.write(Console(file=file, width=_FILE_WIDTH), sections)
    console.print(f"\nwritten: {output}", highlight=False)
    if any(section.faults for section in sections):
        raise typer.Exit(1)


def _imports(repeats: int, say: Report, *, byte_code: bool) -> report.Section:
    built = build(imports.bench_target(), report=say)
    with tempfile.TemporaryDirectory(prefix="shenguan-bench-") as folder:
        times = imports.measure(built, Path(folder), repeats, say, byte_code=byte_code)
        return report.imports_section(times, repeats, byte_code=byte_code)


def _requests(say: Report) -> report.Section:
    say("the main job")
    from infra.bench.job import measured_job  # noqa: PLC0415 - its moto is slow to import and only needed here

    return report.requests_section(measured_job())


def _item_list(sizes: Sequence[int], say: Report) -> report.Section:
    missing = missing_programs()
    if missing:
        return _without_engine("Item list", missing)
    from infra.bench.item_list import measured_list  # noqa: PLC0415 - only needed here

    return report.item_list_section(measured_list(sizes, say))


def _life(prices: Prices, say: Report) -> tuple[report.Section, ...]:
    say("the life of a case")
    from infra.bench.life import measured_life  # noqa: PLC0415 - as above

    steps = measured_life(prices.assumed)
    return case_report.life_section(steps, prices), case_report.cost_section(steps, prices)


def _scale(sizes: Sequence[int], say: Report) -> report.Section:
    missing = missing_programs()
    if missing:
        return _without_engine("Open cases", missing)
    from infra.bench.scale import measured_scale  # noqa: PLC0415 - as above

    return case_report.scale_section(measured_scale(sizes, say))


def _cpu(times: int, say: Report) -> report.Section:
    missing = missing_programs()
    if missing:
        return _without_engine("Processor time", missing)
    from infra.bench.cpu import measured_cpu  # noqa: PLC0415 - as above

    return case_report.cpu_section(*measured_cpu(times, say))


def _log(entries: int, say: Report) -> tuple[report.Section, ...]:
    from infra.bench import log_report  # noqa: PLC0415 - as above
    from infra.bench.log import measured_log  # noqa: PLC0415

    found = measured_log(entries, PROOFS, say)
    beside = log_report.peers_section(found.figures), log_report.verification_section(found.figures, found.proof_files)
    missing = missing_programs()
    if missing:
        return (*beside, _without_engine("Sealing", missing))
    from infra.bench.log_sealing import measured_sealing  # noqa: PLC0415 - its moto is slow to import

    return (*beside, log_report.sealing_section(measured_sealing(say)))


def _without_engine(title: str, missing: Sequence[str]) -> report.Section:
    return report.skipped_section(title, f"it needs Amazon's DynamoDB engine, and {', '.join(missing)} to run it")


def _several(measured: _Sections) -> tuple[report.Section, ...]:
    return measured if isinstance(measured, tuple) else (measured,)


def _sizes_in(text: str) -> list[int]:
    sizes = [int(each) for each in text.split(",") if each.strip().isdecimal()]
    if not sizes or len(sizes) < len(text.split(",")) or min(sizes) < FEWEST_CASES:
        raise typer.BadParameter(f"give sizes of {FEWEST_CASES} or more with commas between, as {CASES}")
    return sorted(sizes)


def _prices_in(path: Path) -> Prices:
    try:
        return read_prices(path)
    except UnusablePricesError as error:
        raise typer.BadParameter(str(error)) from error


def _import(say: Report) -> report.Section:
    from infra.bench.bulk import measured_imports  # noqa: PLC0415 - only needed here

    return report.import_section(measured_imports(IMPORTED_ROWS, say))


def _export(sizes: Sequence[int], say: Report) -> report.Section:
    if not Path("/proc/self/status").exists():
        return report.skipped_section("Export", "only Linux tells how much memory a process ever held")
    from infra.bench.bulk import measured_exports  # noqa: PLC0415 - only needed here

    return report.export_section(measured_exports(sizes, say))


def _sizes(say: Report) -> report.Section:
    target = aws_target()
    layer, services = sizes.sizes_of(build(target, report=say))
    return report.sizes_section(target, layer, services)
