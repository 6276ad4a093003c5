"""What a service tells audit that it holds (存证申报), to be compared with the log (R-AUD-4, ADR 23).

A service walks through its whole table once in a while: a *pass*, in segments, in steps. It tells of each event and
each head it finds, of what does not fit by itself, and at a segment's end that this was all. It counts nothing: whoever
can change its table could change its counts, so audit counts what it was told of. None of it is confidential: ids,
positions and hashes, as in the envelopes themselves.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText

HELD: Final = "held"
HELD_SEGMENT: Final = "held_segment"


class HeldEvent(NamedTuple):
    """An event as the service holds it; on the wire an array, since there are many."""

    event_id: Identifier
    subject: Identifier
    sequence: int
    leaf: Sha256
    """The hash of the leaf that its envelope is (RFC 6962): what the log's index holds."""
    docket: Sha256 | None
    """The hash of what the log keeps beside the leaf; None where the payload that says it was erased."""
    time: Instant


class HeldHead(NamedTuple):
    """An aggregate's head as the service holds it: how many events, the last one's hash and time."""

    subject: Identifier
    sequence: int
    hash: Sha256
    time: Instant | None


class Ailment(StrEnum):
    """What a service can see by itself to be wrong in its own table."""

    UNREADABLE = "unreadable"
    """A row is no event, or no head."""
    FOREIGN = "foreign"
    """An event names another service."""
    PAYLOAD_CHANGED = "payload_changed"
    """Nonce and payload are not those that the envelope commits to."""
    ERASED_UNTOLD = "erased_untold"
    """The payload is gone, and no event here tells of its lawful erasure."""
    MISPLACED = "misplaced"
    """An event lies under another aggregate or number than its own."""
    CHANGED = "changed"
    """The next event, or the head, names another hash."""
    MISSING = "missing"
    """A number is left out."""
    REORDERED = "reordered"
    """A number comes where it does not belong."""
    TRUNCATED = "truncated"
    """The last events are missing: the head counts more."""
    BEHIND = "behind"
    """There are events that the head does not count."""
    HEADLESS = "headless"
    """There are events and no head."""


class Ailing(NamedTuple):
    """Something wrong in a service's own table: what, of which aggregate, at which event (0: the head)."""

    what: Ailment
    subject: ShortText
    sequence: int


class Holdings(Contract):
    """Some of what a service holds, as read at `at`.

    What one step found is told in `parts` messages. `follows` is the step before it in the segment that told of
    anything, None for the first: so audit sees that nothing between is still on its way.
    """

    kind: Literal["held"] = HELD
    source: ShortText
    pass_id: Identifier
    at: Instant
    step: Identifier
    follows: Identifier | None = None
    part: Annotated[int, Field(ge=0)] = 0
    parts: Annotated[int, Field(ge=1)] = 1
    events: tuple[HeldEvent, ...] = ()
    heads: tuple[HeldHead, ...] = ()
    ailing: tuple[Ailing, ...] = ()


class HeldSegment(Contract):
    """One segment of a pass was walked to its end; `last` is its last step that told of anything.

    The pass began at `begun`.
    """

    kind: Literal["held_segment"] = HELD_SEGMENT
    source: ShortText
    pass_id: Identifier
    begun: Instant
    segment: Annotated[int, Field(ge=0)]
    segments: Annotated[int, Field(ge=1, le=1_000)]
    last: Identifier | None = None
