"""What the endpoints for materials take and give."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.handover.domain.materials import LARGEST, FiledMaterial
from shared.contracts.files import UploadLink
from shared.contracts.media_types import MediaType
from shared.contracts.model import Contract, Sha256, ShortText

_MATERIAL: JsonDict = {
    "name": "经营场所平面布置图",
    "file_name": "平面布置图.dwg",
    "media_type": "image/vnd.dwg",
    "size": 18482113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


class MaterialRequest(Contract):
    """A material about to be uploaded: what it is, and exactly which bytes (R-HND-1). `size` is in bytes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MATERIAL]})

    name: ShortText
    file_name: ShortText | None = None
    """As it is offered for download; without one the file is named after the material."""
    media_type: MediaType
    size: Annotated[int, Field(ge=1, le=LARGEST)]
    sha256: Sha256


class DeclaredMaterial(FiledMaterial):
    """A declared material, and how its bytes are sent. A link that has expired is replaced by a new one."""

    upload: UploadLink
