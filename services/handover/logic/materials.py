"""Materials by presigned upload: declare, upload by link, complete, name, read (R-HND-1).

shared.contracts.uploads says how an upload is checked, and what of it is believed.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from services.handover.domain import SOURCE
from services.handover.domain.materials import FiledMaterial, check_material, material_faults, named_in, names_material
from services.handover.logic.access import readable_case
from services.handover.logic.office import Office
from services.handover.ports.materials import Materials
from services.handover.schemas.materials import DeclaredMaterial, MaterialRequest
from shared.contracts import uploads
from shared.contracts.cases import Material, OfflineRecord
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, change
from shared.contracts.files import FileStore, UploadLink
from shared.contracts.materials import MaterialDeclared, MaterialStored
from shared.kernel.errors import Fault, Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, department_of


def declare_material(
    materials: Materials, files: FileStore, context: Context, asked: MaterialRequest
) -> DeclaredMaterial:
    """Say which file is about to be uploaded, and be told how (R-HND-1).

    Raises Refused: "not_your_department" for a client without one, "invalid_fields".
    """
    department = department_of(context.principal)
    given = dict(asked) | {"file_name": uploads.file_name(asked.file_name, asked.name, asked.media_type)}
    material = FiledMaterial(
        material_id=new_id(FiledMaterial.PREFIX), department=department, declared_at=context.now, **given
    )
    check_material(material)
    declared = DeclaredMaterial(**dict(material), upload=uploads.link_for(files, material))
    body = MaterialDeclared(department=department, material=material.told())
    materials.save_upload(change(SOURCE, material.material_id, ChainHead(), material, [body], context, declared))
    return declared


def new_upload_link(materials: Materials, files: FileStore, context: Context, material_id: str) -> UploadLink:
    """Another link for a material not stored yet; the one given at first may have expired.

    Raises Refused: "not_found", "not_your_department", "wrong_state".
    """
    return uploads.another_link(files, uploads.own_upload(materials, context.principal, material_id).state)


def complete_material(materials: Materials, files: FileStore, context: Context, material_id: str) -> FiledMaterial:
    """Take the upload if it is what was declared, byte for byte; otherwise nothing changes (R-HND-1).

    Raises Refused: "not_found", "not_your_department", "upload_missing", "upload_differs". ValueError when the bucket
    keeps no versions.
    """
    before = uploads.own_upload(materials, context.principal, material_id)
    after = uploads.completed(files, before.state, before.head.not_before(context.now))
    if after != before.state:
        body = MaterialStored(department=after.department, material=after.told())
        materials.save_upload(change(SOURCE, material_id, before.head, after, [body], context, after))
    return after


def show_material(materials: Materials, principal: Principal, material_id: str) -> FiledMaterial:
    """A material of the own department's. Raises Refused: "not_found", "not_your_department"."""
    return uploads.own_upload(materials, principal, material_id).state


def material_link(materials: Materials, files: FileStore, principal: Principal, material_id: str) -> str:
    """A link to exactly the bytes that were checked, for the department that filed them.

    Raises Refused: "not_found", "not_your_department", "wrong_state".
    """
    return uploads.content_link(files, show_material(materials, principal, material_id))


def case_material_link(office: Office, files: FileStore, principal: Principal, case_id: str, material_id: str) -> str:
    """A link to exactly the bytes that were checked, for whoever may read a case that names them (R-HND-1).

    Raises Refused: "not_found" for what the case does not name as well, "not_your_department".
    """
    case = readable_case(office, principal, case_id).state
    if not names_material(case, material_id):
        raise Refused("not_found", id=material_id)
    return uploads.content_link(files, uploads.find_upload(office.materials, material_id).state)


def check_materials(
    materials: Materials,
    departments: AbstractSet[str],
    given: Sequence[Material],
    pointer: str,
    offline: OfflineRecord | None = None,
) -> list[Fault]:
    """What is wrong with the materials that a request names, from one strongly consistent read (R-HND-1, R-HND-12).

    `departments`: whose materials may be named, the caller's own and those of one that was merged into it (R-ORG-1).
    What was once found right stays so, since a stored material never changes: the write needs no condition on it.
    """
    named = named_in(given, pointer, offline)
    known = materials.uploads({each.material_id for each in named}) if named else {}
    return material_faults(known, departments, named)
