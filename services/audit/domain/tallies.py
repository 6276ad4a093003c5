"""How many events of each service the log holds, by day: what the service's own count must be (R-AUD-4)."""

from collections.abc import Iterable
from datetime import UTC, date
from typing import NamedTuple

from shared.contracts.event import Envelope
from shared.contracts.model import Contract, Day, ShortText


class TallyKey(NamedTuple):
    """A service and a day (UTC)."""

    source: str
    day: date


class Tally(Contract):
    """The events of one service on one day, among the log's entries with an index below `through`."""

    source: ShortText
    day: Day
    count: int = 0
    through: int = 0

    @property
    def key(self) -> TallyKey:
        """Whose count it is."""
        return TallyKey(self.source, self.day)

    def with_entries(self, indexes: Iterable[int]) -> "Tally":
        """The count with further entries, given in order; those that it has already are passed over."""
        fresh = [index for index in indexes if index >= self.through]
        if not fresh:
            return self
        return self.model_copy(update={"count": self.count + len(fresh), "through": fresh[-1] + 1})


def tally_key(envelope: Envelope) -> TallyKey:
    """Where an event is counted."""
    return TallyKey(envelope.source, envelope.time.astimezone(UTC).date())
