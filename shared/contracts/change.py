"""A business change before it is written: what was read, what it becomes, the events that say so, the answer owed.

Logic makes a `Change`; a store writes it as ONE transaction (see shared.aws.journal). Everything here is pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from shared.contracts.chain import ChainHead, append
from shared.contracts.event import Actor, Body, Event
from shared.kernel.permissions import Principal

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Once:
    """What makes an act happen once: a client's idempotency key, or the id of the event being consumed.

    `fingerprint` is the hash of what was asked, so that a key used again for something else is told apart.
    """

    key: str
    fingerprint: str
    kept_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """Who acts, when by our clock, on whose request, and what makes the act happen once."""

    principal: Principal
    now: datetime
    correlation_id: str
    once: Once | None = None

    @property
    def actor(self) -> Actor:
        """The actor written into events."""
        return Actor.of(self.principal)

    @property
    def event(self) -> Once:
        """The event being consumed. Raises ValueError where there is none: what others tell is kept once per event."""
        if self.once is None:
            raise ValueError("what others tell is kept once per event, and this context names none")
        return self.once


@dataclass(frozen=True, slots=True)
class Stored(Generic[S]):
    """An aggregate as read, with strong consistency: its state and where its chain stands.

    `parts`: of one kept in several rows, at which sequence each row beside its head was last written.
    """

    state: S
    head: ChainHead
    parts: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Change(Generic[S]):
    """One change of one aggregate: from `before` to `state`, told by `events`, answered with `response`."""

    aggregate: str
    before: ChainHead
    after: ChainHead
    state: S
    events: tuple[Event, ...]
    context: Context
    response: BaseModel | None = field(default=None)


def change(
    source: str,
    aggregate: str,
    before: ChainHead,
    state: S,
    bodies: Sequence[Body],
    context: Context,
    response: BaseModel | None = None,
) -> Change[S]:
    """Chain `bodies` onto `before` and bundle everything one transaction must write."""
    events, after = append(
        before,
        bodies,
        source=source,
        subject=aggregate,
        actor=context.actor,
        correlation_id=context.correlation_id,
        now=context.now,
    )
    return Change(aggregate, before, after, state, events, context, response)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer first given to an idempotency key."""

    fingerprint: str
    response: str


class Outdated(Exception):
    """The aggregate changed between reading and writing; nothing was written: read again and decide again."""


class AlreadyDone(Exception):
    """The `Once` of this change was used before; nothing was written and nothing is owed but the first answer."""


class Taken(Exception):
    """A unique row that the change wanted exists already; `label` says which. Nothing was written."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class Desk(Protocol):
    """What the HTTP layer needs of a service's journal: first answers, and a place to note accesses (R-AUD-1)."""

    def answer(self, key: str) -> Answer | None:
        """The answer first given to an idempotency key, or None."""

    def note(self, body: Body, context: Context) -> None:
        """Record an event that belongs to no aggregate: a refusal, a read."""

    def note_once(self, body: Body, context: Context, once: Once) -> bool:
        """The same for what may come in floods: nothing when `once` was used before; whether it was recorded now."""
