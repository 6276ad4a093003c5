"""A case's clock over HTTP (R-HND-14)."""

from services.handover import wiring
from services.handover.logic import clocks as logic
from services.handover.schemas.clocks import ClockView, ExtensionRequest, ResumptionRequest, StopRequest
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)

_REFUSALS = ("not_found", "not_your_department", "wrong_state")


@api.endpoint(
    "POST",
    "/v1/cases/{case_id}/stops",
    summary="Stop a case's clock (中止计时)",
    action=Action.CASE_TIME,
    body=StopRequest,
    response=ClockView,
    status=201,
    once=True,
    refusals=_REFUSALS,
)
def stop_clock(call: Call[StopRequest, Nothing]) -> ClockView:
    """Stop the clock, as for what the applicant must supplement; the days until it runs again are not counted."""
    return logic.stop_clock(wiring.office(), call.context, call.path["case_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/cases/{case_id}/resumptions",
    summary="Let a case's clock run again (恢复计时)",
    action=Action.CASE_TIME,
    body=ResumptionRequest,
    response=ClockView,
    status=201,
    once=True,
    refusals=_REFUSALS,
)
def resume_clock(call: Call[ResumptionRequest, Nothing]) -> ClockView:
    """End what the bureau stopped itself; a request for opinions ends with the last opinion (R-HND-10)."""
    return logic.resume_clock(wiring.office(), call.context, call.path["case_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/cases/{case_id}/extension",
    summary="Extend the statutory limit (延长办理期限)",
    action=Action.CASE_TIME,
    body=ExtensionRequest,
    response=ClockView,
    status=201,
    once=True,
    refusals=_REFUSALS,
)
def extend_limit(call: Call[ExtensionRequest, Nothing]) -> ClockView:
    """Ten working days more, once and before the limit ends, as the head of the bureau approved (art. 42)."""
    return logic.extend_limit(wiring.office(), call.context, call.path["case_id"], call.body)
