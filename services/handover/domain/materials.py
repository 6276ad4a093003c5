"""Materials (申请材料, 图纸, 意见书, 扫描件): declared by hash, stored once the upload agrees (R-HND-1)."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar, NamedTuple

from pydantic import BaseModel

from services.handover.domain.cases import CaseFile
from shared.contracts.cases import Material, OfflineRecord
from shared.contracts.materials import FileOfCase
from shared.contracts.uploads import DeclaredUpload, UploadState, file_name_faults
from shared.kernel.errors import Fault, refuse_fields

LARGEST = 200 * 1024 * 1024
"""Bytes of a material: a set of drawings."""

_UNKNOWN = (
    "没有本部门的材料“{id}”,请核对编号,或先登记并上传",
    "Your department has no material “{id}”; check the id, or declare and upload it first",
)
_NOT_STORED = (
    "材料“{id}”尚未上传完毕,请上传并确认后再推送",
    "The upload of material “{id}” is not complete; send the file and complete it, then push",
)
_DIFFERS = (
    "与材料“{id}”的 SHA-256({found})不一致,请核对是否选错材料",
    "This is not the SHA-256 of material “{id}”, which is {found}; check that it is the one you mean",
)


class FiledMaterial(DeclaredUpload, FileOfCase):
    """A material as it stands: what was declared, by which department, and whether it is stored."""

    PREFIX: ClassVar[str] = "mat"
    FOLDER: ClassVar[str] = "materials"

    @property
    def upload_id(self) -> str:
        """What it is called."""
        return self.material_id

    def told(self) -> FileOfCase:
        """The material as others need to know it."""
        return FileOfCase.model_validate({name: getattr(self, name) for name in FileOfCase.model_fields})


def check_material(material: FiledMaterial) -> None:
    """Raises Refused("invalid_fields") for a file whose name ends otherwise than its media type does."""
    refuse_fields(file_name_faults(material))


class Named(NamedTuple):
    """A material as a request names it: its id and hash, and where in the request each of them stands."""

    material_id: str
    sha256: str
    id_at: str
    hash_at: str


def named_in(given: Sequence[Material], pointer: str, offline: OfflineRecord | None) -> list[Named]:
    """The uploads that a request names: in its list at `pointer`, and as the scan of an act done off line (R-HND-12).

    What names no `material_id` lies elsewhere and is known by its hash alone.
    """
    listed = [
        Named(each.material_id, each.sha256, f"{pointer}/{place}/material_id", f"{pointer}/{place}/sha256")
        for place, each in enumerate(given)
        if each.material_id is not None
    ]
    if offline is None or offline.material_id is None:
        return listed
    return [*listed, Named(offline.material_id, offline.scan, "/offline/material_id", "/offline/scan")]


def material_faults(
    known: Mapping[str, FiledMaterial], departments: AbstractSet[str], given: Sequence[Named]
) -> list[Fault]:
    """What is wrong with the materials that are named: each was filed by one of these, is stored, and of that hash.

    What another department filed is as unknown as what nobody did.
    """
    faults = (_fault(known.get(each.material_id), departments, each) for each in given)
    return [fault for fault in faults if fault is not None]


def names_material(file: CaseFile, material_id: str) -> bool:
    """Whether a case names the material, so that whoever may read the case may read it."""
    return material_id in _ids_in(file)


def _ids_in(value: object) -> Iterator[str | None]:
    """Every material that a value names, however deep: at any stage, in an opinion, as a scan of whatever act."""
    if isinstance(value, Material | OfflineRecord):
        yield value.material_id
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _ids_in(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _ids_in(each)


def _fault(found: FiledMaterial | None, departments: AbstractSet[str], given: Named) -> Fault | None:
    if found is None or found.department not in departments:
        return _told(given.id_at, "material_unknown", _UNKNOWN, id=given.material_id)
    if found.state is not UploadState.STORED:
        return _told(given.id_at, "material_not_stored", _NOT_STORED, id=given.material_id)
    if found.sha256 != given.sha256:
        return _told(given.hash_at, "material_differs", _DIFFERS, id=given.material_id, found=found.sha256)
    return None


def _told(pointer: str, code: str, words: tuple[str, str], **params: str) -> Fault:
    zh, en = (each.format_map(params) for each in words)
    return Fault(pointer, code, zh, en)
