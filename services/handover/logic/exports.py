"""Exports of the ledger: asked for, written step by step in the background, fetched by a link (R-HND-16)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.handover.domain import SOURCE
from services.handover.domain.exports import MEDIA, WRITERS, ExportState, LedgerExport
from services.handover.domain.ledger import LedgerLine
from services.handover.logic.ledger import LOOKED_AT, search, sought_by
from services.handover.ports.cases import Cases, Position
from services.handover.ports.directory import Directory
from services.handover.ports.jobs import Jobs
from services.handover.ports.ledger import Lists, Place
from services.handover.schemas.exports import ExportRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.files import FileStore
from shared.contracts.ledgers import LedgerExportFinished, LedgerExportRequested
from shared.contracts.model import Contract
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal

EXPORT = "export"
"""The kind of an export's deadline."""

STEPS_A_RUN = 10
"""How many steps one run of the schedule does for one export; the next run goes on."""

_PART = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Exporting:
    """What exports work with."""

    jobs: Jobs[LedgerExport]
    cases: Cases
    lists: Lists
    files: FileStore


class Progress(Contract):
    """How far an export is: where in its list to go on, how many cases were found; `over`: the list was walked."""

    place: Place | None = None
    cases: int = 0
    over: bool = False


def request_export(
    jobs: Jobs[LedgerExport], directory: Directory, context: Context, request: ExportRequest
) -> LedgerExport:
    """Ask for a file of what the caller may see. Raises Refused as the search does."""
    principal = context.principal
    export = LedgerExport(
        export_id=new_id("exp"),
        department=principal.department,
        client=principal.client_id,
        format=request.format,
        sought=sought_by(directory, principal, request, context.now, "/"),
        requested_at=context.now,
    )
    told = LedgerExportRequested(export_id=export.export_id, department=export.department, format=export.format)
    jobs.save(change(SOURCE, export.export_id, ChainHead(), export, (told,), context, export), context.now)
    return export


def own_exports(
    jobs: Jobs[LedgerExport], principal: Principal, limit: int, position: Position | None
) -> tuple[Sequence[LedgerExport], Position | None]:
    """A page of what the caller asked for, newest first."""
    return jobs.asked_by(principal.client_id, limit, position)


def show_export(jobs: Jobs[LedgerExport], principal: Principal, export_id: str) -> LedgerExport:
    """An export that the caller asked for, and how far it is. Raises Refused: "not_found", "not_your_department"."""
    export = _own(jobs, principal, export_id).state
    if export.state is ExportState.FINISHED:
        return export
    _, progress = jobs.progress(export_id, Progress)
    return export.model_copy(update={"cases": progress.cases})


def export_link(jobs: Jobs[LedgerExport], files: FileStore, context: Context, export_id: str) -> str:
    """A link to the file.

    Raises Refused: "not_found", "not_your_department"; "wrong_state" before the file is there and after its time.
    """
    export = _own(jobs, context.principal, export_id).state
    export.check_there(context.now)
    return files.download_link(export.content_key, file_name=export.file_name)


def go_on(exporting: Exporting, context: Context, export_id: str) -> bool:
    """Some steps of an export; whether there were any. A step that was done before does the same again."""
    stored = exporting.jobs.job(export_id)
    if stored is None or stored.state.state is ExportState.FINISHED:
        return False
    steps, progress = exporting.jobs.progress(export_id, Progress)
    for _ in range(STEPS_A_RUN):
        if progress.over:
            _finish(exporting, context, stored, steps, progress.cases)
            break
        progress = _step(exporting, stored.state, steps, progress)
        steps += 1
        if not exporting.jobs.note(export_id, steps, progress):
            break
    return True


def _step(exporting: Exporting, export: LedgerExport, steps: int, progress: Progress) -> Progress:
    found = search(exporting.cases, exporting.lists, export.sought, progress.place, most=LOOKED_AT)
    content = "\n".join(line.model_dump_json() for line in found.lines).encode()
    exporting.files.put(_part(export, steps), content, _PART)
    return Progress(place=found.place, cases=progress.cases + len(found.lines), over=found.place is None)


def _finish(exporting: Exporting, context: Context, stored: Stored[LedgerExport], steps: int, cases: int) -> None:
    export = stored.state
    lines = _lines(exporting.files, export, steps)
    exporting.files.write(export.content_key, WRITERS[export.format](lines), MEDIA[export.format])
    finished = export.finished(cases, stored.head.not_before(context.now))
    told = LedgerExportFinished(export_id=export.export_id, department=export.department, cases=cases)
    exporting.jobs.save(change(SOURCE, export.export_id, stored.head, finished, (told,), context), None)


def _lines(files: FileStore, export: LedgerExport, steps: int) -> Iterator[LedgerLine]:
    for step in range(steps):
        for line in files.read(_part(export, step)).splitlines():
            yield LedgerLine.model_validate_json(line)


def _part(export: LedgerExport, step: int) -> str:
    return f"{export.folder}/{step:06d}.jsonl"


def _own(jobs: Jobs[LedgerExport], principal: Principal, export_id: str) -> Stored[LedgerExport]:
    stored = jobs.job(export_id)
    if stored is None:
        raise Refused("not_found", id=export_id)
    if stored.state.client != principal.client_id:
        # What one client may see, another of its department may not.
        raise Refused("not_your_department")
    return stored
