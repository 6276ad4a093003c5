"""Lists over HTTP: inboxes with their counts, what senders must decide, the ledger (R-HND-15, R-HND-16)."""

from services.handover import wiring
from services.handover.logic import ledger as logic
from services.handover.ports.ledger import Place
from services.handover.schemas.ledger import (
    CountsQuery,
    DecisionsOwedCount,
    DecisionsOwedPage,
    DecisionsOwedQuery,
    InboxCounts,
    InboxPage,
    InboxQuery,
    LedgerPage,
    LedgerQuery,
)
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/inbox",
    summary="My department's pushes (收件箱)",
    action=Action.INBOX_READ,
    query=InboxQuery,
    response=InboxPage,
    refusals=("cursor_invalid", "not_your_department"),
)
def inbox(call: Call[Nothing, InboxQuery]) -> InboxPage:
    """A page of my department's pushes, newest first: those open, claimed, or ended (R-HND-16)."""
    group = call.query.asked()
    department = call.query.department
    scope = f"inbox {department or call.principal.department} {group}"
    pushes, following = logic.inbox(
        wiring.office(),
        call.context,
        asked=department,
        group=group,
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return InboxPage(pushes=tuple(pushes), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/inbox/counts",
    summary="How many pushes my department has (收件箱统计)",
    action=Action.INBOX_READ,
    query=CountsQuery,
    response=InboxCounts,
    refusals=("not_your_department",),
)
def inbox_counts(call: Call[Nothing, CountsQuery]) -> InboxCounts:
    """The number of my department's pushes in each state; it costs the same however many there are (R-HND-16)."""
    return logic.inbox_counts(wiring.office(), wiring.counts(), call.principal, call.query.department)


@api.endpoint(
    "GET",
    "/v1/decisions-owed",
    summary="What I sent and must decide on (待我决定)",
    action=Action.PUSH_DECIDE,
    query=DecisionsOwedQuery,
    response=DecisionsOwedPage,
    refusals=("cursor_invalid", "not_your_department"),
)
def decisions_owed(call: Call[Nothing, DecisionsOwedQuery]) -> DecisionsOwedPage:
    """Pushes that came back to my department as their sender, or that it withdrew and owes to somebody (R-HND-15)."""
    department = call.query.department
    scope = f"decisions owed {department or call.principal.department}"
    pushes, following = logic.decisions_owed(
        wiring.office(),
        wiring.decisions(),
        call.principal,
        department,
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return DecisionsOwedPage(pushes=tuple(pushes), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/decisions-owed/count",
    summary="How much I must decide on (待我决定统计)",
    action=Action.PUSH_DECIDE,
    query=CountsQuery,
    response=DecisionsOwedCount,
    refusals=("not_your_department",),
)
def decisions_counted(call: Call[Nothing, CountsQuery]) -> DecisionsOwedCount:
    """The number of pushes that wait for my department's decision, at the cost of one query (R-HND-15, R-HND-16)."""
    return logic.decisions_counted(wiring.office(), wiring.counts(), call.principal, call.query.department)


@api.endpoint(
    "GET",
    "/v1/ledger",
    summary="Search the ledger (办件台账)",
    action=Action.LEDGER_READ,
    query=LedgerQuery,
    response=LedgerPage,
    personal=True,
    refusals=("cursor_invalid", "not_your_department"),
)
def ledger(call: Call[Nothing, LedgerQuery]) -> LedgerPage:
    """Cases by number, applicant, item, department, state and dates: a bureau's own, or those pushed to me (R-HND-16).

    A page looks at 200 entries of the narrowest list at most, so it may be short, or empty, before the end.
    """
    query = call.query
    sought = logic.sought_by(wiring.directory(), call.principal, query, call.context.now, "query:")
    # What is sought until now would be another list at every request.
    given = query.model_dump_json(exclude={"limit", "cursor"})
    scope = f"ledger {call.principal.department} {given}"
    position = position_of(query, scope, wiring.cursor_key)
    place = Place.model_validate(position) if position else None
    found = logic.search(wiring.cases(), wiring.lists(), sought, place, most=query.limit)
    following = found.place.model_dump() if found.place else None
    return LedgerPage(cases=tuple(found.lines), next=cursor_for(following, scope, wiring.cursor_key))
