"""What a row of a service's table is worth as evidence: every hash computed anew, every link looked at (R-AUD-4).

Rows are looked at in the order a walk meets them, which is the order of an aggregate's events but is no promise, and
while others write. So what one row says for certain is told at once; what only a neighbour could contradict makes its
aggregate *doubtful*, to be read again by itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.aws.journal import EVENT, HEAD, event_key
from shared.contracts.attestations import Ailing, Ailment, HeldEvent, HeldHead
from shared.contracts.chain import ChainFault, ChainHead, verify
from shared.contracts.dockets import docket_of
from shared.contracts.erasures import PayloadErased
from shared.contracts.event import GENESIS, ErasedEvent, Event, PastEvent, body_of, read_past
from shared.contracts.model import Contract
from shared.kernel.canonical import sha256_hex
from shared.kernel.ids import ID_PATTERN, is_id
from shared.kernel.merkle import leaf_hash

ALONE: Final = "acc"
"""The kind of id under which events lie that belong to no aggregate (see Journal.note): they have no head."""

_SUBJECT = re.compile(ID_PATTERN)
_ROW_ITSELF: Final = frozenset({ChainFault.PAYLOAD_CHANGED})
"""What a row says by itself, and is told already."""

_AILMENTS: Final = {
    ChainFault.CHANGED: Ailment.CHANGED,
    ChainFault.MISSING: Ailment.MISSING,
    ChainFault.REORDERED: Ailment.REORDERED,
    ChainFault.TRUNCATED: Ailment.TRUNCATED,
}


class Found(NamedTuple):
    """A row of the table: its keys, `body` of an event or `chain` of a head."""

    pk: str
    sk: str
    text: str


class _Read(NamedTuple):
    event: PastEvent
    data: bytes
    """The leaf's bytes: made once, since to make them is most of the work."""


class Open(Contract):
    """The aggregate a walk is in the middle of: what was seen of it so far."""

    subject: str = ""
    sequence: int = 0
    hash: str = GENESIS
    headed: bool = False
    doubtful: bool = False
    """Something does not fit, or not yet: it is to be read again by itself."""
    judged: bool = False
    """A row of it is damaged for certain: whatever else does not fit follows from that."""


@dataclass
class Looked:
    """What rows hold; `doubtful` aggregates are to be read again, `erased` events told of by another."""

    events: list[HeldEvent] = field(default_factory=list)
    heads: list[HeldHead] = field(default_factory=list)
    ailing: list[Ailing] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    erased: list[ErasedEvent] = field(default_factory=list)


def look(source: str, rows: Iterable[Found], open_: Open, looked: Looked) -> Open:
    """Look at the next rows of a walk; what is open after them."""
    for row in rows:
        if not _SUBJECT.match(row.pk):
            continue
        if row.pk != open_.subject:
            close(open_, looked)
            open_ = Open(subject=row.pk)
        open_ = _head(row, open_, looked) if row.sk == HEAD else _event(source, row, open_, looked)
    return open_


def close(open_: Open, looked: Looked) -> None:
    """An aggregate ends: it is doubtful where its head was not seen to count what was seen."""
    if not open_.subject or open_.judged:
        return
    alone = is_id(open_.subject, ALONE) and open_.sequence == 1
    if open_.doubtful or not (open_.headed or alone):
        looked.doubtful.append(open_.subject)


def judge(subject: str, rows: Iterable[Found], head: str | None) -> list[Ailing]:
    """What ails an aggregate whose events and head belong together: all links, and both ends."""
    ailing: list[Ailing] = []
    events = [each.event for row in rows if (each := _read(row)) is not None]
    stands = _head_of(head) if head is not None else None
    faults = [each for each in verify(events, stands) if each.fault not in _ROW_ITSELF]
    if stands and events and events[-1].sequence > stands.sequence:
        # Seen from the head, the hash it names is another one; what it is, is a head that was set back.
        faults = [each for each in faults if each.sequence != events[-1].sequence]
        ailing.append(Ailing(Ailment.BEHIND, subject, stands.sequence))
    ailing += [Ailing(_AILMENTS[each.fault], subject, each.sequence) for each in faults]
    if events and head is None and not is_id(subject, ALONE):
        ailing.append(Ailing(Ailment.HEADLESS, subject, 0))
    return ailing


def account_for(erased: ErasedEvent, telling: str) -> list[Ailing]:
    """What is wrong with an erasure, given the row of the event that is to tell of it."""
    try:
        told = read_past(telling)
        body = body_of(told, PayloadErased) if isinstance(told, Event) and told.is_committed() else None
    except ValueError:
        body = None
    else:
        body = body if (told.id, told.type) == (erased.erased.event_id, PayloadErased.TYPE) else None
    named = body and (body.event_id, body.subject, body.sequence)
    if named == (erased.id, erased.subject, erased.sequence):
        return []
    return [Ailing(Ailment.ERASED_UNTOLD, erased.subject, erased.sequence)]


def _event(source: str, row: Found, open_: Open, looked: Looked) -> Open:
    read = _read(row)
    if read is None:
        looked.ailing.append(Ailing(Ailment.UNREADABLE, row.pk, _number(row.sk)))
        return open_.model_copy(update={"judged": True})
    event = read.event
    looked.events.append(_held(read))
    wrong = _wrong(source, row, event)
    looked.ailing += [Ailing(each, row.pk, _number(row.sk)) for each in wrong]
    if isinstance(event, ErasedEvent):
        looked.erased.append(event)
    follows = event.sequence == open_.sequence + 1 and event.previous == open_.hash
    return open_.model_copy(
        update={
            "sequence": event.sequence,
            "hash": sha256_hex(read.data),
            "doubtful": open_.doubtful or open_.headed or not follows,
            "judged": open_.judged or Ailment.MISPLACED in wrong,
        }
    )


def _head(row: Found, open_: Open, looked: Looked) -> Open:
    head = _head_of(row.text)
    if head is None:
        looked.ailing.append(Ailing(Ailment.UNREADABLE, row.pk, 0))
        return open_.model_copy(update={"judged": True, "headed": True})
    looked.heads.append(HeldHead(row.pk, head.sequence, head.hash, head.time))
    fits = (head.sequence, head.hash) == (open_.sequence, open_.hash)
    return open_.model_copy(update={"headed": True, "doubtful": open_.doubtful or not fits})


def _wrong(source: str, row: Found, event: PastEvent) -> list[Ailment]:
    """What one row says of itself."""
    tests = (
        (Ailment.FOREIGN, event.source != source),
        (Ailment.PAYLOAD_CHANGED, isinstance(event, Event) and not event.is_committed()),
        (Ailment.MISPLACED, (row.pk, row.sk) != (event.subject, event_key(event.sequence))),
    )
    return [ailment for ailment, is_so in tests if is_so]


def _held(read: _Read) -> HeldEvent:
    event = read.event
    docket = docket_of(event).hash() if isinstance(event, Event) else None
    return HeldEvent(event.id, event.subject, event.sequence, leaf_hash(read.data).hex(), docket, event.time)


def _read(row: Found) -> _Read | None:
    try:
        event = read_past(row.text)
        return _Read(event, event.canonical())
    except ValueError:
        return None


def _head_of(text: str) -> ChainHead | None:
    try:
        return ChainHead.model_validate_json(text)
    except ValueError:
        return None


def _number(sort_key: str) -> int:
    digits = sort_key.removeprefix(EVENT)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= len(event_key(0)) else 0
