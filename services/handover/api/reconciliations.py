"""Reconciliations over HTTP (R-HND-17)."""

from services.handover import wiring
from services.handover.domain.reconciliation import Reconciliation
from services.handover.logic import reconciliations as logic
from services.handover.logic.access import bureau_asked
from services.handover.schemas.reconciliations import (
    DeclaredReconciliation,
    ReconciliationPage,
    ReconciliationQuery,
    ReconciliationRequest,
    ReportPage,
    ReportQuery,
)
from shared.contracts.files import UploadLink
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

_OWN = ("not_found", "not_your_department")

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/reconciliations",
    summary="Reconcile decided cases with what was pushed (对账)",
    action=Action.RECONCILE,
    body=ReconciliationRequest,
    response=DeclaredReconciliation,
    status=202,
    once=True,
    refusals=("not_your_department",),
)
def request_reconciliation(call: Call[ReconciliationRequest, Nothing]) -> DeclaredReconciliation:
    """Give my bureau's decided cases of a period, as rows or as a file to be uploaded; compared in the background."""
    return logic.request(wiring.reconciling(), call.context, call.body)


@api.endpoint(
    "POST",
    "/v1/reconciliations/{reconciliation_id}/upload-link",
    summary="Get another link for the list (另取对账清单上传链接)",
    action=Action.RECONCILE,
    response=UploadLink,
    refusals=(*_OWN, "wrong_state"),
)
def new_list_link(call: Call[Nothing, Nothing]) -> UploadLink:
    """A fresh link for a list that has not come yet; it changes nothing else (R-HND-17)."""
    identifier = call.path["reconciliation_id"]
    return logic.new_upload_link(wiring.office(), wiring.reconciling(), call.principal, identifier)


@api.endpoint(
    "POST",
    "/v1/reconciliations/{reconciliation_id}/complete",
    summary="The list was uploaded (对账清单已上传)",
    action=Action.RECONCILE,
    response=Reconciliation,
    once=True,
    refusals=(*_OWN, "upload_missing", "upload_differs", "wrong_state"),
)
def complete_reconciliation(call: Call[Nothing, Nothing]) -> Reconciliation:
    """The list is taken if size and SHA-256 are those declared (R-HND-17)."""
    return logic.complete(wiring.office(), wiring.reconciling(), call.context, call.path["reconciliation_id"])


@api.endpoint(
    "GET",
    "/v1/reconciliations",
    summary="A bureau's reconciliations (对账列表)",
    action=Action.RECONCILIATION_READ,
    query=ReconciliationQuery,
    response=ReconciliationPage,
    refusals=("not_your_department", "cursor_invalid"),
)
def list_reconciliations(call: Call[Nothing, ReconciliationQuery]) -> ReconciliationPage:
    """Of my bureau, or for oversight of the bureau that is named; newest first (R-HND-17)."""
    bureau = bureau_asked(wiring.office(), call.principal, call.query.bureau)
    scope = f"reconciliations {bureau}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = wiring.reconciliations().asked_by(bureau, call.query.limit, position)
    return ReconciliationPage(reconciliations=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/reconciliations/{reconciliation_id}",
    summary="How far a reconciliation is (对账进度)",
    action=Action.RECONCILIATION_READ,
    response=Reconciliation,
    refusals=_OWN,
)
def show_reconciliation(call: Call[Nothing, Nothing]) -> Reconciliation:
    """Its state, its counts so far, and what is wrong with the list, by line and column (R-HND-17)."""
    return logic.show(wiring.office(), wiring.reconciliations(), call.principal, call.path["reconciliation_id"])


@api.endpoint(
    "GET",
    "/v1/reconciliations/{reconciliation_id}/rows",
    summary="What a reconciliation found (对账结果)",
    action=Action.RECONCILIATION_READ,
    query=ReportQuery,
    response=ReportPage,
    refusals=(*_OWN, "cursor_invalid"),
)
def reconciliation_rows(call: Call[Nothing, ReportQuery]) -> ReportPage:
    """Cases never pushed, pushed late, not in the list, or different in the fields that are named (R-HND-17)."""
    identifier = call.path["reconciliation_id"]
    scope = f"reconciliation {identifier} {call.query.kind}"
    position = position_of(call.query, scope, wiring.cursor_key)
    office, jobs = wiring.office(), wiring.reconciliations()
    lines, following = logic.report(office, jobs, call.principal, identifier, call.query, position)
    return ReportPage(lines=tuple(lines), next=cursor_for(following, scope, wiring.cursor_key))
