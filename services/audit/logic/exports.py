"""Exports of the log: asked for, planned and written step by step in the background, fetched by links (R-AUD-7).

Every step may be done twice and does the same again; only its end is noted, once. What an export belongs to is fixed at
its beginning: the log at the size it had then, so that all parts lead to one root.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.audit.domain import SOURCE
from services.audit.domain.exports import (
    KEPT,
    LONGEST,
    ExportPart,
    ExportState,
    LogExport,
    Progress,
    log_days,
    with_blocks,
)
from services.audit.domain.postings import Dimension, PostingList
from services.audit.logic.export_parts import write_part
from services.audit.logic.indexing import indexed
from services.audit.logic.reading import published
from services.audit.ports.exports import Exports
from services.audit.ports.log import Log
from services.audit.ports.positions import Positions
from services.audit.ports.postings import Postings
from services.audit.schemas.exports import ExportRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.files import FileStore
from shared.contracts.log_exports import LogExportFinished, LogExportRequested
from shared.kernel.clock import Clock
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.ids import new_id

DAYS_A_STEP: Final = 10
"""How many days' lists one step of the planning looks at."""

RUN: Final = timedelta(seconds=60)
"""How long one run begins new steps of one export; the next run, a minute later, goes on."""

_BACKWARDS = ("结束日期不得早于起始日期", "The last day cannot come before the first")
_TOO_LONG = (
    f"一次最多导出 {LONGEST.days} 天,请分次导出",
    f"An export is of at most {LONGEST.days} days; ask for several",
)


@dataclass(frozen=True, slots=True)
class Exporting:
    """What exports work with."""

    exports: Exports
    log: Log
    positions: Positions
    postings: Postings
    files: FileStore


def request_export(exports: Exports, context: Context, request: ExportRequest) -> LogExport:
    """Ask for the log of some days. Raises Refused("invalid_fields")."""
    faults = [Fault("/from", "range_backwards", *_BACKWARDS)] if request.last_day < request.first_day else []
    if request.last_day - request.first_day >= LONGEST:
        faults.append(Fault("/to", "range_too_long", *_TOO_LONG))
    refuse_fields(faults)
    export = LogExport(
        export_id=new_id("lex"),
        client=context.principal.client_id,
        first_day=request.first_day,
        last_day=request.last_day,
        requested_at=context.now,
    )
    told = LogExportRequested(export_id=export.export_id, first_day=export.first_day, last_day=export.last_day)
    exports.save(change(SOURCE, export.export_id, ChainHead(), export, (told,), context, export), context.now)
    return export


def show_export(exports: Exports, export_id: str) -> LogExport:
    """An export and how far it is. Raises Refused("not_found")."""
    export = _found(exports, export_id).state
    if export.state is ExportState.FINISHED:
        return export
    return _at(export, exports.progress(export_id)[1])


def part_link(exports: Exports, files: FileStore, export_id: str, number: int, now: datetime) -> str:
    """A link to a part, as soon as it is there. Raises Refused: "not_found", "wrong_state" after its time."""
    export = show_export(exports, export_id)
    part = export.part(number, now)
    return files.download_link(export.key_of(part.number), file_name=export.name_of(part.number))


def go_on(exporting: Exporting, context: Context, export_id: str, clock: Clock) -> bool:
    """Some steps of an export; whether there were any."""
    exports = exporting.exports
    stored = exports.export(export_id)
    if stored is None or stored.state.state is ExportState.FINISHED:
        return False
    steps, progress = exports.progress(export_id)
    until = clock() + RUN
    while True:
        if _is_over(progress):
            _finish(exports, context, stored, progress)
            return True
        after = _step(exporting, stored.state, progress)
        if after == progress or not exports.note(export_id, steps := steps + 1, after) or clock() >= until:
            return True
        progress = after


def _is_over(progress: Progress) -> bool:
    return progress.size is not None and progress.day is None and len(progress.parts) == len(progress.plan)


def _step(exporting: Exporting, export: LogExport, progress: Progress) -> Progress:
    """The next step; the same progress where there is nothing to be done yet."""
    if progress.size is None:
        return _begun(exporting, export, progress)
    if progress.day is not None:
        return _planned(exporting.postings, export, progress, progress.size)
    number = len(progress.parts) + 1
    part = write_part(exporting.log, exporting.files, _at(export, progress), progress.plan[number - 1], number)
    return progress.model_copy(update={"parts": (*progress.parts, part)})


def _begun(exporting: Exporting, export: LogExport, progress: Progress) -> Progress:
    """Fix the size, and wait until all of that is indexed: what is not indexed would be missed."""
    wanted = published(exporting.log).size if progress.wanted is None else progress.wanted
    if indexed(exporting.positions) < wanted:
        return Progress(wanted=wanted)
    return Progress(wanted=wanted, size=wanted, day=log_days(export)[0])


def _planned(postings: Postings, export: LogExport, progress: Progress, size: int) -> Progress:
    ranges, last = progress.ranges, log_days(export)[1]
    day = progress.day
    for _ in range(DAYS_A_STEP):
        if day is None or day > last:
            return progress.model_copy(update={"ranges": ranges, "day": None})
        ranges = with_blocks(ranges, postings.rising(PostingList(Dimension.ALL, "", day)), size)
        day += timedelta(days=1)
    return progress.model_copy(update={"ranges": ranges, "day": day})


def _finish(exports: Exports, context: Context, stored: Stored[LogExport], progress: Progress) -> None:
    now = stored.head.not_before(context.now)
    there = {"state": ExportState.FINISHED, "finished_at": now, "expires_at": now + KEPT}
    export = _at(stored.state, progress).model_copy(update=there)
    told = LogExportFinished(
        export_id=export.export_id, size=export.size or 0, parts=len(export.parts), events=export.events
    )
    exports.save(change(SOURCE, export.export_id, stored.head, export, (told,), context), None)


def _at(export: LogExport, progress: Progress) -> LogExport:
    """An export as far as it has come."""
    parts: tuple[ExportPart, ...] = progress.parts
    planned = 0 if progress.day is not None else len(progress.plan)
    events = sum(part.events for part in parts)
    return export.model_copy(update={"size": progress.size, "planned": planned, "parts": parts, "events": events})


def _found(exports: Exports, export_id: str) -> Stored[LogExport]:
    stored = exports.export(export_id)
    if stored is None:
        raise Refused("not_found", id=export_id)
    return stored
