"""Whole lists at once, against stores that answer at once: rows imported a second, what an export holds in memory."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final, cast

from infra.bench.memory import MemoryDepartments, MemoryFiles, MemoryImports
from infra.bench.recorder import Peak, Run
from infra.build import Report
from services.registry.domain.cells import Directory, Reading
from services.registry.domain.imports import Counters
from services.registry.domain.items import ItemAct, PublishedItem
from services.registry.domain.jurisdiction import NATIONAL
from services.registry.domain.lists import Listed, PublicItem, shown
from services.registry.domain.sheet import format_row, headers
from services.registry.logic import importing, imports
from services.registry.logic.exports import write_export
from services.registry.ports.departments import Departments
from services.registry.ports.items import Items
from services.registry.schemas.imports import ApplyRequest, ImportRequest
from shared.contracts.change import Context
from shared.contracts.departments import Department, Liaison
from shared.contracts.event import Actor
from shared.contracts.items import Item, Supervisor
from shared.contracts.vocabulary import DepartmentKind, Level, PushStage, SupervisorPart, TimeLimit
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role
from shared.kernel.sheets.uploads import Format
from shared.kernel.sheets.writing import write_csv, write_xlsx

_ROOT = Path(__file__).resolve().parents[2]
_BUREAU, _MARKET = "dept_01BUREAU0000000000000000000", "dept_01MARKET0000000000000000000"
_DIVISION: Final = "990100"
_MIB: Final = 1024 * 1024


# --- Imports ---------------------------------------------------------------------------------------


def measured_imports(rows: int, say: Report) -> list[Run]:
    """A sheet of new items read by the bare library, then checked and applied, then the very same sheet again."""
    runs: list[Run] = []
    grid = list(_grid(rows))
    sheets = {Format.CSV: b"".join(write_csv(iter(grid))), Format.XLSX: b"".join(write_xlsx({"sheet": iter(grid)}))}
    say(f"importing {rows:,} rows")
    runs.append(Run("openpyxl alone: read the XLSX", rows, _seconds(partial(_read_bare, sheets[Format.XLSX]))))
    for format_, content in sheets.items():
        office = _Office()
        name = format_.upper()
        runs.append(Run(f"{name}: read and check new items", rows, _seconds(partial(office.check, content, format_))))
        office.expect(Counters(rows=rows, create=rows))
        runs.append(Run(f"{name}: write them", rows, _seconds(office.apply)))
        runs.append(Run(f"{name}: the same file again", rows, _seconds(partial(office.check, content, format_))))
        office.expect(Counters(rows=rows, same=rows))
    return runs


class _Office:
    """A bureau that imports; what its queue would bring is done at once, one row after another."""

    def __init__(self) -> None:
        self._imports, self._files = MemoryImports(), MemoryFiles()
        self._shop = importing.Workshop(
            imports=self._imports,
            items=cast("Items", None),  # only publishing asks it, and nothing is published
            departments=cast("Departments", MemoryDepartments(_departments())),
            files=self._files,
            jurisdiction=NATIONAL,
            more=lambda: True,
            workers=1,
        )
        self._id = ""

    def check(self, content: bytes, format_: Format) -> None:
        """Declare a file, upload it, have it checked."""
        sha256 = hashlib.sha256(content).hexdigest()
        asked = ImportRequest(file_name=f"list.{format_}", format=format_, size=len(content), sha256=sha256)
        declared = imports.declare_import(self._imports, self._files, _context(), asked)
        self._id = declared.import_id
        self._files.stored[self._imports.imports[self._id].state.content_key] = content
        imports.start_import(self._imports, self._files, _context(), self._id)
        self._work()

    def apply(self) -> None:
        """Have what was checked written."""
        imports.apply_import(self._imports, _context(), self._id, ApplyRequest())
        self._work()

    def expect(self, counters: Counters) -> None:
        """Raises ValueError when the rows did something else than was to be measured."""
        found = self._imports.imports[self._id].state.counters
        told = Counters(rows=found.rows, create=found.create, change=found.change, same=found.same, bad=found.bad)
        if told != counters:
            raise ValueError(f"the import did {told}, and {counters} was to be measured")

    def _work(self) -> None:
        while self._imports.imports[self._id].state.phase is not None:
            importing.advance(self._shop, _context(), self._id, self._imports.imports[self._id].head.sequence)


def _grid(rows: int) -> Iterator[list[str]]:
    reading = Reading(Directory.of(_departments()), NATIONAL.item_types)
    yield headers("zh")
    for number in range(rows):
        yield format_row(_item(number), reading)


def _read_bare(content: bytes) -> None:
    from openpyxl import load_workbook  # noqa: PLC0415 - its import is not what is measured

    sheet = load_workbook(BytesIO(content), read_only=True).worksheets[0]
    for _ in sheet.iter_rows(values_only=True):
        pass


# --- Exports ---------------------------------------------------------------------------------------


def measured_exports(sizes: Sequence[int], say: Report) -> list[Peak]:
    """Each size in a process of its own, since a process never gives memory back; first one that exports nothing."""
    peaks = []
    for size in (0, *sorted(sizes)):
        say(f"exporting {size:,} items")
        command = [sys.executable, "-m", __name__, str(size)]
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)  # noqa: S603
        peaks.append(Peak(**json.loads(done.stdout)))
    return peaks


def _export(size: int) -> Peak:
    reading = Reading(Directory.of(_departments()), NATIONAL.item_types)
    files = MemoryFiles(kept=False)
    seconds = _seconds(lambda: write_export(_public(size), files, reading, utc_now()))
    return Peak(size, _peak_bytes() / _MIB, sum(files.sizes.values()) / _MIB, seconds)


def _peak_bytes() -> int:
    """The most this program ever held. What `getrusage` says includes, on Linux, the process it was started from."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise LookupError("the kernel does not say how much memory was held")


