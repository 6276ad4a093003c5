"""What the verifier remembers of every chain and every service (R-AUD-4)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from services.audit.domain.chains import Chain, ChainKey
from services.audit.domain.tallies import Tally, TallyKey


class Chains(Protocol):
    """The chains as far as the verifier has read the log; every read is strongly consistent."""

    def of(self, keys: Collection[ChainKey]) -> Mapping[ChainKey, Chain]:
        """Those of the chains that the log has any event of."""

    def about(self, subject: str) -> Collection[Chain]:
        """Every chain of an aggregate, whichever services keep one of that name."""

    def keep(self, chains: Collection[Chain]) -> None:
        """Keep chains; one known further, by `through`, stays. Raises Unavailable when some could not be kept."""

    def keep_judged(self, chain: Chain) -> bool:
        """Keep a chain whose gaps were judged, unless it moved meanwhile; whether it was kept."""

    def due(self, now: datetime) -> Iterable[ChainKey]:
        """The chains with a gap to be judged, as an index shows it: it may be a moment old."""


class Tallies(Protocol):
    """How many events of each service the log holds, by the day (UTC) they happened."""

    def of(self, keys: Collection[TallyKey]) -> Mapping[TallyKey, Tally]:
        """Those of the counts that there are."""

    def all_of(self, source: str) -> Iterable[Tally]:
        """Every count of one service, by day."""

    def keep(self, tallies: Collection[Tally]) -> None:
        """Keep counts; one that has more entries, by `through`, stays. Raises Unavailable as `Chains.keep`."""
