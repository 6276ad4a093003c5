"""What the ledger needs of its lists and counts; store/ledger.py and store/counts.py are the real thing (R-HND-16)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from services.handover.domain.ledger import List
from services.handover.ports.cases import Position
from shared.contracts.model import Contract
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import PushState


class Place(Contract):
    """Where in a list to go on: its month, if it is cut at months, and the entry that was looked at last in it."""

    month: str = ""
    before: str = ""


class Pointer(NamedTuple):
    """An entry of a list: the id of a case or a push, and where it stands."""

    identifier: str
    place: Place


class Lists(Protocol):
    """Lists of cases and pushes, newest first, strongly consistent."""

    def pointers(
        self, which: List, since: datetime, until: datetime, *, place: Place | None, limit: int
    ) -> tuple[Sequence[Pointer], Place | None]:
        """Some entries of a time, the newest first, and where to go on; None at the end."""


class Counts(Protocol):
    """How many pushes each department has in each state, and how many it must decide on."""

    def counts(self, department: str) -> Mapping[PushState, int]:
        """A department's counts; states of which it has none are left out."""

    def decisions_owed(self, sender: str) -> int:
        """How many pushes a sender must decide on, strongly consistent."""


class Decisions(Protocol):
    """Which pushes their senders must decide on."""

    def owed(self, sender: str, *, limit: int, position: Position | None) -> tuple[Sequence[Push], Position | None]:
        """A page of the pushes that a sender must decide on, those that have waited longest first."""
