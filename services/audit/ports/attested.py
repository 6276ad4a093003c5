"""What services attest, kept until it is compared (R-AUD-4)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.audit.domain.attested import AttestedPass
from shared.contracts.attestations import HeldCount


class Attested(Protocol):
    """The last pass of every service, and what its segments counted; every read is strongly consistent."""

    def hear(self, count: HeldCount) -> None:
        """Keep a segment's counts, and that its pass is under way; counts of an older pass change nothing else."""

    def passes(self) -> Sequence[AttestedPass]:
        """The last pass of every service."""

    def counted(self, last: AttestedPass) -> Sequence[Mapping[date, int]]:
        """The counts of those segments of a pass that have arrived."""

    def see(self, source: str, pass_id: str, indices: Sequence[int], until: datetime) -> None:
        """Keep which entries of the log, ascending, a pass was found to hold; forgotten after `until`."""

    def seen(self, last: AttestedPass) -> Iterable[int]:
        """Which entries of the log a pass was found to hold, as far as its messages were compared."""

    def move(self, before: AttestedPass, after: AttestedPass) -> None:
        """Keep what became of a pass. Raises Outdated when it is not `before` any more, Unavailable."""
