"""Reconciliations: a list comes, is read, and is compared with what was pushed, in the background (R-HND-17)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.handover.domain import SOURCE
from services.handover.domain import reconciliation as rules
from services.handover.domain.cases import CaseFile
from services.handover.domain.ledger import List, ListKind, normal
from services.handover.domain.reconciliation import (
    ListedCase,
    ListFault,
    ListFile,
    ReadList,
    Reconciliation,
    ReconciliationState,
    ReportLine,
)
from services.handover.logic.access import acts_for, bureau_asked, merged_into
from services.handover.logic.office import Office
from services.handover.ports.cases import Cases, Position
from services.handover.ports.directory import Directory
from services.handover.ports.jobs import Jobs
from services.handover.ports.ledger import Lists, Place
from services.handover.schemas.reconciliations import DeclaredReconciliation, ReconciliationRequest, ReportQuery
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.event import Body
from shared.contracts.files import FileStore, UploadLink
from shared.contracts.ledgers import (
    ReconciliationAdvanced,
    ReconciliationCounts,
    ReconciliationFinished,
    ReconciliationRequested,
)
from shared.contracts.model import Contract
from shared.contracts.uploads import check_arrival, link_for
from shared.kernel.calendar import end_of
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Fault, Refused, Words, refuse_fields
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, department_of
from shared.kernel.sheets.faults import Unusable
from shared.kernel.sheets.uploads import open_upload

RECONCILE = "reconcile"
"""The kind of a reconciliation's deadline."""

ROWS_A_STEP = 100
"""How many listed cases, or entries of the list of decided ones, one step looks at."""

STEPS_A_RUN = 10
"""How many steps one run of the schedule does for one reconciliation; the next run goes on."""


@dataclass(frozen=True, slots=True)
class Reconciling:
    """What reconciliations work with."""

    jobs: Jobs[Reconciliation]
    cases: Cases
    directory: Directory
    lists: Lists
    files: FileStore


@dataclass(frozen=True, slots=True)
class AwaitedList:
    """A declared list, as uploads know it."""

    upload_id: str
    content_key: str
    media_type: str
    size: int
    sha256: str


class Progress(Contract):
    """How far the comparison is: listed cases compared, then where to go on in the list of decided ones."""

    row: int = 0
    listed: bool = False
    place: Place | None = None
    over: bool = False
    counts: ReconciliationCounts = ReconciliationCounts()


def request(reconciling: Reconciling, context: Context, asked: ReconciliationRequest) -> DeclaredReconciliation:
    """Begin a reconciliation. Raises Refused: "not_your_department", "invalid_fields" naming every bad row."""
    rows = tuple(row.model_copy(update={"line": line}) for line, row in enumerate(asked.rows or (), start=1))
    refuse_fields([_row_fault(each) for each in rules.list_faults(rows, asked.first_day, asked.last_day)])
    declared = DeclaredReconciliation(
        reconciliation_id=new_id("rcn"),
        bureau=department_of(context.principal),
        first_day=asked.first_day,
        last_day=asked.last_day,
        requested_at=context.now,
        state=ReconciliationState.AWAITING_FILE if asked.file else ReconciliationState.COMPARING,
        file=ListFile.model_validate(asked.file.model_dump()) if asked.file else None,
    )
    begun = Reconciliation.model_validate(declared.model_dump(exclude={"upload"}))
    if asked.file:
        declared = declared.model_copy(update={"upload": link_for(reconciling.files, _awaited(begun))})
    else:
        _keep_list(reconciling.files, begun, rows)
    told = ReconciliationRequested(
        reconciliation_id=begun.reconciliation_id,
        bureau=begun.bureau,
        first_day=begun.first_day,
        last_day=begun.last_day,
    )
    made = change(SOURCE, begun.reconciliation_id, ChainHead(), begun, (told,), context, declared)
    reconciling.jobs.save(made, None if asked.file else context.now)
    return declared


_TAKEN = Words("清单已收到", "taken")
_UPLOAD = Words("上传", "upload")
_COMPLETE = Words("确认上传", "complete")
_SHOW = Words("查看进度", "show")


def new_upload_link(office: Office, reconciling: Reconciling, principal: Principal, identifier: str) -> UploadLink:
    """Another link for a list that has not come; the one given at first is good for a quarter of an hour.

    Raises Refused: "not_found", "not_your_department", "wrong_state".
    """
    stored, _ = _awaiting(office, reconciling.jobs, principal, identifier, _UPLOAD)
    return link_for(reconciling.files, _awaited(stored.state))


