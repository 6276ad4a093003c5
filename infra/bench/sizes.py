"""How large the packages are that Lambda is given, beside Lambda's own limits."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from infra.build import Build

UNZIPPED_LIMIT = 250 * 1024 * 1024
"""A function and its layers together, unpacked (AWS Lambda quotas)."""


@dataclass(frozen=True, slots=True)
class Size:
    """An archive in bytes: as uploaded, and unpacked."""

    name: str
    zipped: int
    unzipped: int


def sizes_of(build: Build) -> tuple[Size, list[Size]]:
    """The layer's size and every service's."""
    return _size("layer", build.layer.archive), [_size(each.service, each.code) for each in build.services]


def share_of_limit(layer: Size, services: list[Size]) -> float:
    """How much of what Lambda allows unpacked the largest function takes with its layer."""
    return (layer.unzipped + max(each.unzipped for each in services)) / UNZIPPED_LIMIT


def _size(name: str, archive: Path) -> Size:
    with zipfile.ZipFile(archive) as opened:
        return Size(name, archive.stat().st_size, sum(each.file_size for each in opened.infolist()))
