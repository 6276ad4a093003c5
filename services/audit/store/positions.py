"""How far each follower of the log has come: row `position` / its name; `version` the size, `body` its memory."""

from typing import Final

from pynamodb.exceptions import PutError

from services.audit.ports.positions import Position
from shared.aws.failures import condition_failed
from shared.aws.table import Row
from shared.contracts.change import Outdated
from shared.kernel.errors import Unavailable

_POSITION: Final = "position"


class PositionStore:
    """One row per follower, moved by compare-and-swap."""

    def __init__(self, table: type[Row]) -> None:
        self._table = table

    def read(self, follower: str) -> Position:
        """Where a follower is."""
        row = self._table.find(_POSITION, follower)
        return Position(int(row.version or 0), row.body or "{}") if row else Position()

    def move(self, follower: str, before: Position, after: Position) -> None:
        """Move it from where it was read."""
        row = self._table(pk=_POSITION, sk=follower, version=after.size, body=after.state)
        unmoved = (self._table.version == before.size) & (self._table.body == before.state)
        try:
            row.save(condition=unmoved if before != Position() else self._table.pk.does_not_exist())
        except PutError as error:
            if condition_failed(error):
                raise Outdated from None
            raise Unavailable from error