def complete(office: Office, reconciling: Reconciling, context: Context, identifier: str) -> Reconciliation:
    """The list was uploaded.

    Raises Refused: "not_found", "not_your_department", "upload_missing", "upload_differs", "wrong_state".
    """
    stored, declared = _awaiting(office, reconciling.jobs, context.principal, identifier, _COMPLETE)
    version = check_arrival(reconciling.files, _awaited(stored.state)).version
    file = declared.model_copy(update={"version": version})
    return _advance(reconciling, context, stored, ReconciliationState.READING, context.now, file=file)


def _awaiting(
    office: Office, jobs: Jobs[Reconciliation], principal: Principal, identifier: str, move: Words
) -> tuple[Stored[Reconciliation], ListFile]:
    """A reconciliation of a bureau that a client acts for, while it waits for its list; and the list declared."""
    stored = _readable(office, jobs, principal, identifier)
    found = stored.state
    if not acts_for(office, principal, found.bureau):
        raise Refused("not_your_department")
    if found.file is None or found.state is not ReconciliationState.AWAITING_FILE:
        raise Refused("wrong_state", state=_TAKEN, move=move, legal=_SHOW)
    return stored, found.file


def show(office: Office, jobs: Jobs[Reconciliation], principal: Principal, identifier: str) -> Reconciliation:
    """A reconciliation, and how far it is. Raises Refused: "not_found", "not_your_department"."""
    found = _readable(office, jobs, principal, identifier).state
    if found.state is not ReconciliationState.COMPARING:
        return found
    _, progress = jobs.progress(identifier, Progress)
    return found.model_copy(update={"counts": progress.counts})


def report(
    office: Office,
    jobs: Jobs[Reconciliation],
    principal: Principal,
    identifier: str,
    query: ReportQuery,
    position: Position | None,
) -> tuple[Sequence[ReportLine], Position | None]:
    """A page of what was found. Raises Refused: "not_found", "not_your_department"."""
    _readable(office, jobs, principal, identifier)
    begins = f"{query.kind}#" if query.kind else ""
    rows, following = jobs.rows(identifier, begins, query.limit, position)
    return [ReportLine.model_validate_json(row) for row in rows], following


# ── In the background ───────────────────────────────────────────────────────────────────────────


def go_on(reconciling: Reconciling, context: Context, identifier: str) -> bool:
    """Read the list, or compare some of it; whether there was anything to do. A step done twice finds the same."""
    stored = reconciling.jobs.job(identifier)
    if stored is None or stored.state.state not in {ReconciliationState.READING, ReconciliationState.COMPARING}:
        return False
    if stored.state.state is ReconciliationState.READING:
        _read(reconciling, context, stored)
        return True
    listed = _kept_list(reconciling.files, stored.state)
    steps, progress = reconciling.jobs.progress(identifier, Progress)
    for _ in range(STEPS_A_RUN):
        if progress.over:
            _finish(reconciling, context, stored, progress.counts)
            break
        progress = _step(reconciling, stored.state, listed, progress)
        steps += 1
        if not reconciling.jobs.note(identifier, steps, progress):
            break
    return True


def _read(reconciling: Reconciling, context: Context, stored: Stored[Reconciliation]) -> None:
    found = stored.state
    read = _content(reconciling.files, found)
    if read.faults:
        faults = read.faults[: rules.MOST_FAULTS]
        refused, count = ReconciliationState.REFUSED, len(read.faults)
        now = stored.head.not_before(context.now)
        _advance(reconciling, context, stored, refused, None, faults=faults, fault_count=count, finished_at=now)
        return
    _keep_list(reconciling.files, found, read.cases)
    _advance(reconciling, context, stored, ReconciliationState.COMPARING, context.now)


def _content(files: FileStore, found: Reconciliation) -> ReadList:
    version = found.file.version if found.file else None
    content = io.BytesIO(b"".join(files.chunks(f"{found.folder}/list", version=version)))
    try:
        upload = open_upload(content, rules.headers_known)
        return rules.read_list(upload.lines, found.first_day, found.last_day)
    except Unusable as unusable:
        words = unusable.words
        return ReadList((), (ListFault(line=None, column=None, code=unusable.code, zh=words.zh, en=words.en),))


