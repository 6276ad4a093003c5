"""Importing the item list: declare a file, upload it, have it checked, look, apply (R-REG-6).

Everything long is done by the service's own queue; see logic.importing.
"""

from collections.abc import Iterator, Mapping, Sequence

from services.registry.domain import SOURCE
from services.registry.domain.imports import (
    Import,
    Move,
    Outcome,
    Part,
    Phase,
    check_bureau,
    check_faults,
    check_file_size,
    check_import_move,
)
from services.registry.domain.judging import RowPublication, RowResult
from services.registry.ports.departments import Position
from services.registry.ports.imports import Imports
from services.registry.schemas.imports import (
    ApplyRequest,
    DeclaredImport,
    ImportReport,
    ImportRequest,
    RowOutcome,
)
from shared.contracts.chain import ChainHead
from shared.contracts.change import Change, Context, Stored, change
from shared.contracts.event import Body
from shared.contracts.files import FileStore
from shared.contracts.imports import ImportAdvanced, ImportDeclared, ImportFinished, ImportState
from shared.contracts.uploads import check_arrival, link_for
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, department_of


def declare_import(imports: Imports, files: FileStore, context: Context, asked: ImportRequest) -> DeclaredImport:
    """Say which file is about to be uploaded, and be told how (R-REG-6).

    Raises Refused: "not_your_department" for a registrar without one, "file_too_large".
    """
    bureau = department_of(context.principal)
    check_file_size(asked.size)
    declared = Import(
        import_id=new_id("imp"), bureau=bureau, declared_by=context.actor, declared_at=context.now, **dict(asked)
    )
    answer = DeclaredImport(**dict(ImportReport.of(declared, 1)), upload=link_for(files, declared))
    body = ImportDeclared(progress=declared.progress(), file_name=declared.file_name)
    imports.save_import(change(SOURCE, declared.import_id, ChainHead(), declared, [body], context, answer))
    return answer


def start_import(imports: Imports, files: FileStore, context: Context, import_id: str) -> ImportReport:
    """Have the uploaded file read and checked; nothing of it is written (R-REG-6).

    Raises Refused: "not_found", "not_your_department", "wrong_state", "upload_missing", "upload_differs".
    """
    stored = _own_import(imports, context.principal, import_id)
    found = stored.state
    check_import_move(found, Move.START)
    check_arrival(files, found)
    after = found.at(Phase.READ, started_at=context.now)
    return _saved(imports, stored, after, context)


def apply_import(imports: Imports, context: Context, import_id: str, asked: ApplyRequest) -> ImportReport:
    """Have what was checked written: all of it or nothing, unless the good rows alone are asked for (R-REG-6).

    Raises Refused: "not_found", "not_your_department", "wrong_state", "import_has_faults", "import_running".
    """
    stored = _own_import(imports, context.principal, import_id)
    found = stored.state
    check_import_move(found, Move.APPLY)
    check_faults(found, partial=asked.partial)
    ordered = found.model_copy(
        update={"partial": asked.partial, "publish": asked.publish, "applied_by": context.actor, "stale": None}
    )
    if not found.counters.written:
        now = context.now
        return _saved(
            imports, stored, ordered.at(None, state=ImportState.APPLIED, applied_at=now, finished_at=now), context
        )
    after = ordered.at(Phase.RESERVE)
    made = _change(stored, after, context)
    imports.begin_applying(made)
    return _report(made)


def abandon_import(imports: Imports, context: Context, import_id: str) -> ImportReport:
    """Give an import up; nothing of it was written.

    Raises Refused: "not_found", "not_your_department", "wrong_state".
    """
    stored = _own_import(imports, context.principal, import_id)
    check_import_move(stored.state, Move.ABANDON)
    after = stored.state.at(None, state=ImportState.ABANDONED, finished_at=context.now)
    return _saved(imports, stored, after, context)


def show_import(imports: Imports, principal: Principal, import_id: str) -> ImportReport:
    """An import as it stands. Raises Refused: "not_found", "not_your_department"."""
    stored = _own_import(imports, principal, import_id)
    return ImportReport.of(stored.state, stored.head.sequence)


