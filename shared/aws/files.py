"""Files in one bucket: uploaded and downloaded by presigned links, never through the API; read and written as streams.

An upload link signs size, SHA-256 and media type, so that S3 itself refuses other bytes; whoever completes an upload
checks size and hash again: by the checksum that the store verified, or else by reading (R-HND-1, R-REG-3).
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from botocore.exceptions import ClientError

from shared.contracts.files import StoredFile, UploadLink

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, GetObjectRequestTypeDef

LINK_SECONDS = 900
"""How long a link is good for."""

PART_BYTES = 8 * 1024 * 1024
"""S3 takes parts of 5 MiB or more; one part is what a written file costs in memory."""

_READ_BYTES = 256 * 1024
_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})


@dataclass(frozen=True, slots=True)
class Files:
    """One service's files, all under one bucket."""

    s3: "S3Client"
    bucket: str

    def upload_link(self, key: str, *, size: int, sha256: str, media_type: str) -> UploadLink:
        """Where and with which headers a client puts exactly these bytes, within LINK_SECONDS."""
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        url = self.s3.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                "ContentLength": size,
                "ContentType": media_type,
                "ChecksumSHA256": checksum,
            },
            ExpiresIn=LINK_SECONDS,
        )
        headers = {"Content-Type": media_type, "x-amz-checksum-sha256": checksum}
        return UploadLink(method="PUT", url=url, headers=headers, seconds=LINK_SECONDS)

    def download_link(self, key: str, *, file_name: str, version: str | None = None) -> str:
        """A link under which anybody who holds it reads the file, or one version of it, within LINK_SECONDS."""
        disposition = f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"
        params = self._named(key, version) | {"ResponseContentDisposition": disposition}
        return self.s3.generate_presigned_url("get_object", Params=params, ExpiresIn=LINK_SECONDS)

    def find(self, key: str) -> StoredFile | None:
        """A file's size, version and SHA-256 without reading it; None where there is none.

        The SHA-256 is told of what came by an upload link to a store that keeps S3's promise: it refuses a body that
        does not have the checksum sent with it, before anything is written, and says FULL_OBJECT of a checksum made
        over the whole of the body. Nothing is told of a sum over parts, nor where the store does not say which it is.
        """
        try:
            found = self.s3.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        whole = found.get("ChecksumType") == "FULL_OBJECT"
        checksum = found.get("ChecksumSHA256") if whole else None
        return StoredFile(
            size=found["ContentLength"],
            version=found.get("VersionId"),
            sha256=base64.b64decode(checksum, validate=True).hex() if checksum else None,
        )

    def sha256(self, key: str, *, version: str | None = None) -> str:
        """The SHA-256 of what lies there, read as a stream. Raises KeyError where there is nothing."""
        digest = hashlib.sha256()
        for chunk in self.chunks(key, version=version):
            digest.update(chunk)
        return digest.hexdigest()

    def chunks(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """A file, or one version of it, piece by piece. Raises KeyError where there is none."""
        try:
            body = self.s3.get_object(**self._named(key, version))["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise KeyError(key) from None
            raise
        yield from body.iter_chunks(_READ_BYTES)

    @contextmanager
    def local(self, key: str) -> Iterator[IO[bytes]]:
        """A file as a seekable copy on the local disk, gone afterwards. Raises KeyError where there is none."""
        with TemporaryFile() as copy:
            for chunk in self.chunks(key):
                copy.write(chunk)
            copy.seek(0)
            yield copy

    def read(self, key: str) -> bytes:
        """A small file whole. Raises KeyError where there is none."""
        return b"".join(self.chunks(key))

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Write a small file whole."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=media_type)

    def write(self, key: str, chunks: Iterable[bytes], media_type: str) -> int:
        """Write a file of any size as it comes, holding one part in memory; its size. Nothing is there until all is."""
        parts = _parts(chunks)
        first = next(parts, b"")
        if len(first) < PART_BYTES:
            self.put(key, first, media_type)
            return len(first)
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, ContentType=media_type)["UploadId"]
        try:
            done: list[CompletedPartTypeDef] = []
            size = 0
            for number, part in enumerate(_chain(first, parts), start=1):
                made = self.s3.upload_part(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)
                done.append({"PartNumber": number, "ETag": made["ETag"]})
                size += len(part)
            self.s3.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": done}
            )
        except BaseException:
            self.s3.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)
            raise
        return size

    def _named(self, key: str, version: str | None) -> "GetObjectRequestTypeDef":
        named: GetObjectRequestTypeDef = {"Bucket": self.bucket, "Key": key}
        return named if version is None else {**named, "VersionId": version}


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    if waiting:
        yield bytes(waiting)


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
