"""Comparing what services attest with what the log holds: every event, every chain's end, every day's number (R-AUD-4).

An event or a head is compared when it comes; the counts of a pass when all of them have come, the log is known to hold
everything from before it, and the verifier has counted that far.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.audit.domain.attested import (
    AttestedPass,
    all_days,
    event_fault,
    head_fault,
    judge_days,
    judge_event,
    judge_head,
    overdue,
    own_faults,
    settled,
)
from services.audit.domain.chains import PATIENCE, ChainKey
from services.audit.domain.verified import VERIFIER
from services.audit.logic.faults import report
from services.audit.logic.health import sealed_through
from services.audit.logic.reading import published
from services.audit.ports.attested import Attested
from services.audit.ports.chains import Chains, Tallies
from services.audit.ports.faults import Faults
from services.audit.ports.log import Log
from services.audit.ports.positions import Positions
from shared.contracts.attestations import HeldCount, Holdings
from shared.contracts.change import Context, Outdated
from shared.contracts.log_faults import LogFault


@dataclass(frozen=True, slots=True)
class Scales:
    """Everything that what a service attests is weighed against."""

    log: Log
    positions: Positions
    chains: Chains
    tallies: Tallies
    faults: Faults
    attested: Attested


def compare(scales: Scales, held: Holdings, context: Context) -> int:
    """Compare some of what a service holds with the log; how many findings were new. To do it again finds the same."""
    return report(scales.faults, _differences(scales, held, context.now), context)


def hear(scales: Scales, count: HeldCount) -> None:
    """Keep what a segment counted, until its pass is judged."""
    scales.attested.hear(count)


def judge_passes(scales: Scales, context: Context) -> int:
    """Judge the counts of every pass whose time has come; how many findings were new."""
    before = settled(sealed_through(scales.positions), context.now)
    return sum(
        _judge(scales, last, before, context)
        for last in scales.attested.passes()
        if before is not None and not last.judged and last.begun <= before
    )


def overdue_services(scales: Scales, every: timedelta | None, now: datetime) -> int:
    """How many services are overdue with attesting what they hold."""
    return overdue(scales.attested.passes(), every, now)


def _judge(scales: Scales, last: AttestedPass, before: datetime, context: Context) -> int:
    counted = scales.attested.counted(last)
    if len(counted) < last.segments:
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
    logged = {tally.day: tally.count for tally in scales.tallies.all_of(last.source)}
    found = judge_days(last.source, all_days(counted), logged, last.begun - PATIENCE)
    new = report(scales.faults, found, context)
    with suppress(Outdated):
        scales.attested.move(last, last.model_copy(update={"judged": True}))
    return new


def _differences(scales: Scales, held: Holdings, now: datetime) -> Iterator[LogFault]:
    yield from own_faults(held.source, held.ailing)
    before = settled(sealed_through(scales.positions), now)
    leaves = scales.log.ledger.leaves([each.event_id for each in held.events])
    for event in held.events:
        if fault := judge_event(event, leaves.get(event.event_id), before, now):
            yield event_fault(held.source, event, fault)
    chains = scales.chains.of([ChainKey(held.source, each.subject) for each in held.heads])
    for head in held.heads:
        if fault := judge_head(head, chains.get(ChainKey(held.source, head.subject)), held.at):
            yield head_fault(held.source, head, fault)
