"""The hash chain of one aggregate: how events are appended, and how a damaged chain is told (R-AUD-2, R-AUD-4).

An aggregate's head remembers the last event's sequence, hash and time. Time never runs backwards inside a chain: when
two servers' clocks disagree, the later event takes the earlier one's instant, so "who was answerable at this instant"
has one answer (R-HND-7).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.contracts.event import GENESIS, Actor, Body, Envelope, Event, make_event
from shared.contracts.model import Contract, Instant, Sha256


class ChainHead(Contract):
    """Where a chain stands: 0 events and GENESIS for an aggregate that does not exist yet."""

    sequence: int = 0
    hash: Sha256 = GENESIS
    time: Instant | None = None

    def not_before(self, now: datetime) -> datetime:
        """The instant of whatever comes next: our clock's, but never before the last event's (R-HND-7)."""
        return max(now, self.time) if self.time else now


def append(
    head: ChainHead,
    bodies: Sequence[Body],
    *,
    source: str,
    subject: str,
    actor: Actor,
    correlation_id: str,
    now: datetime,
) -> tuple[tuple[Event, ...], ChainHead]:
    """The events that record `bodies` after `head`, and the head after them."""
    events: list[Event] = []
    for body in bodies:
        time = head.not_before(now)
        event = make_event(
            body,
            source=source,
            subject=subject,
            sequence=head.sequence + 1,
            previous=head.hash,
            actor=actor,
            correlation_id=correlation_id,
            time=time,
        )
        events.append(event)
        head = ChainHead(sequence=event.sequence, hash=event.hash(), time=time)
    return tuple(events), head


class ChainFault(StrEnum):
    """What can be wrong with a chain; each is a different finding (R-AUD-4)."""

    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    PAYLOAD_CHANGED = "payload_changed"


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """One fault and the sequence number it was seen at."""

    fault: ChainFault
    sequence: int


def verify(events: Iterable[Envelope], head: ChainHead | None = None) -> list[ChainFinding]:
    """Every fault of a chain given in stored order; with `head`, also whether its end is missing."""
    findings: list[ChainFinding] = []
    previous, sequence = GENESIS, 0
    for event in events:
        if event.sequence != sequence + 1:
            fault = ChainFault.MISSING if event.sequence > sequence else ChainFault.REORDERED
            findings.append(ChainFinding(fault, event.sequence))
        elif event.previous != previous:
            findings.append(ChainFinding(ChainFault.CHANGED, sequence))
        if isinstance(event, Event) and not event.is_committed():
            findings.append(ChainFinding(ChainFault.PAYLOAD_CHANGED, event.sequence))
        previous, sequence = _hash(event), event.sequence
    if head is not None and sequence < head.sequence:
        findings.append(ChainFinding(ChainFault.TRUNCATED, sequence))
    elif head is not None and previous != head.hash:
        findings.append(ChainFinding(ChainFault.CHANGED, sequence))
    return findings


def _hash(event: Envelope) -> str:
    try:
        return event.hash()
    except ValueError:
        return ""  # damaged beyond canonical JSON, so that nothing can name it as its previous