def _public(size: int) -> Iterator[PublicItem]:
    now = utc_now()
    author = Actor(client_id="cli_registrar_0000", department=_BUREAU)
    for number in range(size):
        made = PublishedItem(item=_item(number), act=ItemAct.PUBLISH, published_at=now, author=author)
        found = shown(Listed.of([made]), now)
        if found is not None:
            yield found


# --- The invented list -----------------------------------------------------------------------------


def _departments() -> Sequence[Department]:
    named = (
        (_BUREAU, DepartmentKind.APPROVAL, "示例市行政审批局"),
        (_MARKET, DepartmentKind.SUPERVISION, "示例市市监局"),
    )
    return [
        Department(
            department_id=identifier,
            version=1,
            name=name,
            kind=kind,
            level=Level.CITY,
            division_code=_DIVISION,
            leader="甲某",
            coordinating_section="审管联动科",
            liaisons=(Liaison(name="乙某", phone="19900000000"),),
        )
        for identifier, kind, name in named
    ]


def _item(number: int) -> Item:
    supervisor = Supervisor(
        department=_MARKET,
        part=SupervisorPart.LEAD,
        supervision_item=f"示例经营监督检查{number}",
        section="监管科",
        person="乙某",
        contact="0990-5550101",
    )
    return Item(
        item_id=new_id("item"),
        version=1,
        code=f"0001310{number:06d}",
        name=f"示例经营许可{number}",
        item_type="01",
        level=Level.CITY,
        division_code=_DIVISION,
        legal_basis="《示例条例》第三十五条:从事示例经营的,应当依法取得许可。",
        approval_department=_BUREAU,
        approval_section="市场准入科",
        approval_person="丙某",
        approval_contact="0990-5550100",
        statutory_limit=TimeLimit(amount=20),
        committed_limit=TimeLimit(amount=8),
        push_stages=(PushStage.ACCEPTANCE, PushStage.DECISION),
        supervisors=(supervisor,),
        effective_from=utc_now(),
    )


def _context() -> Context:
    return Context(Principal("cli_registrar_0000", _BUREAU, frozenset({Role.REGISTRAR})), utc_now(), "bench-0000")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_export(int(sys.argv[1])))))
