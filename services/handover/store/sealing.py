"""How far the audit log is sealed, as audit last said.

| pk | sk | what |
|---|---|---|
| `log` | `sealed` | `body` the instant up to which every event is published, `version` the same in milliseconds |
"""

import time
from datetime import datetime, timedelta
from typing import Final

from shared.aws.table import Row
from shared.aws.transactions import ConditionFailed, client_of, put_newer, transact
from shared.kernel.clock import from_text, to_text

_LOG: Final = "log"
_SEALED: Final = "sealed"
_KEPT_SECONDS: Final = 5.0
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = from_text("1970-01-01T00:00:00Z")


class SealedLogStore:
    """One row on handover's table; read at most every few seconds by a process, since it changes once a minute."""

    def __init__(self, table: type[Row]) -> None:
        self._table = table
        self._read_at: float | None = None
        self._through: datetime | None = None

    def through(self) -> datetime | None:
        """The newest instant heard of. One that is a few seconds old errs on the side of closing."""
        if self._read_at is None or time.monotonic() - self._read_at > _KEPT_SECONDS:
            self._through = self._find()
            self._read_at = time.monotonic()
        return self._through

    def keep(self, through: datetime) -> None:
        """Keep an instant unless a later one is known."""
        row = self._table(pk=_LOG, sk=_SEALED, version=(through - _EPOCH) // _MILLISECOND, body=to_text(through))
        try:
            transact(client_of(self._table), [put_newer("sealed", row)])
        except ConditionFailed:
            return

    def _find(self) -> datetime | None:
        try:
            # What another process wrote a second ago need not be seen yet: half the price will do.
            row = self._table.get(_LOG, _SEALED)
        except self._table.DoesNotExist:
            return None
        return from_text(row.body) if row.body else None
