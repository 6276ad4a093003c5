"""Verifying the log over HTTP: asked for, watched; what was found (R-AUD-4)."""

from services.audit import wiring
from services.audit.logic import faults as fault_logic
from services.audit.logic import full_verifying as logic
from services.audit.schemas.verifications import FaultsPage, FaultsQuery, FullVerification, VerificationRequest
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)

_SCOPE = "faults"


@api.endpoint(
    "POST",
    "/v1/verifications",
    summary="Verify the whole log (全量核验)",
    action=Action.LOG_VERIFY,
    body=VerificationRequest,
    response=FullVerification,
    status=202,
    once=True,
    refusals=("not_found",),
)
def request_verification(call: Call[VerificationRequest, Nothing]) -> FullVerification:
    """Have every entry, tile, checkpoint, index row and chain verified, in the background (R-AUD-4)."""
    return logic.request(wiring.full_verifying(), call.context, call.body.reason)


@api.endpoint(
    "GET",
    "/v1/verifications/{verification_id}",
    summary="How far a verification is (核验进度)",
    action=Action.LOG_VERIFY,
    response=FullVerification,
    refusals=("not_found",),
)
def show_verification(call: Call[Nothing, Nothing]) -> FullVerification:
    """How many ranges, entries and findings so far, and in the end whether the log is proven (R-AUD-4)."""
    return logic.show(wiring.full_verifying().verifications, call.path["verification_id"])


@api.endpoint(
    "GET",
    "/v1/faults",
    summary="What was found wrong with the log (核验发现)",
    action=Action.LOG_VERIFY,
    query=FaultsQuery,
    response=FaultsPage,
    refusals=("cursor_invalid",),
)
def list_faults(call: Call[Nothing, FaultsQuery]) -> FaultsPage:
    """Each finding once, with its kind and what to do, newest first (R-AUD-4)."""
    position = position_of(call.query, _SCOPE, wiring.cursor_key)
    found, following = fault_logic.listed(wiring.faults(), call.query.limit, position)
    return FaultsPage(faults=found, next=cursor_for(following, _SCOPE, wiring.cursor_key))
