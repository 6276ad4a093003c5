"""Exports of the ledger over HTTP: asked for, watched, fetched by a link (R-HND-16)."""

from http import HTTPStatus

from services.handover import wiring
from services.handover.domain.exports import LedgerExport
from services.handover.logic import exports as logic
from services.handover.schemas.exports import ExportPage, ExportRequest
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/exports",
    summary="Export the ledger (导出台账)",
    action=Action.LEDGER_EXPORT,
    body=ExportRequest,
    response=LedgerExport,
    status=202,
    once=True,
    refusals=("not_your_department",),
)
def request_export(call: Call[ExportRequest, Nothing]) -> LedgerExport:
    """Have what I may see of the ledger written as CSV or XLSX, in the background (R-HND-16)."""
    return logic.request_export(wiring.exports(), wiring.directory(), call.context, call.body)


@api.endpoint(
    "GET",
    "/v1/exports",
    summary="My exports (我的导出)",
    action=Action.LEDGER_EXPORT,
    query=PageQuery,
    response=ExportPage,
    refusals=("cursor_invalid",),
)
def list_exports(call: Call[Nothing, PageQuery]) -> ExportPage:
    """What I asked for, newest first (R-HND-16)."""
    scope = f"exports {call.principal.client_id}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.own_exports(wiring.exports(), call.principal, call.query.limit, position)
    return ExportPage(exports=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/exports/{export_id}",
    summary="How far an export is (导出进度)",
    action=Action.LEDGER_EXPORT,
    response=LedgerExport,
    refusals=("not_found", "not_your_department"),
)
def show_export(call: Call[Nothing, Nothing]) -> LedgerExport:
    """Whether the file is there, and how many cases were found so far (R-HND-16)."""
    return logic.show_export(wiring.exports(), call.principal, call.path["export_id"])


@api.endpoint(
    "GET",
    "/v1/exports/{export_id}/content",
    summary="Download an export (下载台账)",
    action=Action.LEDGER_EXPORT,
    response="application/octet-stream",
    status=HTTPStatus.TEMPORARY_REDIRECT,
    personal=True,
    refusals=("not_found", "not_your_department", "wrong_state"),
)
def download_export(call: Call[Nothing, Nothing]) -> Reply:
    """Where the file is to be had, for a week after it was written (R-HND-16, R-AUD-1)."""
    link = logic.export_link(wiring.exports(), wiring.files(), call.context, call.path["export_id"])
    return Reply(b"", redirect=link)
