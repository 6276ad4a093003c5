"""The use cases of feedback: read, decide by the domain's rules, write in one transaction."""

from collections.abc import Sequence

from services.feedback.domain import SOURCE
from services.feedback.domain.threads import (
    KnownCase,
    ThreadState,
    acknowledged,
    known_case,
    may_read,
    may_read_case,
    open_thread,
)
from services.feedback.ports import Position, ThreadPage, Threads
from shared.contracts.cases import Case, Material
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.feedback import FeedbackAcknowledged, FeedbackOpened, Report, Thread
from shared.contracts.pushes import Push
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id


def know_case(store: Threads, case: Case, version: int, context: Context) -> None:
    """Keep what feedback needs of a case that handover told us of."""
    store.keep_case(known_case(case), version, context)


def know_push(store: Threads, push: Push, version: int, context: Context) -> None:
    """Keep that a case was pushed to a department: from then on it may report on it."""
    store.keep_push(push.case_id, push.department, push.push_id, version, context)


def report(store: Threads, context: Context, case_id: str, content: Report, attachments: Sequence[Material]) -> Thread:
    """Open a thread from the caller's department to the case's bureau (R-FBK-1, R-FBK-2).

    Raises Refused: not_found, not_your_department, invalid_fields.
    """
    case = _case(store, case_id)
    department = context.principal.department
    if department is None or not store.was_pushed(case_id, department):
        raise Refused("not_your_department")
    thread = open_thread(new_id("thread"), case, department, content, attachments, context)
    event = FeedbackOpened(thread=thread)
    store.save(change(SOURCE, thread.thread_id, ChainHead(), thread, [event], context, thread))
    return thread


def acknowledge(store: Threads, context: Context, thread_id: str, reply: str | None) -> Thread:
    """Take note of a thread addressed to the caller's department (R-FBK-10).

    Raises Refused: not_found, not_your_department, wrong_state.
    """
    stored = _thread(store, thread_id)
    thread = acknowledged(stored.state, reply, context)
    event = FeedbackAcknowledged(thread=thread)
    store.save(change(SOURCE, thread_id, stored.head, thread, [event], context, thread))
    return thread


def thread_for(store: Threads, context: Context, thread_id: str) -> Thread:
    """A thread, for one of its two departments or oversight. Raises Refused: not_found, not_your_department."""
    thread = _thread(store, thread_id).state
    if not may_read(thread, context.principal):
        raise Refused("not_your_department")
    return thread


def inbox(store: Threads, context: Context, state: ThreadState, limit: int, position: Position | None) -> ThreadPage:
    """Threads addressed to the caller's department, newest first. Raises Refused("not_your_department")."""
    department = context.principal.department
    if department is None:
        raise Refused("not_your_department")
    return store.inbox(department, state, limit, position)


def threads_about(store: Threads, context: Context, case_id: str, limit: int, position: Position | None) -> ThreadPage:
    """Those threads about a case that the caller may read, newest first.

    Raises Refused: not_found, not_your_department.
    """
    case = _case(store, case_id)
    principal = context.principal
    pushed = principal.department is not None and store.was_pushed(case_id, principal.department)
    if not may_read_case(case, pushed=pushed, principal=principal):
        raise Refused("not_your_department")
    page = store.threads_of(case_id, limit, position)
    return ThreadPage(tuple(each for each in page.threads if may_read(each, principal)), page.position)


def _case(store: Threads, case_id: str) -> KnownCase:
    case = store.case(case_id)
    if case is None:
        raise Refused("not_found", id=case_id)
    return case


def _thread(store: Threads, thread_id: str) -> Stored[Thread]:
    stored = store.thread(thread_id)
    if stored is None:
        raise Refused("not_found", id=thread_id)
    return stored
