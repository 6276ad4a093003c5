"""Exports of the log over HTTP: asked for, watched, fetched by links (R-AUD-7)."""

from http import HTTPStatus

from services.audit import wiring
from services.audit.domain.exports import LogExport
from services.audit.logic import exports as logic
from services.audit.schemas.exports import ExportRequest
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.errors import Refused
from shared.kernel.ids import number_in
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/exports",
    summary="Export the log of some days (导出审计日志)",
    action=Action.LOG_EXPORT,
    body=ExportRequest,
    response=LogExport,
    status=202,
    once=True,
)
def request_export(call: Call[ExportRequest, Nothing]) -> LogExport:
    """Have the log of some days written as files that anybody can judge offline, in the background (R-AUD-7)."""
    return logic.request_export(wiring.exports(), call.context, call.body)


@api.endpoint(
    "GET",
    "/v1/exports/{export_id}",
    summary="How far an export is (导出进度)",
    action=Action.LOG_EXPORT,
    response=LogExport,
    refusals=("not_found",),
)
def show_export(call: Call[Nothing, Nothing]) -> LogExport:
    """How many parts there will be, and those that are there."""
    return logic.show_export(wiring.exports(), call.path["export_id"])


@api.endpoint(
    "GET",
    "/v1/exports/{export_id}/parts/{number}",
    summary="Download a part of an export (下载审计日志)",
    action=Action.LOG_EXPORT,
    response="application/octet-stream",
    status=HTTPStatus.TEMPORARY_REDIRECT,
    personal=True,
    refusals=("not_found", "wrong_state"),
)
def download_part(call: Call[Nothing, Nothing]) -> Reply:
    """Where the part is to be had, for a week after the export was finished (R-AUD-1)."""
    number = number_in(call.path["number"], 6)
    if number is None:
        raise Refused("not_found", id=call.path["number"])
    export_id, now = call.path["export_id"], call.context.now
    return Reply(b"", redirect=logic.part_link(wiring.exports(), wiring.files(), export_id, number, now))
