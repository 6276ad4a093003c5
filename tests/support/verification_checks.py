"""What the verifier's memory must do on every DynamoDB engine (R-AUD-4)."""

from datetime import timedelta

import pytest

from services.audit.domain import SOURCE
from services.audit.domain.chains import PATIENCE, Chain, ChainKey, Gap, judge
from services.audit.domain.tallies import Tally, TallyKey
from services.audit.domain.verifications import FullVerification, Progress, RangeResult, new_verification
from services.audit.logic.faults import report
from services.audit.store.chains import ChainStore, TallyStore
from services.audit.store.faults import FaultStore
from services.audit.store.verifications import LANE, VerificationStore
from shared.aws.journal import Journal
from shared.aws.listing import read_due
from shared.aws.table import Row
from shared.contracts.chain import ChainHead
from shared.contracts.change import Outdated, change
from shared.contracts.event import GENESIS
from shared.contracts.log_checks import ranges
from shared.contracts.log_faults import Fault, LogFault, LogFaultFound
from shared.contracts.verifications import LogVerificationRequested
from shared.kernel.notes import Checkpoint
from tests.support.audit_builders import NOW
from tests.support.aws import unsent_events
from tests.support.table_checks import Check
from tests.support.verification_builders import context_at


def chains(table: type[Row]) -> None:
    """A chain moves forward in the log only; one with a gap is due, and judged where it stands (R-AUD-4)."""
    found = ChainStore(table, at_once=1)
    key = ChainKey(SOURCE, "case_0000000001")
    empty = Chain(source=key.source, subject=key.subject)
    assert found.of([]) == found.of([key]) == {}
    gap = Gap(first=1, last=2, before=GENESIS, after=GENESIS, since=NOW)
    early, late = (empty.model_copy(update={"sequence": n, "through": n, "gaps": (gap,)}) for n in (3, 5))
    found.keep([late])
    found.keep([early, late])
    assert found.of([key, ChainKey("/shenguan/credit", key.subject)]) == {key: late}
    assert list(found.due(NOW + PATIENCE)) == [key]
    assert list(found.due(NOW)) == []
    assert not found.keep_judged(judge(early, NOW + PATIENCE).chain)
    assert found.keep_judged(judge(late, NOW + PATIENCE).chain)
    assert list(found.due(NOW + PATIENCE)) == []
    many = [Chain(source=SOURCE, subject=f"case_{n:010d}", sequence=1, through=1) for n in range(130)]
    found.keep(many)
    assert len(found.of([chain.key for chain in many])) == 130


def tallies(table: type[Row]) -> None:
    """Counts move forward only, and are read by service."""
    found = TallyStore(table, at_once=1)
    days = [NOW.date() + timedelta(days=n) for n in range(3)]
    given = [Tally(source=SOURCE, day=day).with_entries(range(n + 1)) for n, day in enumerate(days)]
    found.keep(given)
    found.keep([Tally(source=SOURCE, day=days[2], count=1, through=1)])
    found.keep([Tally(source="/shenguan/credit", day=days[0], count=1, through=1)])
    assert list(found.all_of(SOURCE)) == given
    assert found.of([given[1].key, TallyKey(SOURCE, days[2] + timedelta(days=9))]) == {given[1].key: given[1]}


def faults(table: type[Row]) -> None:
    """A finding is kept and told once, however often it is made; the list has the newest first."""
    journal = Journal(table, SOURCE)
    found = FaultStore(journal)
    given = [LogFault(fault=Fault.TILE_REMOVED, where=f"tile/0/{number:03d}") for number in range(5)]
    assert report(found, given[:3], context_at(NOW)) == 3
    assert report(found, given, context_at(NOW + timedelta(minutes=1))) == 2
    assert len([event for event in unsent_events(table) if event.type == LogFaultFound.TYPE]) == 5
    first, position = found.page(2, None)
    rest, end = found.page(9, position)
    assert {fault.fault for fault in first} == set(given[3:])
    assert {fault.fault for fault in rest} == set(given[:3])
    assert end is None


def verifications(table: type[Row]) -> None:
    """A range is kept and counted once; a verification is closed by one of many."""
    store = VerificationStore(Journal(table, SOURCE))
    wanted = new_verification("cli_auditor_0001", NOW, Checkpoint("log", 70_000, bytes(32)))
    identifier = wanted.verification_id
    assert store.verification(identifier) is None
    begun = change(SOURCE, identifier, ChainHead(), wanted, (_requested(wanted),), context_at(NOW))
    store.save(begun, NOW)
    with pytest.raises(Outdated):
        store.save(begun, NOW)
    stored = store.verification(identifier)
    assert stored is not None
    assert (stored.state, wanted.ranges) == (wanted, 2)
    assert [row.pk for row in read_due(table, NOW, lane=LANE)] == [identifier]
    assert store.progress(identifier) == Progress()
    results = [RangeResult(start=start, end=end, versions=(), left=(), findings=3) for start, end in ranges(0, 70_000)]
    for result in (results[1], results[1], results[0]):
        store.keep(identifier, result)
    assert [store.is_done(identifier, start) for start in (0, 65_536, 131_072)] == [True, True, False]
    assert list(store.results(identifier)) == results
    assert store.progress(identifier) == Progress(2, 70_000, 6)
    store.save(change(SOURCE, identifier, stored.head, wanted, (_requested(wanted),), context_at(NOW)), None)
    assert list(read_due(table, NOW, lane=LANE)) == []


def _requested(wanted: FullVerification) -> LogVerificationRequested:
    return LogVerificationRequested(verification_id=wanted.verification_id, size=wanted.size)


CHECKS: tuple[Check, ...] = (chains, tallies, faults, verifications)
