"""What the log makes of what a service attests: which differences are damage, and which only too young (R-AUD-4).

Only what is *settled* is judged: what happened before the log was known to hold everything. A chain that is still
growing is judged by its links, as they come (domain/chains.py), and by the next pass once it rests.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple, Self

from services.audit.domain.chains import PATIENCE, Chain
from services.audit.domain.log import Leaf
from services.audit.domain.postings import day_of, packed, unpacked
from shared.contracts.attestations import Ailing, Ailment, HeldEvent, HeldHead, HeldSegment, Holdings
from shared.contracts.event import Envelope
from shared.contracts.log_faults import Fault, LogFault
from shared.contracts.model import Contract, Day, Identifier, Instant, ShortText

_GRACE: Final = timedelta(days=1)

FAULTS: Final[Mapping[Ailment, Fault]] = {
    Ailment.UNREADABLE: Fault.HELD_UNREADABLE,
    Ailment.FOREIGN: Fault.HELD_FOREIGN,
    Ailment.PAYLOAD_CHANGED: Fault.HELD_PAYLOAD_CHANGED,
    Ailment.ERASED_UNTOLD: Fault.HELD_ERASED_UNTOLD,
    Ailment.MISPLACED: Fault.HELD_MISPLACED,
    Ailment.CHANGED: Fault.HELD_CHAIN_BROKEN,
    Ailment.MISSING: Fault.HELD_REMOVED,
    Ailment.REORDERED: Fault.HELD_REORDERED,
    Ailment.TRUNCATED: Fault.HELD_TRUNCATED,
    Ailment.BEHIND: Fault.HELD_HEAD_CHANGED,
    Ailment.HEADLESS: Fault.HELD_HEAD_REMOVED,
}
"""What a service's own finding is to audit."""


AHEAD: Final = timedelta(minutes=5)
"""How far a service's clock may be ahead of ours."""


class FutureTestimonyError(ValueError):
    """A service attests what it says it will do: it would stand above every later pass, and is not heard."""


class AttestedPass(Contract):
    """The last pass of a service that audit heard of, and whether it was judged.

    `size`: entries that the verifier has to have counted before; None until every segment was walked to its end.
    `borne_out`: when the last pass began that was judged; before there is one, the first that was heard of.
    """

    source: ShortText
    pass_id: Identifier
    begun: Instant
    segments: int
    borne_out: Instant
    size: int | None = None
    judged: bool = False


def heard(before: AttestedPass | None, segment: HeldSegment) -> AttestedPass:
    """The pass of a segment, as it is first heard of after the one before."""
    borne_out = segment.begun
    if before is not None:
        borne_out = before.begun if before.judged else before.borne_out
    return AttestedPass(
        source=segment.source,
        pass_id=segment.pass_id,
        begun=segment.begun,
        segments=segment.segments,
        borne_out=borne_out,
    )


def timely(instant: datetime, now: datetime) -> None:
    """Raises FutureTestimonyError for what was not yet when it was told."""
    if instant > now + AHEAD:
        raise FutureTestimonyError(f"told at {now:%Y-%m-%d %H:%M} of {instant:%Y-%m-%d %H:%M}")


class Told(Contract):
    """What one message told of: which step it is part of, how many events of each day, which entries of the log."""

    step: Identifier
    follows: Identifier | None
    part: int
    parts: int
    days: dict[Day, int]
    held: str

    @classmethod
    def by(cls, message: Holdings, indices: Iterable[int]) -> Self:
        """What a message told of, given the entries that its events are."""
        days = Counter(day_of(event.time) for event in message.events)
        held = packed(0, sorted(set(indices)))
        return cls(
            step=message.step, follows=message.follows, part=message.part, parts=message.parts, days=days, held=held
        )

    @property
    def indices(self) -> tuple[int, ...]:
        """The entries, ascending."""
        return unpacked(0, self.held) if self.held else ()


def counted(lasts: Iterable[str | None], told: Iterable[Told]) -> dict[date, int] | None:
    """How many events of each day a pass told of; None while something of it has not arrived.

    `lasts`: the last step of each segment. From there each step names the one before, so that all of them are found and
    none twice; what was told by a step that nobody followed (its run died, or another was quicker) counts for nothing.
    """
    steps: dict[str, dict[int, Told]] = defaultdict(dict)
    for each in told:
        steps[each.step][each.part] = each
    days: Counter[date] = Counter()
    for last in lasts:
        step = last
        while step is not None:
            parts = steps.pop(step, {})
            if 0 not in parts or len(parts) < parts[0].parts:
                return None
            for each in parts.values():
                days.update(each.days)
            step = parts[0].follows
    return dict(days)


