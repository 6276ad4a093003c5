"""What notification's logic needs of the outside, as protocols; store.py is the real thing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from services.notification.domain import Outcome, Waiting
from shared.contracts.change import Change, Once, Stored
from shared.contracts.departments import Department
from shared.contracts.notification import Delivery

State = Literal["abandoned"]


class Deliveries(Protocol):
    """The queue of messages, their chains of attempts, and what we keep of the registry."""

    def department(self, department_id: str) -> Department | None:
        """A department as we last heard of it, strongly consistent."""

    def keep_department(self, department: Department, once: Once) -> None:
        """Keep a department unless a newer version is known. Raises AlreadyDone."""

    def queue(self, deliveries: Sequence[Delivery], once: Once) -> None:
        """Put the deliveries of one event into the queue, due at once. Raises AlreadyDone."""

    def due(self, now: datetime) -> Iterable[Waiting]:
        """What is due, as an index shows it: it may be a moment old, which `lease` finds out."""

    def lease(self, waiting: Waiting, until: datetime) -> Waiting | None:
        """Take a delivery for oneself until an instant; None when somebody else has it or it is done."""

    def spread(self, leased: Waiting, deliveries: Sequence[Delivery]) -> Waiting | None:
        """Turn a delivery without an address into one per liaison; None when the lease was lost."""

    def attempts(self, delivery_id: str) -> Stored[Delivery] | None:
        """A delivery and the chain of its attempts, strongly consistent; None before the first attempt."""

    def save(self, change: Change[Delivery]) -> None:
        """Write an attempt with the next due time in one transaction. Raises Outdated."""

    def page(
        self, department: str, state: State | None, *, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[tuple[Delivery, ...], Mapping[str, Any] | None]:
        """One page of a department's deliveries, newest first, and where the next page starts."""


class Channel(Protocol):
    """The way to a phone."""

    def send(self, phone: str, text: str) -> Outcome:
        """Hand one message for a number in E.164 to the carrier, with one request. Never raises for its refusal."""
