"""The log's objects in S3."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from services.audit.domain.log import NOT_OURS, LogDamagedError, checkpoint_rank
from services.audit.ports.log import Missing
from shared.kernel.errors import Unavailable
from shared.kernel.notes import VerifierKey
from shared.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_CHECKPOINT: Final = "checkpoint"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_ATTEMPTS: Final = 8
_LINK_SECONDS: Final = 300
_MOST_DELETED: Final = 1_000
"""What S3 deletes at once."""


class S3Objects:
    """The log's files in its bucket, laid out as C2SP tlog-tiles says, so that a copy of the bucket is the log."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, path: str) -> bytes:
        """An object's content."""
        return self._get(path)[0]

    def link(self, path: str) -> str:
        """A presigned address of the object."""
        where = {"Bucket": self._bucket, "Key": path}
        return self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=_LINK_SECONDS)

    def put(self, path: str, content: bytes) -> None:
        """Write an object that never changes."""
        for _ in range(_ATTEMPTS):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=path,
                    Body=content,
                    IfNoneMatch="*",
                    CacheControl=_IMMUTABLE,
                    ContentType="application/octet-stream",
                )
            except ClientError as error:
                if not _lost(error):
                    raise
            else:
                return
            with suppress(Missing):
                if self.read(path) != content:
                    raise LogDamagedError(f"{path}: an object that never changes is there with other content")
                return
        raise Unavailable

    def put_checkpoint(self, note: str, key: VerifierKey) -> None:
        """Replace the object `checkpoint` by a larger one, or by the same with more signatures.

        What was not ours stays in the bucket as an older version, for who looks for how it came there.
        """
        rank = checkpoint_rank(note.encode(), key)
        for _ in range(_ATTEMPTS):
            there, tag = self._checkpoint()
            held = checkpoint_rank(there, key)
            if held >= rank:
                return
            if tag and held == NOT_OURS:
                logger().error("the object checkpoint was not signed by the log, and is replaced")
            condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=_CHECKPOINT,
                    Body=note.encode(),
                    CacheControl="no-cache",
                    ContentType="text/plain; charset=utf-8",
                    **condition,  # type: ignore[arg-type]
                )
            except ClientError as error:
                if not _lost(error):
                    raise
            else:
                return
        raise Unavailable

    def below(self, prefix: str) -> Iterator[str]:
        """The paths that begin with `prefix`, a thousand a request."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                yield found["Key"]

    def delete(self, paths: Collection[str]) -> None:
        """Remove objects; one that has gone is fine."""
        names = list(paths)
        for start in range(0, len(names), _MOST_DELETED):
            doomed: list[ObjectIdentifierTypeDef] = [{"Key": path} for path in names[start : start + _MOST_DELETED]]
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": doomed, "Quiet": True})

    def _checkpoint(self) -> tuple[bytes, str]:
        """The object that is there, and its entity tag; nothing before the first."""
        try:
            return self._get(_CHECKPOINT)
        except Missing:
            return b"", ""

    def _get(self, path: str) -> tuple[bytes, str]:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=path)
        except self._client.exceptions.NoSuchKey:
            raise Missing(path) from None
        return answer["Body"].read(), answer["ETag"]


def _lost(error: ClientError) -> bool:
    """Whether a conditional write found something there, or another write under way (409)."""
    return error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
