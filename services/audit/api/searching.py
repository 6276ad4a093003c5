"""Searching the log over HTTP (R-AUD-1)."""

from services.audit import wiring
from services.audit.domain.searching import Place
from services.audit.logic import searching as logic
from services.audit.logic.indexing import indexed
from services.audit.schemas.searching import EventsPage, EventsQuery
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/events",
    summary="Search the log (审计检索)",
    action=Action.LOG_SEARCH,
    query=EventsQuery,
    response=EventsPage,
    personal=True,
    refusals=("cursor_invalid",),
)
def search_events(call: Call[Nothing, EventsQuery]) -> EventsPage:
    """Who did what, when, to which case: by case, principal, department, kind of event and days (R-AUD-1).

    A page looks at 200 entries of the narrowest list at most, so it may be short, or empty, before the end.
    """
    query = call.query
    sought = logic.sought_by(query, call.context.now)
    # What is sought until now would be another list at every request.
    scope = f"events {query.model_dump_json(exclude={'limit', 'cursor'})}"
    position = position_of(query, scope, wiring.cursor_key)
    place = Place.model_validate(position) if position else None
    done = indexed(wiring.positions())
    found = logic.search(wiring.log(), wiring.postings(), sought, place, most=query.limit)
    following = found.place.model_dump(mode="json") if found.place else None
    return EventsPage(events=tuple(found.events), next=cursor_for(following, scope, wiring.cursor_key), indexed=done)
