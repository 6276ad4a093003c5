"""Oversight over HTTP."""

from services.oversight import logic, wiring
from services.oversight.schemas import FindingPage, FindingQuery
from shared.contracts.oversight import Finding
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/findings",
    summary="Findings, newest first",
    action=Action.FINDING_READ,
    query=FindingQuery,
    response=FindingPage,
    refusals=("not_your_department", "cursor_invalid"),
)
def list_findings(call: Call[Nothing, FindingQuery]) -> FindingPage:
    """What is late, and with whom (R-OVS-1). Oversight sees the whole city, others their own department."""
    asked = call.query
    scope = f"findings#{asked.department}#{asked.state}"
    position = position_of(asked, scope, wiring.cursor_key)
    found, following = logic.findings(
        wiring.store(),
        call.principal,
        asked.department,
        asked.state,
        limit=asked.limit,
        before=position["before"] if position else None,
    )
    further = {"before": following} if following else None
    return FindingPage(findings=found, next=cursor_for(further, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/findings/{finding_id}",
    summary="One finding",
    action=Action.FINDING_READ,
    response=Finding,
    refusals=("not_found", "not_your_department"),
)
def read_finding(call: Call[Nothing, Nothing]) -> Finding:
    """A finding as it stands, with its cause and severity (R-OVS-2)."""
    return logic.finding(wiring.store(), call.principal, call.path["finding_id"])
