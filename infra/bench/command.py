"""`python -m infra bench`: measure, show, and keep the figures in a file."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.bench import imports, report, sizes
from infra.build import build
from infra.console import ConsoleProgress
from infra.dynamodb_local import missing_programs
from infra.target import aws_target

Report = Callable[[str], None]

LIST_SIZES = (1_000, 100_000)
IMPORTED_ROWS = 10_000

_FILE_WIDTH = 120
"""Columns of the file, and of an output that is no terminal."""


class Part(StrEnum):
    """What can be measured by itself."""

    IMPORTS = "imports"
    REQUESTS = "requests"
    ITEM_LIST = "item-list"
    IMPORT = "import"
    EXPORT = "export"
    SIZES = "sizes"


def bench(
    *,
    part: Annotated[list[Part] | None, typer.Option(help="Only this part; may be repeated. All by default.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Imports of each handler; the median counts.")] = 5,
    items: Annotated[
        list[int] | None, typer.Option(min=100, help="Sizes of the item list and its export to compare. [1000, 100000]")
    ] = None,
    byte_code: Annotated[
        bool, typer.Option(help="Whether packages hold byte code, as when the runtime's own Python built them.")
    ] = True,
    output: Annotated[Path, typer.Option(help="Where the figures are written as well.")] = Path("bench.txt"),
) -> None:
    """Measure cold starts, requests and units of the main job and of the item list, its import and export, packages.

    Times are this machine's: compare their ratios. The emulator is not measured.
    """
    console = Console() if sys.stdout.isatty() else Console(width=_FILE_WIDTH)
    measured = {
        Part.IMPORTS: lambda say: _imports(repeats, say, byte_code=byte_code),
        Part.REQUESTS: _requests,
        Part.ITEM_LIST: lambda say: _item_list(sorted(items or LIST_SIZES), say),
        Part.IMPORT: _import,
        Part.EXPORT: lambda say: _export(sorted(items or LIST_SIZES), say),
        Part.SIZES: _sizes,
    }
    with ConsoleProgress(console) as progress:
        sections = [measured[each](progress.report) for each in part or Part]
    report.write(console, sections)
    with output.open("w", encoding="utf-8") as file:
        report.write(Console(file=file, width=_FILE_WIDTH), sections)
    console.print(f"\nwritten: {output}", highlight=False)


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
        return report.skipped_section(
            "Item list", f"it needs Amazon's DynamoDB engine, and {', '.join(missing)} to run it"
        )
    from infra.bench.item_list import measured_list  # noqa: PLC0415 - only needed here

    return report.item_list_section(measured_list(sizes, say))


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
