"""Legal holds over HTTP (R-AUD-7)."""

from services.audit import wiring
from services.audit.logic import holds as logic
from services.audit.schemas.holds import HoldAnswer, HoldList, HoldRequest, ReleaseQuery
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint("GET", "/v1/holds", summary="Which cases are held (保全)", action=Action.HOLD_WRITE, response=HoldList)
def list_holds(_: Call[Nothing, Nothing]) -> HoldList:
    """Every hold that lasts, and those not yet let go in the locked copy."""
    return logic.show_all(wiring.keeping())


@api.endpoint(
    "PUT",
    "/v1/holds/{case_id}",
    summary="Hold a case's records (保全)",
    action=Action.HOLD_WRITE,
    body=HoldRequest,
    response=HoldAnswer,
    once=True,
    refusals=("not_found",),
)
def place_hold(call: Call[HoldRequest, Nothing]) -> HoldAnswer:
    """From the next minute on its entries in the locked copy outlast their retention, and no payload is erased."""
    return logic.place(wiring.keeping(), call.context, call.path["case_id"], call.body.reason)


@api.endpoint(
    "GET",
    "/v1/holds/{case_id}",
    summary="Read how a case is held",
    action=Action.HOLD_WRITE,
    response=HoldAnswer,
    refusals=("not_found",),
)
def show_hold(call: Call[Nothing, Nothing]) -> HoldAnswer:
    """The hold as it stands or was released, and how far it has been carried out in the locked copy."""
    return logic.show(wiring.keeping(), call.path["case_id"])


@api.endpoint(
    "DELETE",
    "/v1/holds/{case_id}",
    summary="Release a case's records (解除保全)",
    action=Action.HOLD_WRITE,
    query=ReleaseQuery,
    response=HoldAnswer,
    once=True,
    refusals=("not_found",),
)
def release_hold(call: Call[Nothing, ReleaseQuery]) -> HoldAnswer:
    """Its entries are kept as long as any other's again; that it was held stays on record."""
    return logic.release(wiring.keeping(), call.context, call.path["case_id"], call.query.reason)
