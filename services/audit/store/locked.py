"""The copy of the log in a bucket with object lock: versions that nobody can delete before their retention ends."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from services.audit.domain.log import LogDamagedError
from services.audit.ports.locked import PutAway
from services.audit.store.objects import S3Objects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PUT_AWAY: Final = "InvalidObjectState"


class S3Locked:
    """The locked bucket. What is put gets the bucket's own retention; a second version is never written.

    Others could write one, or hide what is there behind a delete marker: lists are of versions, not of objects.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._objects = S3Objects(client, bucket)

    def versions(self, path: str) -> Iterator[bytes]:
        """The content of each version under a path, the oldest first."""
        for version in self._versions(path):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=path, VersionId=version)
            except ClientError as error:
                if error.response["Error"]["Code"] != _PUT_AWAY:
                    raise
                raise PutAway(path) from None
            yield answer["Body"].read()

    def put(self, path: str, content: bytes) -> None:
        """Write an object once."""
        try:
            self._objects.put(path, content)
        except LogDamagedError:
            if content not in self.versions(path):
                raise

    def after(self, prefix: str, path: str = "") -> Iterator[str]:
        """The paths that begin with `prefix` and come after `path`; a request for each thousand versions."""
        last = ""
        for key, _ in self._listed(prefix, path):
            if key != last:
                yield key
            last = key

    def hold(self, path: str, *, on: bool) -> None:
        """Set or lift the legal hold of every version."""
        for version in self._versions(path):
            self._client.put_object_legal_hold(
                Bucket=self._bucket, Key=path, VersionId=version, LegalHold={"Status": "ON" if on else "OFF"}
            )

    def _versions(self, path: str) -> list[str]:
        """The versions under a path, the oldest first, as S3 does not list them."""
        found: list[str] = []
        for key, version in self._listed(path):
            if key != path:
                break
            found.insert(0, version)
        return found

    def _listed(self, prefix: str, path: str = "") -> Iterator[tuple[str, str]]:
        """Path and version of what begins with `prefix` and comes after `path`."""
        # boto3's paginator takes no key to begin after.
        markers: dict[str, Any] = {"KeyMarker": path} if path else {}
        while True:
            page = self._client.list_object_versions(Bucket=self._bucket, Prefix=prefix, **markers)
            for found in page.get("Versions", []):
                yield found["Key"], found["VersionId"]
            if not page["IsTruncated"]:
                return
            markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
