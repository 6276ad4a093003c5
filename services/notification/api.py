"""Notification over HTTP."""

from services.notification import logic, wiring
from services.notification.schemas import DeliveryPage, DeliveryQuery
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/deliveries",
    summary="Messages to a department's liaisons, newest first",
    action=Action.DELIVERY_READ,
    query=DeliveryQuery,
    response=DeliveryPage,
    refusals=("not_your_department", "cursor_invalid"),
)
def list_deliveries(call: Call[Nothing, DeliveryQuery]) -> DeliveryPage:
    """Every message with its state, attempts and last result (R-NTF-3). A liaison sees its own department's."""
    asked = call.query
    scope = f"deliveries#{asked.department}#{asked.state}"
    found, position = logic.deliveries(
        wiring.store(),
        call.principal,
        asked.department,
        asked.state,
        limit=asked.limit,
        position=position_of(asked, scope, wiring.cursor_key),
    )
    return DeliveryPage(deliveries=found, next=cursor_for(position, scope, wiring.cursor_key))
