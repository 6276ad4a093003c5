"""Comparing what services attest with what the log holds: every event, every chain's end, every day's number (R-AUD-4).

An event or a head is compared when it comes, and counted here: what a service counted could be forged where its table
can. The numbers of a pass are judged when all its messages have come, the log is known to hold everything from before
it, and the verifier has counted that far.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from services.audit.domain.attested import (
    AttestedPass,
    Told,
    Uneven,
    counted,
    day_fault,
    event_fault,
    gone_fault,
    head_fault,
    judge_event,
    judge_head,
    overdue,
    own_faults,
    settled,
    timely,
    uneven_days,
)
from services.audit.domain.chains import PATIENCE, ChainKey
from services.audit.domain.postings import Dimension, PostingList
from services.audit.domain.verified import VERIFIER
from services.audit.logic.faults import report
from services.audit.logic.health import sealed_through
from services.audit.logic.reading import entries, published
from services.audit.ports.attested import Attested
from services.audit.ports.chains import Chains, Tallies
from services.audit.ports.faults import Faults
from services.audit.ports.log import Log
from services.audit.ports.positions import Positions
from services.audit.ports.postings import Postings
from shared.contracts.attestations import HeldSegment, Holdings
from shared.contracts.change import Context, Outdated
from shared.contracts.event import Envelope
from shared.contracts.log_faults import LogFault
from shared.kernel.tiles import TILE_WIDTH

MOST_NAMED: Final = 100
"""Events of one day that are named one by one when they are gone; of more, the day and their number."""

_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Scales:
    """Everything that what a service attests is weighed against."""

    log: Log
    positions: Positions
    chains: Chains
    tallies: Tallies
    faults: Faults
    attested: Attested
    postings: Postings


def compare(scales: Scales, held: Holdings, context: Context) -> int:
    """Compare some of what a service holds with the log; how many findings were new. To do it again finds the same.

    Raises FutureTestimonyError.
    """
    timely(held.at, context.now)
    return report(scales.faults, _differences(scales, held, context.now), context)


def hear(scales: Scales, segment: HeldSegment, now: datetime) -> None:
    """Keep that a segment was walked to its end, until its pass is judged. Raises FutureTestimonyError."""
    timely(segment.begun, now)
    scales.attested.hear(segment)


def judge_passes(scales: Scales, context: Context) -> int:
    """Judge the numbers of every pass whose time has come; how many findings were new."""
    before = settled(sealed_through(scales.positions), context.now)
    return sum(
        _judge(scales, last, before, context)
        for last in scales.attested.passes()
        if before is not None and not last.judged and last.begun <= before
    )


def overdue_services(scales: Scales, every: timedelta | None, now: datetime) -> int:
    """How many services are overdue with attesting what they hold, or with telling of all of it."""
    return overdue(scales.attested.passes(), every, now)


def _judge(scales: Scales, last: AttestedPass, before: datetime, context: Context) -> int:
    walked = scales.attested.walked(last)
    if len(walked) < last.segments:
        return 0
    if last.size is None:
        # Everything from before the pass is in the log by now, so in as many entries.
        known = last.model_copy(update={"size": published(scales.log).size})
        with suppress(Outdated):
            scales.attested.move(last, known)
            return _judge(scales, known, before, context)
        return 0
    if scales.positions.read(VERIFIER).size < last.size:
        return 0
    held = counted([each.last for each in walked], scales.attested.told(last))
    if held is None:
        return 0
    logged = {tally.day: tally.count for tally in scales.tallies.all_of(last.source)}
    new = 0
    for uneven in uneven_days(held, logged, last.begun - PATIENCE):
        found = [day_fault(last.source, uneven), *_gone(scales, last, uneven)]
        new += report(scales.faults, found, context)
    with suppress(Outdated):
        scales.attested.move(last, last.model_copy(update={"judged": True}))
    return new


def _gone(scales: Scales, last: AttestedPass, uneven: Uneven) -> list[LogFault]:
    """The very events that the log holds of a day and the service does not, where it is certain which they are.

    It is where just as many are left as are missing: else a message is still on its way, or some were added as well.
    """
    missing = uneven.logged - uneven.held
    if not 0 < missing <= MOST_NAMED:
        return []
    seen = {index for told in scales.attested.told(last) for index in told.indices}
    size = published(scales.log).size
    day = scales.postings.rising(PostingList(Dimension.ALL, "", uneven.day))
    left = sorted({index for block in day for index in block.indices if index not in seen and index < size})
    found: list[LogFault] = []
    for _, together in groupby(left, key=lambda index: index // TILE_WIDTH):
        indices = list(together)
        wanted = set(indices)
        for index, data in entries(scales.log, indices[0], indices[-1] + 1, size):
            envelope = Envelope.model_validate_json(data) if index in wanted else None
            if envelope and envelope.source == last.source:
                found.append(gone_fault(envelope))
    return found if len(found) == missing else []


def _differences(scales: Scales, held: Holdings, now: datetime) -> Iterator[LogFault]:
    yield from own_faults(held.source, held.ailing)
    before = settled(sealed_through(scales.positions), now)
    leaves = scales.log.ledger.leaves([each.event_id for each in held.events])
    told = Told.by(held, (leaf.index for leaf in leaves.values()))
    scales.attested.keep(held.source, held.pass_id, told, held.at + _KEPT)
    for event in held.events:
        if fault := judge_event(event, leaves.get(event.event_id), before, now):
            yield event_fault(held.source, event, fault)
    chains = scales.chains.of([ChainKey(held.source, each.subject) for each in held.heads])
    for head in held.heads:
        if fault := judge_head(head, chains.get(ChainKey(held.source, head.subject)), held.at):
            yield head_fault(held.source, head, fault)
