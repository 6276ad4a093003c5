"""Filing duty documents: declare, upload by link, complete (R-REG-3)."""

from services.registry.domain import SOURCE
from services.registry.domain.documents import (
    COMPLETE,
    DOWNLOAD,
    UPLOAD,
    DocumentState,
    FiledDocument,
    check_document,
    check_document_move,
    check_holder,
    check_size,
    file_name,
    stored_document,
)
from services.registry.ports.documents import Documents
from services.registry.ports.files import FileStore
from services.registry.schemas.documents import DeclaredDocument, DocumentRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.documents import DocumentDeclared, DocumentStored
from shared.contracts.files import UploadLink
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id


def declare_document(
    documents: Documents, files: FileStore, context: Context, asked: DocumentRequest
) -> DeclaredDocument:
    """Say which document is about to be uploaded, and be told how (R-REG-3).

    Raises Refused: "not_your_department" for a registrar without one, "invalid_fields".
    """
    department = context.principal.department
    if department is None:
        raise Refused("not_your_department")
    given = dict(asked) | {"file_name": file_name(asked.file_name, asked.name, asked.media_type)}
    document = FiledDocument(document_id=new_id("doc"), department=department, declared_at=context.now, **given)
    check_document(document)
    declared = DeclaredDocument(**dict(document), upload=_link(files, document))
    body = DocumentDeclared(department=department, document=document.told())
    documents.save_document(
        change(SOURCE, document.document_id, ChainHead(), document, [body], context, response=declared)
    )
    return declared


def new_upload_link(documents: Documents, files: FileStore, context: Context, document_id: str) -> UploadLink:
    """Another link for a document not stored yet; the one given at first may have expired.

    Raises Refused: "not_found", "not_your_department", "wrong_state".
    """
    document = _own_document(documents, context, document_id).state
    check_document_move(document, UPLOAD)
    return _link(files, document)


def complete_document(documents: Documents, files: FileStore, context: Context, document_id: str) -> FiledDocument:
    """Take the upload if it is what was declared, byte for byte; otherwise nothing changes (R-REG-3).

    Size and hash are those of one version of the object, and that version is what is shown from then on: a link that
    still lives can write others beside it. Rejected: copying to a key of its own, since of two completions at once
    the later copy could replace what the earlier one has checked.

    Raises Refused: "not_found", "not_your_department", "upload_missing", "upload_differs". ValueError when the bucket
    keeps no versions, for then nothing can be promised.
    """
    before = _own_document(documents, context, document_id)
    document = before.state
    check_document_move(document, COMPLETE)
    if document.state is DocumentState.STORED:
        return document
    found = files.find(document.content_key)
    if found is None:
        raise Refused("upload_missing", id=document_id)
    check_size(document, found)
    if found.version is None:
        raise ValueError("the bucket of the files keeps no versions")
    sha256 = files.sha256(document.content_key, version=found.version)
    after = stored_document(document, found.version, sha256, before.head.not_before(context.now))
    body = DocumentStored(department=document.department, document=document.told())
    documents.save_document(change(SOURCE, document_id, before.head, after, [body], context, response=after))
    return after


def show_document(documents: Documents, document_id: str) -> FiledDocument:
    """A document as it stands. Raises Refused("not_found")."""
    return _document(documents, document_id).state


def document_link(documents: Documents, files: FileStore, document_id: str) -> str:
    """A link to exactly the bytes that were checked. Raises Refused("not_found"), Refused("wrong_state")."""
    document = _document(documents, document_id).state
    check_document_move(document, DOWNLOAD)
    return files.download_link(document.content_key, file_name=document.file_name, version=document.content_version)


def _link(files: FileStore, document: FiledDocument) -> UploadLink:
    return files.upload_link(
        document.content_key, size=document.size, sha256=document.sha256, media_type=document.media_type
    )


def _own_document(documents: Documents, context: Context, document_id: str) -> Stored[FiledDocument]:
    found = _document(documents, document_id)
    check_holder(context.principal, found.state.department)
    return found


def _document(documents: Documents, document_id: str) -> Stored[FiledDocument]:
    found = documents.document(document_id)
    if found is None:
        raise Refused("not_found", id=document_id)
    return found
