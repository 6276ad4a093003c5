"""What handover's logic needs of its cases, as a protocol; store/cases.py is the real thing."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from services.handover.domain.cases import CaseFile
from services.handover.domain.ledger import InboxGroup
from services.handover.domain.waits import Wait
from shared.contracts.change import Change, Context, Stored
from shared.contracts.event import Event, PastEvent
from shared.contracts.pushes import Push, Unrouted
from shared.contracts.receipts import SignedReceipt

Position = Mapping[str, Any]
"""Where a page starts, in the store's own words; callers only see it signed."""


class FirstAnswer(NamedTuple):
    """The answer to be given whenever the same stage comes again (R-HND-13)."""

    key: str
    answer: str


class Cases(Protocol):
    """Cases with their parts, chains and receipts."""

    def case(self, case_id: str) -> Stored[CaseFile] | None:
        """A case as one change left it, strongly consistent. Raises Unavailable while a change of it is on its way."""

    def case_by_number(self, bureau: str, case_number: str) -> Stored[CaseFile] | None:
        """The case a bureau knows by its own number, strongly consistent."""

    def first_answer(self, case_id: str, key: str) -> str | None:
        """What was answered when a stage was recorded, as JSON."""

    def remember(self, context: Context, answer: BaseModel) -> None:
        """Keep a first answer under the key it was asked for again with as well. Raises AlreadyDone for a known key."""

    def past(self, case_id: str) -> Sequence[PastEvent]:
        """The case's chain, in order, events whose payload was erased among them (R-AUD-2)."""

    def events(self, case_id: str) -> Sequence[Event]:
        """The case's chain, strongly consistent."""

    def receipts(self, case_id: str, push_id: str) -> Sequence[SignedReceipt]:
        """Every receipt given for a push, the earliest first, strongly consistent."""

    def save(
        self,
        change: Change[CaseFile],
        read: Stored[CaseFile] | None,
        *,
        receipts: Sequence[SignedReceipt] = (),
        first: FirstAnswer | None = None,
        waits: Sequence[Wait] = (),
    ) -> None:
        """Write a change of what was `read` with every row it touches in one transaction. Raises Outdated, AlreadyDone.

        Outdated also when what the waiting parts were judged by is not as it was read (R-HND-15).
        """

    def inbox(
        self, department: str, *, group: InboxGroup, limit: int, position: Position | None
    ) -> tuple[Sequence[Push], Position | None]:
        """One page of a department's pushes, newest first, and where the next page starts."""

    def unrouted(
        self, bureau: str, *, limit: int, position: Position | None
    ) -> tuple[Sequence[Unrouted], Position | None]:
        """One page of what waits for a bureau's coordinator, oldest first."""
