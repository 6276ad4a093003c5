"""Feedback's HTTP endpoints."""

from services.feedback import logic, wiring
from services.feedback.schemas import Acknowledge, InboxQuery, OpenThread, ThreadList
from shared.contracts.feedback import Thread
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/threads",
    summary="Report an inspection result or a penalty",
    action=Action.FEEDBACK_OPEN,
    body=OpenThread,
    response=Thread,
    status=201,
    once=True,
    refusals=("not_found", "not_your_department"),
)
def open_thread(call: Call[OpenThread, Nothing]) -> Thread:
    """A department reports on a case that was pushed to it; the bureau that approved is told (R-FBK-1, R-FBK-2).

    A case is known here a moment after its push was delivered.
    """
    return logic.report(wiring.store(), call.context, call.body.case_id, call.body.report, call.body.attachments)


@api.endpoint(
    "GET",
    "/v1/threads/{thread_id}",
    summary="Read a thread",
    action=Action.FEEDBACK_READ,
    response=Thread,
    personal=True,
    refusals=("not_found", "not_your_department"),
)
def read_thread(call: Call[Nothing, Nothing]) -> Thread:
    """A thread, for the two departments it runs between and for oversight (R-FBK-10)."""
    return logic.thread_for(wiring.store(), call.context, call.path["thread_id"])


@api.endpoint(
    "POST",
    "/v1/threads/{thread_id}/acknowledge",
    summary="Acknowledge a thread",
    action=Action.FEEDBACK_ACKNOWLEDGE,
    body=Acknowledge,
    response=Thread,
    once=True,
    refusals=("not_found", "not_your_department", "wrong_state", "changed_meanwhile"),
)
def acknowledge_thread(call: Call[Acknowledge, Nothing]) -> Thread:
    """The bureau takes note of a thread addressed to it, with or without a reply (R-FBK-10)."""
    return logic.acknowledge(wiring.store(), call.context, call.path["thread_id"], call.body.reply)


@api.endpoint(
    "GET",
    "/v1/inbox",
    summary="List the threads addressed to my department",
    action=Action.FEEDBACK_READ,
    query=InboxQuery,
    response=ThreadList,
    personal=True,
    refusals=("cursor_invalid", "not_your_department"),
)
def read_inbox(call: Call[Nothing, InboxQuery]) -> ThreadList:
    """Threads addressed to the caller's department, newest first."""
    query, scope = call.query, f"inbox#{call.principal.department}#{call.query.state}"
    start = position_of(query, scope, wiring.cursor_key)
    page = logic.inbox(wiring.store(), call.context, query.state, query.limit, start)
    return ThreadList(threads=page.threads, next=cursor_for(page.position, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}/threads",
    summary="List the threads about a case",
    action=Action.FEEDBACK_READ,
    query=PageQuery,
    response=ThreadList,
    personal=True,
    refusals=("cursor_invalid", "not_found", "not_your_department"),
)
def read_case_threads(call: Call[Nothing, PageQuery]) -> ThreadList:
    """A case's threads, newest first: all of them for its bureau and oversight, its own for a department."""
    case_id = call.path["case_id"]
    scope = f"case#{case_id}"
    start = position_of(call.query, scope, wiring.cursor_key)
    page = logic.threads_about(wiring.store(), call.context, case_id, call.query.limit, start)
    return ThreadList(threads=page.threads, next=cursor_for(page.position, scope, wiring.cursor_key))
