"""Filing duty documents: declare, upload by link, complete (R-REG-3); shared.contracts.uploads says how."""

from services.registry.domain import SOURCE
from services.registry.domain.documents import FiledDocument, check_document
from services.registry.ports.documents import Documents
from services.registry.schemas.documents import DeclaredDocument, DocumentRequest
from shared.contracts import uploads
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, change
from shared.contracts.documents import DocumentDeclared, DocumentStored
from shared.contracts.files import FileStore, UploadLink
from shared.kernel.ids import new_id
from shared.kernel.permissions import department_of


def declare_document(
    documents: Documents, files: FileStore, context: Context, asked: DocumentRequest
) -> DeclaredDocument:
    """Say which document is about to be uploaded, and be told how (R-REG-3).

    Raises Refused: "not_your_department" for a registrar without one, "invalid_fields".
    """
    department = department_of(context.principal)
    given = dict(asked) | {"file_name": uploads.file_name(asked.file_name, asked.name, asked.media_type)}
    document = FiledDocument(
        document_id=new_id(FiledDocument.PREFIX), department=department, declared_at=context.now, **given
    )
    check_document(document)
    declared = DeclaredDocument(**dict(document), upload=uploads.link_for(files, document))
    body = DocumentDeclared(department=department, document=document.told())
    documents.save_upload(
        change(SOURCE, document.document_id, ChainHead(), document, [body], context, response=declared)
    )
    return declared


def new_upload_link(documents: Documents, files: FileStore, context: Context, document_id: str) -> UploadLink:
    """Another link for a document not stored yet; the one given at first may have expired.

    Raises Refused: "not_found", "not_your_department", "wrong_state".
    """
    return uploads.another_link(files, uploads.own_upload(documents, context.principal, document_id).state)


def complete_document(documents: Documents, files: FileStore, context: Context, document_id: str) -> FiledDocument:
    """Take the upload if it is what was declared, byte for byte; otherwise nothing changes (R-REG-3).

    Raises Refused: "not_found", "not_your_department", "upload_missing", "upload_differs". ValueError when the bucket
    keeps no versions.
    """
    before = uploads.own_upload(documents, context.principal, document_id)
    after = uploads.completed(files, before.state, before.head.not_before(context.now))
    if after != before.state:
        body = DocumentStored(department=after.department, document=after.told())
        documents.save_upload(change(SOURCE, document_id, before.head, after, [body], context, response=after))
    return after


def show_document(documents: Documents, document_id: str) -> FiledDocument:
    """A document as it stands. Raises Refused("not_found")."""
    return uploads.find_upload(documents, document_id).state


def document_link(documents: Documents, files: FileStore, document_id: str) -> str:
    """A link to exactly the bytes that were checked. Raises Refused("not_found"), Refused("wrong_state")."""
    return uploads.content_link(files, uploads.find_upload(documents, document_id).state)