def _step(
    reconciling: Reconciling, found: Reconciliation, listed: Sequence[ListedCase], progress: Progress
) -> Progress:
    if not progress.listed:
        return _compare(reconciling, found, listed, progress)
    since = datetime(found.first_day.year, found.first_day.month, found.first_day.day, tzinfo=BEIJING)
    which = List(ListKind.DECIDED, found.bureau)
    pointers, place = reconciling.lists.pointers(
        which, since, end_of(found.last_day), place=progress.place, limit=ROWS_A_STEP
    )
    numbers = frozenset(normal(each.case_number) for each in listed)
    stored = (reconciling.cases.case(pointer.identifier) for pointer in pointers)
    judged = (rules.unlisted(each.state, numbers) for each in stored if each is not None)
    lines = [line for line in judged if line is not None]
    reconciling.jobs.put_rows(found.reconciliation_id, [(line.key, line) for line in lines])
    unknown = progress.counts.unknown_to_bureau + len(lines)
    counts = progress.counts.model_copy(update={"unknown_to_bureau": unknown})
    return progress.model_copy(update={"place": place, "over": place is None, "counts": counts})


def _compare(
    reconciling: Reconciling, found: Reconciliation, listed: Sequence[ListedCase], progress: Progress
) -> Progress:
    some = listed[progress.row : progress.row + ROWS_A_STEP]
    bureaus = (found.bureau, *merged_into(reconciling.directory, found.bureau))
    compared = [rules.compare(each, _pushed(reconciling.cases, bureaus, each)) for each in some]
    reconciling.jobs.put_rows(found.reconciliation_id, [(line.key, line) for lines in compared for line in lines])
    row = progress.row + len(some)
    counts = rules.counted(progress.counts, compared)
    return progress.model_copy(update={"row": row, "listed": row == len(listed), "counts": counts})


def _pushed(cases: Cases, bureaus: Sequence[str], listed: ListedCase) -> CaseFile | None:
    """The case of that number: the bureau's own, else one of a bureau that was merged into it (R-ORG-1)."""
    own, *merged = bureaus
    stored = cases.case_by_number(own, listed.case_number)
    if stored is not None:
        return stored.state
    found = (cases.case_by_number(each, listed.case_number) for each in merged)
    # Two bureaus may have numbered alike.
    return next((each.state for each in found if each and listed.item_code in {None, each.state.case.item_code}), None)


def _finish(
    reconciling: Reconciling, context: Context, stored: Stored[Reconciliation], counts: ReconciliationCounts
) -> None:
    now = stored.head.not_before(context.now)
    told = {"state": ReconciliationState.FINISHED, "counts": counts, "finished_at": now}
    finished = stored.state.model_copy(update=told)
    body = ReconciliationFinished(
        reconciliation_id=finished.reconciliation_id,
        bureau=finished.bureau,
        first_day=finished.first_day,
        last_day=finished.last_day,
        counts=counts,
    )
    _save(reconciling, context, stored, finished, body, None)


def _advance(
    reconciling: Reconciling,
    context: Context,
    stored: Stored[Reconciliation],
    state: ReconciliationState,
    due: datetime | None,
    **changed: object,
) -> Reconciliation:
    advanced = stored.state.model_copy(update={"state": state, **changed})
    body = ReconciliationAdvanced(
        reconciliation_id=advanced.reconciliation_id, bureau=advanced.bureau, state=state.value
    )
    return _save(reconciling, context, stored, advanced, body, due)


def _save(
    reconciling: Reconciling,
    context: Context,
    stored: Stored[Reconciliation],
    after: Reconciliation,
    body: Body,
    due: datetime | None,
) -> Reconciliation:
    made = change(SOURCE, after.reconciliation_id, stored.head, after, (body,), context, after)
    reconciling.jobs.save(made, due)
    return after


# ── The list in the object store ────────────────────────────────────────────────────────────────


def _keep_list(files: FileStore, found: Reconciliation, cases: Sequence[ListedCase]) -> None:
    content = "\n".join(case.model_dump_json() for case in cases).encode()
    files.put(f"{found.folder}/cases.jsonl", content, "application/x-ndjson")


def _kept_list(files: FileStore, found: Reconciliation) -> Sequence[ListedCase]:
    lines = files.read(f"{found.folder}/cases.jsonl").splitlines()
    return [ListedCase.model_validate_json(line) for line in lines]


def _awaited(found: Reconciliation) -> AwaitedList:
    file = found.file
    if file is None:
        raise ValueError(f"{found.reconciliation_id} awaits no file")
    key = f"{found.folder}/list"
    return AwaitedList(found.reconciliation_id, key, file.media_type, file.size, file.sha256)


def _readable(
    office: Office, jobs: Jobs[Reconciliation], principal: Principal, identifier: str
) -> Stored[Reconciliation]:
    stored = jobs.job(identifier)
    if stored is None:
        raise Refused("not_found", id=identifier)
    bureau_asked(office, principal, stored.state.bureau)
    return stored


def _row_fault(fault: ListFault) -> Fault:
    place = (fault.line or 1) - 1
    return Fault(f"/rows/{place}/{fault.column}", fault.code, fault.zh, fault.en)
