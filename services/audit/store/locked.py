"""The copy of the log in a bucket with object lock: versions that nobody can delete before their retention ends."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from services.audit.store.objects import S3Objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Locked:
    """The locked bucket. What is put gets the bucket's own retention; a second version is never written."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._objects = S3Objects(client, bucket)

    def read(self, path: str) -> bytes:
        """An object's content."""
        return self._objects.read(path)

    def put(self, path: str, content: bytes) -> None:
        """Write an object once."""
        self._objects.put(path, content)

    def after(self, prefix: str, path: str = "") -> Iterator[str]:
        """The paths that begin with `prefix` and come after `path`, a thousand a request."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, StartAfter=path):
            for found in page.get("Contents", []):
                yield found["Key"]

    def hold(self, path: str, *, on: bool) -> None:
        """Set or lift the object's legal hold."""
        self._client.put_object_legal_hold(Bucket=self._bucket, Key=path, LegalHold={"Status": "ON" if on else "OFF"})
