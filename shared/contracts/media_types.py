"""What a file may be, by its registered media type, and how such a file's name ends (IANA media types)."""

from collections.abc import Mapping
from enum import StrEnum


class MediaType(StrEnum):
    """Every kind of file that is taken anywhere; each endpoint says which of them it takes."""

    PDF = "application/pdf"
    OFD = "application/ofd"  # GB/T 33190
    DOC = "application/msword"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    WPS = "application/vnd.ms-works"
    JPEG = "image/jpeg"
    PNG = "image/png"
    TIFF = "image/tiff"
    XLS = "application/vnd.ms-excel"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ZIP = "application/zip"
    DWG = "image/vnd.dwg"
    MP4 = "video/mp4"


SUFFIXES: Mapping[str, tuple[str, ...]] = {
    MediaType.PDF: (".pdf",),
    MediaType.OFD: (".ofd",),
    MediaType.DOC: (".doc",),
    MediaType.DOCX: (".docx",),
    MediaType.WPS: (".wps",),
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.PNG: (".png",),
    MediaType.TIFF: (".tif", ".tiff"),
    MediaType.XLS: (".xls",),
    MediaType.XLSX: (".xlsx",),
    MediaType.ZIP: (".zip",),
    MediaType.DWG: (".dwg",),
    MediaType.MP4: (".mp4",),
}
"""How such a file's name ends; the first is given where no name was."""
