"""Imports of the item list over HTTP; the files go straight to the object store and back, by links (R-REG-6)."""

from http import HTTPStatus

from services.registry import wiring
from services.registry.domain.template import template
from services.registry.logic import imports as logic
from services.registry.schemas.imports import (
    ApplyRequest,
    DeclaredImport,
    ImportPage,
    ImportReport,
    ImportRequest,
    RowPage,
    RowsQuery,
)
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.errors import Refused
from shared.kernel.permissions import Action
from shared.kernel.sheets.uploads import Format

_OWN = ("not_found", "not_your_department")
_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TEMPLATE_MAX_AGE = 3600

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/imports",
    summary="Declare a file to import",
    action=Action.ITEM_IMPORT,
    body=ImportRequest,
    response=DeclaredImport,
    status=201,
    once=True,
    refusals=("not_your_department", "file_too_large"),
)
def declare_import(call: Call[ImportRequest, Nothing]) -> DeclaredImport:
    """Which file is about to be uploaded, by hash, and the link to send it by (R-REG-6)."""
    return logic.declare_import(wiring.imports(), wiring.files(), call.context, call.body)


@api.endpoint(
    "GET",
    "/v1/imports",
    summary="List the imports of the own bureau",
    action=Action.ITEM_IMPORT,
    query=PageQuery,
    response=ImportPage,
    refusals=("cursor_invalid", "not_your_department"),
)
def list_imports(call: Call[Nothing, PageQuery]) -> ImportPage:
    """Imports, newest first, page by page."""
    scope = f"imports#{call.principal.department or ''}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_imports(wiring.imports(), call.principal, call.query.limit, position)
    return ImportPage(imports=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/imports/{import_id}",
    summary="Show how far an import is",
    action=Action.ITEM_IMPORT,
    response=ImportReport,
    refusals=_OWN,
)
def show_import(call: Call[Nothing, Nothing]) -> Reply:
    """State, progress in percent, and how many rows do what (R-REG-6)."""
    report = logic.show_import(wiring.imports(), call.principal, call.path["import_id"])
    return Reply(report, version=report.revision)


@api.endpoint(
    "POST",
    "/v1/imports/{import_id}/start",
    summary="Have an uploaded file read and checked",
    action=Action.ITEM_IMPORT,
    response=ImportReport,
    once=True,
    refusals=(*_OWN, "wrong_state", "upload_missing", "upload_differs"),
)
def start_import(call: Call[Nothing, Nothing]) -> ImportReport:
    """A dry run over every row: what it would create or change, and what is wrong with it (R-REG-6)."""
    return logic.start_import(wiring.imports(), wiring.files(), call.context, call.path["import_id"])


@api.endpoint(
    "GET",
    "/v1/imports/{import_id}/rows",
    summary="Read what the rows of an import do",
    action=Action.ITEM_IMPORT,
    query=RowsQuery,
    response=RowPage,
    refusals=(*_OWN, "cursor_invalid"),
)
def list_rows(call: Call[Nothing, RowsQuery]) -> RowPage:
    """Row by row: differences in words, faults with line, column, value and reason, in both languages (R-REG-6)."""
    import_id = call.path["import_id"]
    scope = f"rows#{import_id}#{call.query.outcome or ''}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_rows(
        wiring.imports(), wiring.files(), call.principal, import_id, call.query.outcome, call.query.limit, position
    )
    return RowPage(rows=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/imports/{import_id}/sheet",
    summary="Download the sheet with its errors",
    action=Action.ITEM_IMPORT,
    response="application/octet-stream",
    status=HTTPStatus.TEMPORARY_REDIRECT,
    refusals=(*_OWN, "wrong_state"),
)
def download_sheet(call: Call[Nothing, Nothing]) -> Reply:
    """The sheet as it came, with a last column that says what is wrong with each row (R-REG-6)."""
    link = logic.sheet_link(wiring.imports(), wiring.files(), call.principal, call.path["import_id"])
    return Reply(b"", redirect=link)


@api.endpoint(
    "POST",
    "/v1/imports/{import_id}/apply",
    summary="Apply a checked import",
    action=Action.ITEM_IMPORT,
    body=ApplyRequest,
    response=ImportReport,
    once=True,
    refusals=(*_OWN, "wrong_state", "import_has_faults", "import_running"),
)
def apply_import(call: Call[ApplyRequest, Nothing]) -> ImportReport:
    """All rows or none; with `partial` the good rows alone; with `publish` they are published at once (R-REG-6)."""
    return logic.apply_import(wiring.imports(), call.context, call.path["import_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/imports/{import_id}/abandon",
    summary="Abandon an import",
    action=Action.ITEM_IMPORT,
    response=ImportReport,
    once=True,
    refusals=(*_OWN, "wrong_state"),
)
def abandon_import(call: Call[Nothing, Nothing]) -> ImportReport:
    """Nothing of it was written, and nothing will be (R-REG-6)."""
    return logic.abandon_import(wiring.imports(), call.context, call.path["import_id"])


@api.endpoint(
    "GET",
    "/v1/public/import-template/{format}",
    summary="Download the template of an import",
    action=None,
    response="application/octet-stream",
    refusals=("not_found",),
)
def download_template(call: Call[Nothing, Nothing]) -> Reply:
    """An empty list to fill in, as csv or xlsx, with one example and what each column takes (R-REG-6)."""
    asked = call.path["format"]
    if asked not in list(Format):
        raise Refused("not_found", id=asked)
    headers = {
        "Content-Type": _TYPES[Format(asked)],
        "Content-Disposition": f'attachment; filename="shenguan-items.{asked}"',
        "Cache-Control": f"public, max-age={_TEMPLATE_MAX_AGE}",
    }
    return Reply(b"".join(template(Format(asked), wiring.item_types())), headers=headers)
