"""What services attest, kept until it is compared (R-AUD-4)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from services.audit.domain.attested import AttestedPass, Told
from shared.contracts.attestations import HeldSegment


class Attested(Protocol):
    """The last pass of every service, and what its messages told of; every read is strongly consistent."""

    def hear(self, segment: HeldSegment) -> None:
        """Keep that a segment was walked to its end, and that its pass is the last; unless a later one is."""

    def passes(self) -> Sequence[AttestedPass]:
        """The last pass of every service."""

    def walked(self, last: AttestedPass) -> Sequence[HeldSegment]:
        """Those segments of a pass of which it was heard that they were walked to their end."""

    def keep(self, source: str, pass_id: str, told: Told, until: datetime) -> None:
        """Keep what a message of a pass told of; forgotten after `until`. To do it again changes nothing."""

    def told(self, last: AttestedPass) -> Iterable[Told]:
        """What the messages of a pass told of, as far as they were compared."""

    def move(self, before: AttestedPass, after: AttestedPass) -> None:
        """Keep what became of a pass. Raises Outdated when it is not `before` any more, Unavailable."""
