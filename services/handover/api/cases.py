"""Cases over HTTP: what they are, their chain of events, who is answerable (R-HND-7, R-AUD-2)."""

from services.handover import wiring
from services.handover.logic import cases as logic
from services.handover.schemas.cases import CaseView, ResponsibilityAnswer, ResponsibilityQuery, Timeline
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}",
    summary="Read a case (办件)",
    action=Action.CASE_READ,
    response=CaseView,
    personal=True,
    refusals=("not_found", "not_your_department"),
)
def view_case(call: Call[Nothing, Nothing]) -> CaseView:
    """A case and its pushes, for its bureau, the departments that answer for something of it, and oversight."""
    return logic.view_case(wiring.office(), call.context, call.path["case_id"])


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}/timeline",
    summary="The case's chain of events (时间线)",
    action=Action.CASE_READ,
    response=Timeline,
    personal=True,
    refusals=("not_found", "not_your_department"),
)
def timeline(call: Call[Nothing, Nothing]) -> Timeline:
    """Every event with its hash, nonce and payload, and whether the chain is intact (R-AUD-2, R-AUD-5).

    Whose part in the case has ended is shown the events up to there.
    """
    return logic.timeline(wiring.office(), call.context, call.path["case_id"])


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}/responsibility",
    summary="Who is answerable, at an instant (责任)",
    action=Action.CASE_READ,
    query=ResponsibilityQuery,
    response=ResponsibilityAnswer,
    refusals=("not_found", "not_your_department"),
)
def responsibility(call: Call[Nothing, ResponsibilityQuery]) -> ResponsibilityAnswer:
    """Who is answerable, for what, since when, under which rule, proven by which events (R-HND-7)."""
    return logic.responsibility(wiring.office(), call.context, call.path["case_id"], call.query)
