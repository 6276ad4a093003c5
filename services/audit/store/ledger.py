"""The ledger's DynamoDB rows.

| pk | sk | what |
|---|---|---|
| `log` | `head` | the head: `version` its size, `chain` its root, both compared before it moves |
| `leaf#<event id>` | `leaf` | the event's index (`version`), leaf hash (`chain`) and docket (`body`) |
| `checkpoint` | size, 20 digits | the signed checkpoint; the row is what makes it published; cosignatures are added |
| `log` | `cosigned` | `version`: the largest size whose checkpoint enough witnesses cosigned |
"""

import random
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from pynamodb.exceptions import PutError

from services.audit.domain.log import Head, Leaf
from shared.aws.failures import condition_failed
from shared.aws.journal import Journal
from shared.aws.table import Row
from shared.contracts.change import Outdated
from shared.contracts.dockets import Docket
from shared.kernel.errors import Unavailable

_LOG: Final = "log"
_HEAD: Final = "head"
_LEAF: Final = "leaf"
_CHECKPOINT: Final = "checkpoint"
_COSIGNED: Final = "cosigned"
_LOSERS_PAUSE_SECONDS: Final = 0.3


class LedgerStore:
    """The ledger, on the service's own table."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._table = journal.table

    def head(self) -> Head:
        """The head as last decided."""
        row = self._table.find(_LOG, _HEAD)
        return Head.model_validate_json(row.body or "{}") if row else Head()

    def swap(self, before: Head, after: Head) -> None:
        """Compare and swap the head."""
        row = self._table(pk=_LOG, sk=_HEAD, version=after.size, chain=after.root, body=after.model_dump_json())
        unmoved = (self._table.version == before.size) & (self._table.chain == before.root)
        try:
            row.save(condition=unmoved if before.size else self._table.pk.does_not_exist())
        except PutError as error:
            if not condition_failed(error):
                raise Unavailable from error
            # The winner is writing its files: to come back at once would only do its work a second time.
            time.sleep(random.uniform(0, _LOSERS_PAUSE_SECONDS))  # noqa: S311
            raise Outdated from None

    def leaves(self, event_ids: Collection[str]) -> Mapping[str, Leaf]:
        """Those of the events that are indexed."""
        keys = [(_leaf_key(event_id), _LEAF) for event_id in dict.fromkeys(event_ids)]
        rows = self._table.batch_get(keys, consistent_read=True) if keys else ()
        return {row.pk.removeprefix(_leaf_key("")): _leaf(row) for row in rows}

    def index(self, leaves: Mapping[str, Leaf]) -> None:
        """Index a decided batch: twenty-five rows a request, what is throttled again."""
        with self._table.batch_write() as batch:
            for event_id, leaf in leaves.items():
                docket = leaf.docket.model_dump_json(exclude_none=True)
                batch.save(
                    self._table(pk=_leaf_key(event_id), sk=_LEAF, version=leaf.index, chain=leaf.hash, body=docket)
                )

    def checkpoint(self, size: int) -> str | None:
        """The signed checkpoint of this size."""
        row = self._table.find(_CHECKPOINT, _size_key(size))
        return row.body if row else None

    def latest_checkpoint(self) -> str | None:
        """The largest signed checkpoint."""
        rows = self._table.query(_CHECKPOINT, scan_index_forward=False, limit=1, consistent_read=True)
        return next((row.body for row in rows), None)

    def checkpoints(self, above: int, most: int) -> Iterator[str]:
        """Signed checkpoints of larger sizes, smallest first."""
        later = self._table.sk > _size_key(above)
        rows = self._table.query(_CHECKPOINT, later, limit=most, consistent_read=True)
        return (row.body or "" for row in rows)

    def checkpoints_by_size(self, above: int, most: int) -> Iterator[tuple[int, str]]:
        """The same with the sizes of their keys."""
        later = self._table.sk > _size_key(above)
        rows = self._table.query(_CHECKPOINT, later, limit=most, consistent_read=True)
        return ((int(row.sk), row.body or "") for row in rows)

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Publish a checkpoint unless one of that size is."""
        row = self._table(pk=_CHECKPOINT, sk=_size_key(size), version=size, body=note)
        try:
            row.save(condition=self._table.pk.does_not_exist())
        except PutError as error:
            if not condition_failed(error):
                raise

    def cosigned(self) -> str | None:
        """The largest signed checkpoint that enough witnesses cosigned."""
        row = self._table.find(_LOG, _COSIGNED)
        return self.checkpoint(int(row.version or 0)) if row else None

    def add_cosignatures(self, size: int, before: str, after: str) -> None:
        """Replace a signed checkpoint by the same with more signature lines."""
        row = self._table(pk=_CHECKPOINT, sk=_size_key(size), version=size, body=after)
        try:
            row.save(condition=self._table.body == before)
        except PutError as error:
            if not condition_failed(error):
                raise
            raise Outdated from None

    def mark_cosigned(self, size: int) -> None:
        """Let the checkpoint of this size be the cosigned one, unless a larger one is."""
        row = self._table(pk=_LOG, sk=_COSIGNED, version=size)
        try:
            row.save(condition=self._table.pk.does_not_exist() | (self._table.version < size))
        except PutError as error:
            if not condition_failed(error):
                raise


def _leaf(row: Row) -> Leaf:
    docket = Docket.model_validate_json(row.body or "{}")
    return Leaf(index=int(row.version or 0), hash=row.chain or "", docket=docket)


def _leaf_key(event_id: str) -> str:
    return f"leaf#{event_id}"


def _size_key(size: int) -> str:
    return f"{size:020d}"
