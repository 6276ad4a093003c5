"""Materials (申请材料, 图纸, 意见书, 线下文书扫描件): what they are is told by hash, their content never (R-HND-1)."""

from typing import ClassVar

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Sha256, ShortText


class FileOfCase(Contract):
    """One file that a case may name: of what, which bytes, and how many."""

    material_id: Identifier
    name: ShortText
    media_type: ShortText
    size: int
    sha256: Sha256


class MaterialDeclared(Body):
    """A department said which file it is about to upload (`material.declared`)."""

    TYPE: ClassVar[str] = "material.declared.v1"
    department: Identifier
    material: FileOfCase


class MaterialStored(Body):
    """The upload arrived and is the file declared: size and SHA-256 were checked (`material.stored`)."""

    TYPE: ClassVar[str] = "material.stored.v1"
    department: Identifier
    material: FileOfCase
