"""Lists of pushes over HTTP: inboxes (R-HND-16)."""

from services.handover import wiring
from services.handover.logic import ledger as logic
from services.handover.schemas.ledger import InboxPage, InboxQuery
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
    """A page of my department's pushes, newest first: those still to be claimed, or those claimed (R-HND-16)."""
    scope = f"inbox {call.principal.department} {call.query.claimed}"
    pushes, following = logic.inbox(
        wiring.office(),
        call.context,
        claimed=call.query.claimed,
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return InboxPage(pushes=tuple(pushes), next=cursor_for(following, scope, wiring.cursor_key))
