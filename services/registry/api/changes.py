"""The change log of the published list over HTTP: for everybody, without a token (R-REG-5)."""

from services.registry import wiring
from services.registry.api.caching import Answered, is_settled, public_reply
from services.registry.logic import changes as logic
from services.registry.schemas.changes import ChangePage, ChangesQuery
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import cursor_for, position_of

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/public/changes",
    summary="Read what changed in the published list between two days",
    action=None,
    query=ChangesQuery,
    response=ChangePage,
    refusals=("cursor_invalid",),
)
def list_changes(call: Call[Nothing, ChangesQuery]) -> Reply:
    """Each version made in those days: what was done, when, why, and what it changed in words (R-REG-5).

    Days are those of Asia/Shanghai, both included, at most 366 of them. `department` is an approval department. A page
    may hold fewer than `limit` changes, even none, while `next` is not null: go on until it is.
    """
    asked = call.query
    scope = f"changes#{asked.since}#{asked.until}#{asked.approval_department or ''}"
    position = position_of(asked, scope, wiring.cursor_key)
    found = logic.list_changes(wiring.change_log(), asked, logic.Place(**position) if position else None)
    following = found.following._asdict() if found.following else None
    page = ChangePage(changes=tuple(found.entries), next=cursor_for(following, scope, wiring.cursor_key))
    past = is_settled(logic.end_of(asked), call.context.now)
    return public_reply(page, Answered.PAST_CHANGES if past else Answered.CHANGES)
