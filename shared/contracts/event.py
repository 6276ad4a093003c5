"""Events: CloudEvents 1.0, with a public envelope that the Merkle log holds and a payload that it does not.

The envelope commits to the payload by `commitment` = SHA-256(nonce ‖ RFC 8785 payload) and to the whole past of its
aggregate by `previous`, so a payload that law requires erased can go and chain and log still verify (R-AUD-2, R-AUD-3).
"""

import json
from collections.abc import Iterable
from datetime import datetime
from secrets import token_bytes
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import ConfigDict

from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText
from shared.kernel.canonical import canonical_json, commitment, sha256_hex
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal

GENESIS = "0" * 64
"""The `previous` of an aggregate's first event."""

NONCE_BYTES = 16


class Body(Contract):
    """What happened, as one versioned model; `TYPE` is the event type on the wire, ending in its version."""

    TYPE: ClassVar[str]


B = TypeVar("B", bound=Body)


class Actor(Contract):
    """Who did it: the client and the department it acted for; `system` clients are our own scheduled jobs."""

    client_id: ShortText
    department: Identifier | None = None

    @classmethod
    def of(cls, principal: Principal) -> "Actor":
        """The actor a principal is."""
        return cls(client_id=principal.client_id, department=principal.department)


class Payload(Contract):
    """The confidential half of an event: the actor, the request it came from, the body."""

    actor: Actor
    correlation_id: ShortText
    body: dict[str, Any]


class Envelope(Contract):
    """The public half: what a Merkle leaf is. It names no person and no content (R-AUD-3, privacy)."""

    specversion: Literal["1.0"] = "1.0"
    id: Identifier
    type: ShortText
    source: ShortText
    subject: Identifier
    time: Instant
    department: Identifier | None
    sequence: int
    previous: Sha256
    commitment: Sha256

    def canonical(self) -> bytes:
        """The leaf's bytes: RFC 8785 of the envelope."""
        return canonical_json(self.model_dump(mode="json", include=ENVELOPE_FIELDS))

    def envelope(self) -> "Envelope":
        """The public half alone."""
        return Envelope.model_validate(self.model_dump(include=ENVELOPE_FIELDS))

    def hash(self) -> str:
        """SHA-256 of the leaf's bytes; the next event of the aggregate names it as `previous`."""
        return sha256_hex(self.canonical())


ENVELOPE_FIELDS = set(Envelope.model_fields)


class Event(Envelope):
    """A whole event as it travels between services: envelope, nonce and payload (`data` in CloudEvents)."""

    # A consumer must live through attributes a later producer adds; CloudEvents allows unknown extensions.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    datacontenttype: Literal["application/json"] = "application/json"
    nonce: str
    data: Payload

    def is_committed(self) -> bool:
        """Whether nonce and payload are the ones the envelope commits to; damage of any kind is a plain no."""
        payload = self.data.model_dump(mode="json")
        try:
            return commitment(bytes.fromhex(self.nonce), payload) == self.commitment
        except ValueError:
            return False


class Erasure(Contract):
    """That an event's payload was erased (删除), when, on which legal ground, and which event told of it.

    That event lies under `record`, an id of its own; without it, or without its being in the log, the erasure is
    damage (R-AUD-4).
    """

    at: Instant
    ground: ShortText
    event_id: Identifier
    record: Identifier


class ErasedEvent(Envelope):
    """What is kept of an event whose payload law required erased: the envelope, so that chain and log still verify."""

    erased: Erasure


PastEvent = Event | ErasedEvent

_ERASED_KEY = '"erased"'


def read_past(text: str) -> PastEvent:
    """An event as it is stored. Raises pydantic.ValidationError, a ValueError, for a text that is neither kind."""
    # To parse twice costs as much as all the rest, so it is done only where the word occurs.
    if _ERASED_KEY in text and "erased" in json.loads(text):
        return ErasedEvent.model_validate_json(text)
    return Event.model_validate_json(text)


def whole(past: Iterable[PastEvent]) -> list[Event]:
    """The events with their payloads, for who needs them all. Raises Refused("payload_erased") where one is erased."""
    events: list[Event] = []
    for each in past:
        if isinstance(each, ErasedEvent):
            raise Refused("payload_erased", id=each.id)
        events.append(each)
    return events


CASE = "case_"


def case_of(event: Event) -> str | None:
    """The case an event is about, whichever service told of it: its subject, or the `case_id` its body names."""
    if event.subject.startswith(CASE):
        return event.subject
    body = event.data.body
    named = [body, *(part for part in body.values() if isinstance(part, dict))]
    return next((part["case_id"] for part in named if isinstance(part.get("case_id"), str)), None)


def body_of(event: Event, model: type[B]) -> B:
    """An event's body as its model. Raises pydantic.ValidationError when it does not fit."""
    return model.model_validate(event.data.body)


def make_event(
    body: Body,
    *,
    source: str,
    subject: str,
    sequence: int,
    previous: str,
    actor: Actor,
    correlation_id: str,
    time: datetime,
) -> Event:
    """Build one event: draws id and nonce, computes the commitment."""
    payload = Payload(actor=actor, correlation_id=correlation_id, body=body.model_dump(mode="json"))
    nonce = token_bytes(NONCE_BYTES)
    return Event(
        id=new_id("evt"),
        type=body.TYPE,
        source=source,
        subject=subject,
        time=time,
        department=actor.department,
        sequence=sequence,
        previous=previous,
        commitment=commitment(nonce, payload.model_dump(mode="json")),
        nonce=nonce.hex(),
        data=payload,
    )
