"""Exports of the ledger: asked for, written step by step in the background, fetched by a link (R-HND-16)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.handover.domain import SOURCE
from services.handover.domain.exports import (
    MEDIA,
    MOST_ROWS,
    NOT_WRITTEN,
    TOO_MANY_ROWS,
    WRITERS,
    ExportFailure,
    ExportState,
    LedgerExport,
    rows_of,
)
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
from shared.contracts.ledgers import LedgerExportFailed, LedgerExportFinished, LedgerExportRequested
from shared.contracts.model import Contract, Instant
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal

EXPORT = "export"
"""The kind of an export's deadline."""

STEPS_A_RUN = 10
"""How many steps one run of the schedule does for one export; the next run goes on."""

HELD = timedelta(minutes=15)
"""How long a run has an export to itself: as long as its process can live. Who fails or dies is not followed before."""

MOST_TRIES = 5
"""Runs in which no step came through, before an export is given up: what cannot be done is not tried for ever."""

_PART = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Exporting:
    """What exports work with."""

    jobs: Jobs[LedgerExport]
    cases: Cases
    lists: Lists
    files: FileStore


class Progress(Contract):
    """How far an export is: where in its list to go on, how many cases and rows were found.

    `over`: the list was walked. `notes`: how many of the steps only noted that a run began or ended; each of the others
    wrote a part. `tries`: runs begun since the last of those.
    """

    place: Place | None = None
    cases: int = 0
    rows: int = 0
    over: bool = False
    notes: int = 0
    tries: int = 0
    held_until: Instant | None = None

    def held(self, until: datetime) -> "Progress":
        """A run begins."""
        return self.model_copy(update={"notes": self.notes + 1, "tries": self.tries + 1, "held_until": until})

    def released(self) -> "Progress":
        """A run ends as it should, with more to be done."""
        return self.model_copy(update={"notes": self.notes + 1, "held_until": None})


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
    if export.state is not ExportState.WRITING:
        return export
    _, progress = jobs.progress(export_id, Progress)
    return export.model_copy(update={"cases": progress.cases})


def export_link(jobs: Jobs[LedgerExport], files: FileStore, context: Context, export_id: str) -> str:
    """A link to the file.

    Raises Refused: "not_found", "not_your_department"; "wrong_state" before the file is there, after its time, and
    where there will be none.
    """
    export = _own(jobs, context.principal, export_id).state
    export.check_there(context.now)
    return files.download_link(export.content_key, file_name=export.file_name)


def go_on(exporting: Exporting, context: Context, export_id: str) -> bool:
    """Some steps of an export; whether there were any. A step that was done before does the same again."""
    stored = exporting.jobs.job(export_id)
    if stored is None or stored.state.state is not ExportState.WRITING:
        return False
    steps, progress = exporting.jobs.progress(export_id, Progress)
    if progress.held_until is not None and context.now < progress.held_until:
        return False
    if progress.tries >= MOST_TRIES:
        _fail(exporting, context, stored, progress.cases, NOT_WRITTEN)
        return True
    begun = progress.held(context.now + HELD)
    if exporting.jobs.note(export_id, steps + 1, begun):
        _run(exporting, context, stored, steps + 1, begun)
    return True


def _run(exporting: Exporting, context: Context, stored: Stored[LedgerExport], steps: int, progress: Progress) -> None:
    export = stored.state
    for _ in range(STEPS_A_RUN):
        if progress.rows > MOST_ROWS.get(export.format, progress.rows):
            _fail(exporting, context, stored, progress.cases, TOO_MANY_ROWS)
            return
        if progress.over:
            _finish(exporting, context, stored, steps - progress.notes, progress.cases)
            return
        progress = _step(exporting, export, steps - progress.notes, progress)
        steps += 1
        if not exporting.jobs.note(export.export_id, steps, progress):
            return
    exporting.jobs.note(export.export_id, steps + 1, progress.released())


def _step(exporting: Exporting, export: LedgerExport, part: int, progress: Progress) -> Progress:
    found = search(exporting.cases, exporting.lists, export.sought, progress.place, most=LOOKED_AT)
    content = "\n".join(line.model_dump_json() for line in found.lines).encode()
    exporting.files.put(_part(export, part), content, _PART)
    come = {
        "place": found.place,
        "cases": progress.cases + len(found.lines),
        "rows": progress.rows + sum(map(rows_of, found.lines)),
        "over": found.place is None,
        "tries": 0,
    }
    return progress.model_copy(update=come)


def _finish(exporting: Exporting, context: Context, stored: Stored[LedgerExport], parts: int, cases: int) -> None:
    export = stored.state
    lines = _lines(exporting.files, export, parts)
    exporting.files.write(export.content_key, WRITERS[export.format](lines), MEDIA[export.format])
    finished = export.finished(cases, stored.head.not_before(context.now))
    told = LedgerExportFinished(export_id=export.export_id, department=export.department, cases=cases)
    exporting.jobs.save(change(SOURCE, export.export_id, stored.head, finished, (told,), context), None)


def _fail(
    exporting: Exporting, context: Context, stored: Stored[LedgerExport], cases: int, failure: ExportFailure
) -> None:
    export = stored.state
    failed = export.failed(failure, cases, stored.head.not_before(context.now))
    told = LedgerExportFailed(export_id=export.export_id, department=export.department, reason=failure.code)
    exporting.jobs.save(change(SOURCE, export.export_id, stored.head, failed, (told,), context), None)


def _lines(files: FileStore, export: LedgerExport, parts: int) -> Iterator[LedgerLine]:
    for part in range(parts):
        for line in files.read(_part(export, part)).splitlines():
            yield LedgerLine.model_validate_json(line)


def _part(export: LedgerExport, number: int) -> str:
    return f"{export.folder}/{number:06d}.jsonl"


def _own(jobs: Jobs[LedgerExport], principal: Principal, export_id: str) -> Stored[LedgerExport]:
    stored = jobs.job(export_id)
    if stored is None:
        raise Refused("not_found", id=export_id)
    if stored.state.client != principal.client_id:
        # What one client may see, another of its department may not.
        raise Refused("not_your_department")
    return stored
