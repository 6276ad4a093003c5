"""The hash chain of each aggregate as the log knows it: how far, to which hash, what is missing (R-AUD-2, R-AUD-4).

Leaves of one chain may arrive out of order: a relay sends what a stream gives it, a sweeper sends what was left. What
is skipped becomes a *gap*, which remembers the hashes at both its edges, so that an event that comes late is still
checked against both neighbours. Entries are taken in the order of the log, each once: `through` says below which index.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared.contracts import log_links
from shared.contracts.event import GENESIS, Envelope
from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText

PATIENCE = log_links.PATIENCE

MOST_GAPS = 200
"""Gaps kept of one chain. More of them open at once is damage; the oldest are then reported and forgotten."""


class ChainKey(NamedTuple):
    """Which chain: the service that keeps it, and the aggregate."""

    source: str
    subject: str


@dataclass(frozen=True, slots=True)
class Link:
    """What one leaf says of its chain."""

    index: int
    event_id: str
    sequence: int
    previous: str
    hash: str
    time: datetime


class Gap(Contract):
    """Sequences `first` to `last` are not in the log, though later ones are; `since` the later one was looked at."""

    first: int
    last: int
    before: Sha256
    """The hash of the event before the gap, which the first missing one must name."""
    after: Sha256
    """The hash that the event after the gap names: that of the last missing one."""
    since: Instant
    judged: bool = False


class Chain(Contract):
    """A chain as far as the log holds it: its highest sequence, that event's hash and time, and what is missing below.

    Entries with an index below `through` are in it.
    """

    source: ShortText
    subject: Identifier
    sequence: int = 0
    hash: Sha256 = GENESIS
    time: Instant | None = None
    through: int = 0
    gaps: tuple[Gap, ...] = ()

    @property
    def key(self) -> ChainKey:
        """Which chain it is."""
        return ChainKey(self.source, self.subject)

    @property
    def due_at(self) -> datetime | None:
        """When the oldest gap not yet judged is to be judged."""
        waiting = [gap.since for gap in self.gaps if not gap.judged]
        return min(waiting) + PATIENCE if waiting else None

    @property
    def length(self) -> int:
        """How many of its events are in the log."""
        return self.sequence - sum(gap.last - gap.first + 1 for gap in self.gaps)

    def holds(self, sequence: int) -> bool:
        """Whether the event of that sequence is in the log."""
        missing = any(gap.first <= sequence <= gap.last for gap in self.gaps)
        return 1 <= sequence <= self.sequence and not missing


class Misfit(NamedTuple):
    """A leaf that does not fit its chain."""

    link: Link
    forked: bool
    """Its sequence is taken by another leaf; else it does not join onto its neighbours' hashes."""
    repeated: bool = False
    """That other leaf is the same event."""


class Absorbed(NamedTuple):
    """A chain after some leaves, those that did not fit, and gaps that there was no room for."""

    chain: Chain
    misfits: tuple[Misfit, ...]
    dropped: tuple[Gap, ...]


class Judged(NamedTuple):
    """A chain whose overdue gaps are judged, and these gaps."""

    chain: Chain
    gaps: tuple[Gap, ...]


def link_of(index: int, envelope: Envelope, envelope_hash: str) -> Link:
    """What a leaf says of its chain."""
    return Link(index, envelope.id, envelope.sequence, envelope.previous, envelope_hash, envelope.time)


def absorb(chain: Chain, links: Iterable[Link], now: datetime) -> Absorbed:
    """The chain with further leaves, in the log's order. Leaves that are in it already are passed over."""
    misfits: list[Misfit] = []
    for link in links:
        if link.index < chain.through:
            continue
        chain, found = _joined(chain, link, now)
        misfits += found
    dropped = chain.gaps[:-MOST_GAPS]
    return Absorbed(chain.model_copy(update={"gaps": chain.gaps[-MOST_GAPS:]}), tuple(misfits), dropped)


def judge(chain: Chain, now: datetime) -> Judged:
    """The gaps that were there for longer than PATIENCE: their events were never logged."""
    due = tuple(gap for gap in chain.gaps if not gap.judged and gap.since + PATIENCE <= now)
    gaps = tuple(gap.model_copy(update={"judged": True}) if gap in due else gap for gap in chain.gaps)
    return Judged(chain.model_copy(update={"gaps": gaps}), due)


def _joined(chain: Chain, link: Link, now: datetime) -> tuple[Chain, list[Misfit]]:
    through = link.index + 1
    if link.sequence > chain.sequence:
        return _appended(chain, link, now)
    gap = next((gap for gap in chain.gaps if gap.first <= link.sequence <= gap.last), None)
    if gap is None:
        repeated = (link.sequence, link.hash) == (chain.sequence, chain.hash)
        return chain.model_copy(update={"through": through}), [Misfit(link, forked=True, repeated=repeated)]
    fits = link.sequence > gap.first or link.previous == gap.before
    fits &= link.sequence < gap.last or link.hash == gap.after
    gaps = tuple(part for each in chain.gaps for part in (_split(each, link) if each is gap else (each,)))
    return chain.model_copy(update={"through": through, "gaps": gaps}), [] if fits else [Misfit(link, forked=False)]


def _appended(chain: Chain, link: Link, now: datetime) -> tuple[Chain, list[Misfit]]:
    follows = link.sequence == chain.sequence + 1
    gaps = chain.gaps
    if not follows:
        skipped = (chain.sequence + 1, link.sequence - 1)
        gaps += (Gap(first=skipped[0], last=skipped[1], before=chain.hash, after=link.previous, since=now),)
    after = {"sequence": link.sequence, "hash": link.hash, "time": link.time, "through": link.index + 1, "gaps": gaps}
    broken = follows and link.previous != chain.hash
    return chain.model_copy(update=after), [Misfit(link, forked=False)] if broken else []


def _split(gap: Gap, link: Link) -> Iterator[Gap]:
    """What of a gap is still missing once one of its events has come."""
    if gap.first < link.sequence:
        yield gap.model_copy(update={"last": link.sequence - 1, "after": link.previous})
    if link.sequence < gap.last:
        yield gap.model_copy(update={"first": link.sequence + 1, "before": link.hash})
