"""How far what handover records is sealed: as audit last said of the log, and not beyond what was never sent to it.

| pk | sk | what |
|---|---|---|
| `log` | `sealed` | `body` the instant up to which every event is published, `version` the same in milliseconds |
"""

import time
from datetime import datetime, timedelta
from typing import Final

from shared.aws.table import ALL_SHARDS, Row
from shared.aws.transactions import put_if_newer
from shared.kernel.clock import from_text, to_text

_LOG: Final = "log"
_SEALED: Final = "sealed"
_KEPT_SECONDS: Final = 5.0
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = from_text("1970-01-01T00:00:00Z")


class SealedLogStore:
    """One row on handover's table and the head of each shard of its outbox, read at most every few seconds."""

    def __init__(self, table: type[Row]) -> None:
        self._table = table
        self._read_at: float | None = None
        self._through: datetime | None = None

    def through(self) -> datetime | None:
        """Up to when all of it is sealed, as far as was heard; an event that still waits to be sent is not.

        One that is a few seconds old errs on the side of closing.
        """
        if self._read_at is None or time.monotonic() - self._read_at > _KEPT_SECONDS:
            self._through = self._find()
            self._read_at = time.monotonic()
        return self._through

    def keep(self, through: datetime) -> None:
        """Keep an instant unless a later one is known."""
        row = self._table(pk=_LOG, sk=_SEALED, version=(through - _EPOCH) // _MILLISECOND, body=to_text(through))
        put_if_newer(self._table, row)

    def _find(self) -> datetime | None:
        told = self._told()
        if told is None:
            return None
        waiting = (self._oldest_unsent(shard) for shard in ALL_SHARDS)
        return min((told, *(each for each in waiting if each)))

    def _oldest_unsent(self, shard: str) -> datetime | None:
        """When the oldest event was recorded that has not reached topic and log; audit cannot know of it."""
        rows = self._table.outbox_index.query(shard, limit=1)
        return next((from_text(row.outbox_at) for row in rows if row.outbox_at), None)

    def _told(self) -> datetime | None:
        try:
            # What another process wrote a second ago need not be seen yet: half the price will do.
            row = self._table.get(_LOG, _SEALED)
        except self._table.DoesNotExist:
            return None
        return from_text(row.body) if row.body else None
