"""The law of findings: in any order, with any crash, a push ends with the findings it deserves (R-OVS-2)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.oversight import logic, store
from services.oversight.domain import severity_at
from services.oversight.events import SERVICE, on_push
from services.oversight.store import OversightStore
from shared.aws import journal
from shared.aws.consumer import system_principal, take
from shared.aws.table import Row
from shared.aws.transactions import Write, transact
from shared.contracts.chain import verify
from shared.contracts.change import Context
from shared.contracts.event import Event
from shared.contracts.oversight import Finding
from shared.kernel.errors import Unavailable
from tests.support.aws import service_in_moto
from tests.support.oversight_builders import as_claimed, as_delivered, as_overdue, as_viewed
from tests.support.push_builders import NOON, a_push

DUE = NOON + timedelta(days=1)
LOOK = "look"


class Crash:
    """Lets the process die in place of a transaction, or right after it, as a drawn plan says."""

    def __init__(self) -> None:
        self.plan: list[str] = []

    def transact(self, client: Any, writes: Sequence[Write]) -> None:
        step = self.plan.pop() if self.plan else "go"
        if step == "before":
            raise Unavailable
        transact(client, writes)
        if step == "after":
            raise Unavailable


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Crash:
    made = Crash()
    for module in (journal, store):
        monkeypatch.setattr(module, "transact", made.transact)
    return made


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "oversight") as made:
        yield made


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_push_ends_with_the_findings_it_deserves(
    table: type[Row], crash: Crash, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    _empty(table)
    findings = OversightStore(table)
    monkeypatch.setattr("services.oversight.wiring.store", lambda: findings)
    push = a_push(claim_due_at=DUE)
    claimed_after = data.draw(st.none() | st.integers(-20, 200), label="hours from limit to claim")
    told = [as_delivered(push), as_viewed(push, NOON)]
    if claimed_after is None or claimed_after > 0:
        told.append(as_overdue(push))
    if claimed_after is not None:
        told.append(as_claimed(push, DUE + timedelta(hours=claimed_after)))

    # Anything may come in any order, several times, with looks in between; time only goes on.
    acts: st.SearchStrategy[Event | str] = st.sampled_from([*told, LOOK])
    happens = data.draw(st.lists(acts, max_size=8), label="happens")
    hours = sorted(data.draw(st.lists(st.integers(-23, 200), min_size=len(happens), max_size=len(happens))))
    crash.plan = data.draw(st.lists(st.sampled_from(["go", "before", "after"]), max_size=6), label="crashes")
    for what, hour in zip(happens, hours, strict=True):
        _happen(findings, what, DUE + timedelta(hours=hour))

    # At least once: whatever was not heard yet is heard in the end, and the clock looks again.
    end = DUE + timedelta(hours=200)
    for event in told:
        _happen(findings, event, end)
    crash.plan = []
    _happen(findings, LOOK, end)

    found, _ = findings.page(push.department, None, limit=50, before=None)
    assert len(found) <= 1
    if claimed_after is None:
        (finding,) = found
        assert finding.state == "open"
        assert finding.severity is severity_at(push, end)
    else:
        assert [finding.state for finding in found] in ([], ["closed"])
        assert list(findings.due(end + timedelta(days=99))) == []
    for finding in found:
        _is_one_chain(findings, finding)


def _empty(table: type[Row]) -> None:
    with table.batch_write() as batch:
        for row in list(table.scan()):
            batch.delete(row)


def _happen(findings: OversightStore, what: Event | str, now: datetime) -> None:
    if isinstance(what, Event):
        _redelivered(lambda: take(what, {what.type: on_push}, SERVICE, lambda: now))
    else:
        looks = Context(system_principal(SERVICE), now, "job")
        logic.examine(findings, lambda: looks)


def _redelivered(act: Callable[[], None]) -> None:
    while True:
        try:
            act()
        except Unavailable:
            continue
        return


def _is_one_chain(findings: OversightStore, finding: Finding) -> None:
    """Every change is told once: opened, louder, closed (R-AUD-2)."""
    stored = findings.finding(finding.finding_id)
    assert stored is not None
    assert stored.state == finding
    events = list(findings.journal.events(finding.finding_id))
    assert verify(events, stored.head) == []
    types = [event.type for event in events]
    assert types[0] == "finding.opened.v1"
    assert types.count("finding.opened.v1") == 1
    assert types.count("finding.closed.v1") == (finding.state == "closed")
    assert types.count("finding.escalated.v1") <= 2
