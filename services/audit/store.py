"""The audit service's DynamoDB rows and S3 objects.

| pk | sk | what |
|---|---|---|
| `log` | `head` | the head: `version` its size, `chain` its root, both compared before it moves |
| `leaf#<event id>` | `leaf` | the event's index (`version`) and leaf hash (`chain`) |
| `checkpoint` | size, 20 digits | the signed checkpoint; the row is what makes it published |
"""

import random
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError
from pynamodb.exceptions import PutError

from services.audit.domain import Head, Leaf, LogDamagedError
from services.audit.ports import Missing
from shared.aws.journal import Journal
from shared.aws.transactions import ConditionFailed, Write, client_of, put_new, transact
from shared.contracts.change import Outdated
from shared.kernel.errors import Unavailable
from shared.kernel.notes import parse_checkpoint, parse_note

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LOG: Final = "log"
_HEAD: Final = "head"
_LEAF: Final = "leaf"
_CHECKPOINT: Final = "checkpoint"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_ATTEMPTS: Final = 8
_LINK_SECONDS: Final = 300
_LOSERS_PAUSE_SECONDS: Final = 0.3


class AuditStore:
    """The ledger, on the service's own table."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._table = journal.table

    def head(self) -> Head:
        """The head as last decided."""
        row = self._table.find(_LOG, _HEAD)
        return Head.model_validate_json(row.body or "{}") if row else Head()

    def advance(self, before: Head, after: Head, leaves: Mapping[str, Leaf]) -> None:
        """Compare and swap the head and index the leaves, in one transaction."""
        writes = [self._moved(before, after), *(self._indexed(event_id, leaf) for event_id, leaf in leaves.items())]
        try:
            transact(client_of(self._table), writes)
        except ConditionFailed:
            # The winner is writing its files: to come back at once would only do its work a second time.
            time.sleep(random.uniform(0, _LOSERS_PAUSE_SECONDS))  # noqa: S311
            raise Outdated from None

    def leaves(self, event_ids: Collection[str]) -> Mapping[str, Leaf]:
        """Those of the events that are in the log."""
        keys = [(_leaf_key(event_id), _LEAF) for event_id in event_ids]
        rows = self._table.batch_get(keys, consistent_read=True) if keys else ()
        return {
            row.pk.removeprefix(_leaf_key("")): Leaf(index=int(row.version or 0), hash=row.chain or "") for row in rows
        }

    def checkpoint(self, size: int) -> str | None:
        """The signed checkpoint of this size."""
        row = self._table.find(_CHECKPOINT, _size_key(size))
        return row.body if row else None

    def latest_checkpoint(self) -> str | None:
        """The largest signed checkpoint."""
        rows = self._table.query(_CHECKPOINT, scan_index_forward=False, limit=1, consistent_read=True)
        return next((row.body for row in rows), None)

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Publish a checkpoint unless one of that size is."""
        row = self._table(pk=_CHECKPOINT, sk=_size_key(size), version=size, body=note)
        try:
            row.save(condition=self._table.pk.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

    def _moved(self, before: Head, after: Head) -> Write:
        row = self._table(pk=_LOG, sk=_HEAD, version=after.size, chain=after.root, body=after.model_dump_json())
        if before.size == 0:
            return put_new(_HEAD, row)
        values = {":size": {"N": str(before.size)}, ":root": {"S": before.root}}
        names = {"#version": "version", "#chain": "chain"}
        return Write(_HEAD, "Put", row, "#version = :size AND #chain = :root", values, names)

    def _indexed(self, event_id: str, leaf: Leaf) -> Write:
        row = self._table(pk=_leaf_key(event_id), sk=_LEAF, version=leaf.index, chain=leaf.hash)
        return put_new(f"leaf:{event_id}", row)


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

    def put_checkpoint(self, size: int, note: str) -> None:
        """Replace the object `checkpoint` by a larger one."""
        for _ in range(_ATTEMPTS):
            there, tag = self._checkpoint()
            if there >= size:
                return
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

    def _checkpoint(self) -> tuple[int, str]:
        """Size and entity tag of the checkpoint there is; -1 and nothing before the first."""
        try:
            note, tag = self._get(_CHECKPOINT)
        except Missing:
            return -1, ""
        return parse_checkpoint(parse_note(note).text).size, tag

    def _get(self, path: str) -> tuple[bytes, str]:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=path)
        except self._client.exceptions.NoSuchKey:
            raise Missing(path) from None
        return answer["Body"].read(), answer["ETag"]


def _lost(error: ClientError) -> bool:
    """Whether a conditional write found something there, or another write under way (409)."""
    return error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


def _leaf_key(event_id: str) -> str:
    return f"leaf#{event_id}"


def _size_key(size: int) -> str:
    return f"{size:020d}"
