"""Duty documents over HTTP; their contents go straight to the object store and back, by links."""

from http import HTTPStatus

from services.registry import wiring
from services.registry.domain.documents import FiledDocument
from services.registry.logic import documents as logic
from services.registry.schemas.documents import DeclaredDocument, DocumentRequest
from shared.contracts.files import UploadLink
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/documents",
    summary="Declare a duty document",
    action=Action.DOCUMENT_WRITE,
    body=DocumentRequest,
    response=DeclaredDocument,
    status=201,
    once=True,
    refusals=("not_your_department",),
)
def declare_document(call: Call[DocumentRequest, Nothing]) -> DeclaredDocument:
    """What is about to be uploaded, by hash, and the link to send it by (R-REG-3)."""
    return logic.declare_document(wiring.documents(), wiring.files(), call.context, call.body)


@api.endpoint(
    "POST",
    "/v1/documents/{document_id}/upload-link",
    summary="Get another upload link",
    action=Action.DOCUMENT_WRITE,
    response=UploadLink,
    refusals=("not_found", "not_your_department", "wrong_state"),
)
def new_upload_link(call: Call[Nothing, Nothing]) -> UploadLink:
    """A fresh link for a document not stored yet; it changes nothing else (R-REG-3)."""
    return logic.new_upload_link(wiring.documents(), wiring.files(), call.context, call.path["document_id"])


@api.endpoint(
    "POST",
    "/v1/documents/{document_id}/complete",
    summary="Complete a duty document's upload",
    action=Action.DOCUMENT_WRITE,
    response=FiledDocument,
    once=True,
    refusals=("not_found", "not_your_department", "upload_missing", "upload_differs"),
)
def complete_document(call: Call[Nothing, Nothing]) -> FiledDocument:
    """The upload is taken if size and SHA-256 are those declared; again, it is the same answer (R-REG-3)."""
    return logic.complete_document(wiring.documents(), wiring.files(), call.context, call.path["document_id"])


@api.endpoint(
    "GET",
    "/v1/documents/{document_id}",
    summary="Show a duty document",
    action=Action.DOCUMENT_READ,
    response=FiledDocument,
    refusals=("not_found",),
)
def show_document(call: Call[Nothing, Nothing]) -> FiledDocument:
    """What was declared, and whether it is stored (R-REG-3)."""
    return logic.show_document(wiring.documents(), call.path["document_id"])


@api.endpoint(
    "GET",
    "/v1/documents/{document_id}/content",
    summary="Download a duty document",
    action=Action.DOCUMENT_READ,
    response="application/octet-stream",
    status=HTTPStatus.TEMPORARY_REDIRECT,
    refusals=("not_found", "wrong_state"),
)
def download_document(call: Call[Nothing, Nothing]) -> Reply:
    """Where the bytes that were checked are to be had for a quarter of an hour (R-REG-3)."""
    link = logic.document_link(wiring.documents(), wiring.files(), call.path["document_id"])
    return Reply(b"", redirect=link)
