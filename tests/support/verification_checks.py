"""What the verifier's memory must do on every DynamoDB engine (R-AUD-4)."""

from datetime import timedelta

from services.audit.domain import SOURCE
from services.audit.domain.chains import PATIENCE, Chain, ChainKey, Gap, judge
from services.audit.domain.tallies import Tally, TallyKey
from services.audit.store.chains import ChainStore, TallyStore
from shared.aws.table import Row
from shared.contracts.event import GENESIS
from tests.support.audit_builders import NOW
from tests.support.table_checks import Check


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


CHECKS: tuple[Check, ...] = (chains, tallies)