def settled(through: datetime | None, now: datetime) -> datetime | None:
    """Before which instant everything that happened must be in the log; None where that is not measured yet.

    `through`: up to when the log is known to hold everything (R-AUD-6). While sealing stands still, nothing newer is
    called missing: that it stands still is an alarm of its own.
    """
    return None if through is None else min(through, now - PATIENCE)


def judge_event(held: HeldEvent, leaf: Leaf | None, before: datetime | None, now: datetime) -> Fault | None:
    """What is wrong with an event as the service holds it, given its leaf in the log, or with the docket beside it.

    One of a time still to come is judged as well: else a forger had only to date it there.
    """
    if leaf is not None:
        if leaf.hash != held.leaf:
            return Fault.HELD_CHANGED
        return Fault.DOCKET_CHANGED if held.docket not in {None, leaf.docket.hash()} else None
    due = before is not None and (held.time < before or held.time > now + PATIENCE)
    return Fault.HELD_NEVER_LOGGED if due else None


def judge_head(held: HeldHead, chain: Chain | None, read_at: datetime) -> Fault | None:
    """What is wrong with a head as the service held it at an instant, given its chain in the log.

    A chain that the log knows further is damage only where it had long ended when the head was read.
    """
    if chain is None or chain.time is None or chain.sequence < held.sequence:
        return None  # what the log has not is judged event by event
    if chain.sequence == held.sequence:
        return Fault.HELD_HEAD_CHANGED if chain.hash != held.hash else None
    return Fault.HELD_LESS if chain.time < read_at - PATIENCE else None


class Uneven(NamedTuple):
    """A day of which a service does not hold as many events as the log."""

    day: date
    held: int
    logged: int


def uneven_days(held: Mapping[date, int], logged: Mapping[date, int], before: datetime) -> Iterator[Uneven]:
    """The days of which a service and the log do not hold equally many events, days not settled left out."""
    for day in sorted({*held, *logged}):
        found = Uneven(day, held.get(day, 0), logged.get(day, 0))
        if found.held != found.logged and day < before.astimezone(UTC).date():
            yield found


def day_fault(source: str, uneven: Uneven) -> LogFault:
    """A finding about a day."""
    fault = Fault.HELD_FEWER_OF_A_DAY if uneven.held < uneven.logged else Fault.HELD_MORE_OF_A_DAY
    return LogFault(fault=fault, where=f"{_name(source)} {uneven.day} ({uneven.held} / {uneven.logged})")


def gone_fault(envelope: Envelope) -> LogFault:
    """A finding about an event that the log holds and its service does not."""
    where = f"{_name(envelope.source)} {envelope.subject} #{envelope.sequence}"
    return LogFault(fault=Fault.HELD_GONE, where=where, event_id=envelope.id, subject=envelope.subject)


def event_fault(source: str, held: HeldEvent, fault: Fault) -> LogFault:
    """A finding about one event."""
    where = f"{_name(source)} {held.subject} #{held.sequence}"
    return LogFault(fault=fault, where=where, event_id=held.event_id, subject=held.subject)


def head_fault(source: str, held: HeldHead, fault: Fault) -> LogFault:
    """A finding about an aggregate's head."""
    return LogFault(fault=fault, where=f"{_name(source)} {held.subject} #{held.sequence}", subject=held.subject)


def own_faults(source: str, ailing: Iterable[Ailing]) -> Iterator[LogFault]:
    """What the service found by itself."""
    for what, subject, sequence in ailing:
        where = f"{_name(source)} {subject} #{sequence}"
        yield LogFault(fault=FAULTS[what], where=where, subject=subject)


def overdue(passes: Iterable[AttestedPass], every: timedelta | None, now: datetime) -> int:
    """How many services had nothing judged for more than two of their turns: silence would hide what they do not hold.

    A pass that is heard of and never comes whole is silence as well. `every`: how often they attest, None for never
    unasked.
    """
    if every is None:
        return 0
    since = (last.begun if last.judged else last.borne_out for last in passes)
    return sum(each + 2 * every + _GRACE < now for each in since)


def _name(source: str) -> str:
    """A service's name, out of what its events give as their source."""
    return source.rpartition("/")[2]
