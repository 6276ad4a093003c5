"""Materials over HTTP; their contents go straight to the object store and back, by links (R-HND-1)."""

from http import HTTPStatus

from services.handover import wiring
from services.handover.domain.materials import FiledMaterial
from services.handover.logic import materials as logic
from services.handover.schemas.materials import DeclaredMaterial, MaterialRequest
from shared.contracts.files import UploadLink
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.permissions import Action

_OWN = ("not_found", "not_your_department")

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/materials",
    summary="Declare a material (登记材料)",
    action=Action.MATERIAL_WRITE,
    body=MaterialRequest,
    response=DeclaredMaterial,
    status=201,
    once=True,
    refusals=("not_your_department",),
)
def declare_material(call: Call[MaterialRequest, Nothing]) -> DeclaredMaterial:
    """What is about to be uploaded, by hash, and the link to send it by (R-HND-1)."""
    return logic.declare_material(wiring.materials(), wiring.files(), call.context, call.body)


@api.endpoint(
    "POST",
    "/v1/materials/{material_id}/upload-link",
    summary="Get another upload link (另取上传链接)",
    action=Action.MATERIAL_WRITE,
    response=UploadLink,
    refusals=(*_OWN, "wrong_state"),
)
def new_upload_link(call: Call[Nothing, Nothing]) -> UploadLink:
    """A fresh link for a material not stored yet; it changes nothing else (R-HND-1)."""
    return logic.new_upload_link(wiring.materials(), wiring.files(), call.context, call.path["material_id"])


@api.endpoint(
    "POST",
    "/v1/materials/{material_id}/complete",
    summary="Complete a material's upload (确认上传)",
    action=Action.MATERIAL_WRITE,
    response=FiledMaterial,
    once=True,
    refusals=(*_OWN, "upload_missing", "upload_differs"),
)
def complete_material(call: Call[Nothing, Nothing]) -> FiledMaterial:
    """The upload is taken if size and SHA-256 are those declared; again, it is the same answer (R-HND-1)."""
    return logic.complete_material(wiring.materials(), wiring.files(), call.context, call.path["material_id"])


@api.endpoint(
    "GET",
    "/v1/materials/{material_id}",
    summary="Show a material of my department (本部门材料)",
    action=Action.MATERIAL_READ,
    response=FiledMaterial,
    personal=True,
    refusals=_OWN,
)
def show_material(call: Call[Nothing, Nothing]) -> FiledMaterial:
    """What my department declared, and whether it is stored (R-HND-1)."""
    return logic.show_material(wiring.materials(), call.principal, call.path["material_id"])


@api.endpoint(
    "GET",
    "/v1/materials/{material_id}/content",
    summary="Download a material of my department (下载本部门材料)",
    action=Action.MATERIAL_READ,
    response="application/octet-stream",
    status=HTTPStatus.TEMPORARY_REDIRECT,
    personal=True,
    refusals=(*_OWN, "wrong_state"),
)
def download_material(call: Call[Nothing, Nothing]) -> Reply:
    """Where the bytes that were checked are to be had for a quarter of an hour (R-HND-1)."""
    link = logic.material_link(wiring.materials(), wiring.files(), call.principal, call.path["material_id"])
    return Reply(b"", redirect=link)


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}/materials/{material_id}",
    summary="Download a material of a case (下载办件材料)",
    action=Action.CASE_READ,
    response="application/octet-stream",
    status=HTTPStatus.TEMPORARY_REDIRECT,
    personal=True,
    refusals=_OWN,
)
def download_case_material(call: Call[Nothing, Nothing]) -> Reply:
    """The same for whoever may read a case that names the material, at whichever stage (R-HND-1, R-AUD-1)."""
    case_id, material_id = call.path["case_id"], call.path["material_id"]
    link = logic.case_material_link(wiring.office(), wiring.files(), call.principal, case_id, material_id)
    return Reply(b"", redirect=link)