def list_imports(
    imports: Imports, principal: Principal, limit: int, position: Position | None
) -> tuple[Sequence[ImportReport], Position | None]:
    """One page of the own bureau's imports, newest first. Raises Refused("not_your_department") without one."""
    found, following = imports.of_bureau(department_of(principal), limit, position)
    return [ImportReport.of(each.state, each.head.sequence) for each in found], following


def sheet_link(imports: Imports, files: FileStore, principal: Principal, import_id: str) -> str:
    """A link to the sheet given back. Raises Refused: "not_found", "not_your_department", "wrong_state"."""
    found = _own_import(imports, principal, import_id).state
    check_import_move(found, Move.SHEET)
    stem = found.file_name.removesuffix(f".{found.format}")
    return files.download_link(found.sheet_key, file_name=f"{stem}-checked.{found.format}")


# --- Rows ------------------------------------------------------------------------------------------


def list_rows(
    imports: Imports,
    files: FileStore,
    principal: Principal,
    import_id: str,
    outcome: str | None,
    limit: int,
    position: Position | None,
) -> tuple[Sequence[RowOutcome], Position | None]:
    """One page of what rows do, in the order of the sheet; only the parts that hold such rows are read (R-REG-6).

    Raises Refused: "not_found", "not_your_department".
    """
    found = _own_import(imports, principal, import_id).state
    rows = _rows(files, found, outcome, position or {})
    shown: list[RowOutcome] = []
    for place, row in rows:
        if len(shown) == limit:
            return shown, place
        shown.append(row)
    return shown, None


def _rows(
    files: FileStore, found: Import, outcome: str | None, position: Position
) -> Iterator[tuple[Mapping[str, int], RowOutcome]]:
    first, after = int(position.get("part", 0)), int(position.get("row", 0))
    for number, part in enumerate(found.parts[first:], start=first):
        if part.results is None or (outcome is not None and not getattr(part.counters, outcome)):
            continue
        told = publications_of(files, part)
        for place, result in enumerate(results_of(files, part)):
            row = RowOutcome.of(result, told.get(result.line))
            if (number > first or place >= after) and _is(row, outcome):
                yield {"part": number, "row": place}, row


def _is(row: RowOutcome, outcome: str | None) -> bool:
    if outcome == "warned":
        return bool(row.warnings)
    if outcome == "unpublished":
        return row.publication is not None and not row.publication.published
    return outcome is None or row.outcome is Outcome(outcome)


def results_of(files: FileStore, part: Part) -> Sequence[RowResult]:
    """What became of a part's rows; none before it was checked."""
    lines = files.read(part.results).splitlines() if part.results else ()
    return [RowResult.model_validate_json(line) for line in lines]


def publications_of(files: FileStore, part: Part) -> Mapping[int, RowPublication]:
    """Which of a part's rows were published, by line."""
    lines = files.read(part.publications).splitlines() if part.publications else ()
    return {each.line: each for each in map(RowPublication.model_validate_json, lines)}


# --- Writing ---------------------------------------------------------------------------------------


def _own_import(imports: Imports, principal: Principal, import_id: str) -> Stored[Import]:
    stored = imports.import_(import_id)
    if stored is None:
        raise Refused("not_found", id=import_id)
    check_bureau(principal, stored.state.bureau)
    return stored


def _saved(imports: Imports, stored: Stored[Import], after: Import, context: Context) -> ImportReport:
    made = _change(stored, after, context)
    imports.save_import(made)
    return _report(made)


def _change(stored: Stored[Import], after: Import, context: Context) -> Change[Import]:
    report = ImportReport.of(after, stored.head.sequence + 1)
    return change(SOURCE, after.import_id, stored.head, after, [told(after)], context, report)


def _report(made: Change[Import]) -> ImportReport:
    return ImportReport.of(made.state, made.after.sequence)


def told(after: Import) -> Body:
    """The event of a step: whether another is owed."""
    return (ImportFinished if after.phase is None else ImportAdvanced)(progress=after.progress())
