"""From the events and the clock to findings: opened once, closed with the cause, whatever happens at the same time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from services.oversight import logic
from services.oversight.events import HANDLERS, SERVICE, consume_events
from services.oversight.store import OversightStore
from shared.aws.consumer import system_principal, take
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.contracts.event import Event
from shared.contracts.oversight import Finding, Severity
from shared.contracts.pushes import Push
from tests.support.aws import sqs_batch, unsent_events
from tests.support.oversight_builders import as_claimed, as_delivered, as_overdue, as_viewed
from tests.support.push_builders import MARKET, NOON, a_push

DUE = NOON + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def hear(*events: Event, now: datetime = NOON) -> None:
    for event in events:
        take(event, HANDLERS, SERVICE, lambda: now)


def look(store: OversightStore, now: datetime) -> int:
    return logic.examine(store, lambda: Context(system_principal(SERVICE), now, "job"))


def listed(store: OversightStore, state: str | None = None) -> tuple[Finding, ...]:
    return store.page(MARKET, state, limit=50, before=None)[0]  # type: ignore[arg-type]


@pytest.fixture
def push() -> Push:
    return a_push(claim_due_at=DUE)


def test_a_push_nobody_claims_becomes_one_finding(store: OversightStore, table: type[Row], push: Push) -> None:
    """R-OVS-1, R-OVS-2."""
    hear(as_delivered(push))
    assert look(store, DUE - MINUTE) == 0
    assert look(store, DUE) == 1
    assert [look(store, DUE + n * MINUTE) for n in range(5)] == [0] * 5
    (finding,) = listed(store, "open")
    assert (finding.cause, finding.department, finding.severity) == (push.push_id, MARKET, Severity.REMINDER)
    assert (finding.due_at, finding.opened_at) == (DUE, DUE)
    assert [event.type for event in unsent_events(table)] == ["finding.opened.v1"]


def test_a_finding_grows_louder_and_keeps_one_chain(store: OversightStore, table: type[Row], push: Push) -> None:
    """R-OVS-2: reminder, yellow, red."""
    hear(as_delivered(push))
    for days in range(8):
        look(store, DUE + timedelta(days=days))
    (finding,) = listed(store)
    assert (finding.severity, finding.state) == (Severity.RED, "open")
    events = unsent_events(table)
    assert [event.type for event in events] == ["finding.opened.v1", *["finding.escalated.v1"] * 2]
    assert [event.sequence for event in events] == [1, 2, 3]


def test_a_claim_closes_the_finding(store: OversightStore, table: type[Row], push: Push) -> None:
    """R-OVS-2: it closes itself when the cause goes."""
    hear(as_delivered(push), as_viewed(push, NOON + MINUTE))
    look(store, DUE)
    hear(as_overdue(push), as_claimed(push, DUE + 5 * MINUTE), now=DUE + 6 * MINUTE)
    assert listed(store, "open") == ()
    (finding,) = listed(store, "closed")
    assert finding.closed_at == DUE + 6 * MINUTE
    assert [event.type for event in unsent_events(table)] == ["finding.opened.v1", "finding.closed.v1"]
    assert look(store, DUE + timedelta(days=9)) == 0


def test_a_claim_in_time_leaves_nothing_to_find(store: OversightStore, push: Push) -> None:
    hear(as_delivered(push), as_claimed(push, NOON + MINUTE))
    assert look(store, DUE) == 0
    assert listed(store) == ()


def test_a_claim_heard_before_the_delivery_leaves_nothing_to_find(store: OversightStore, push: Push) -> None:
    """Events come in any order; the snapshot with the highest sequence wins."""
    hear(as_claimed(push, NOON + MINUTE), as_delivered(push), as_viewed(push, NOON + MINUTE))
    assert look(store, DUE) == 0
    assert listed(store) == ()


def test_news_of_a_push_does_not_silence_its_finding(store: OversightStore, push: Push) -> None:
    hear(as_delivered(push))
    look(store, DUE)
    hear(as_viewed(push, DUE + MINUTE), as_overdue(push))
    assert [finding.state for finding in listed(store)] == ["open"]
    assert look(store, DUE + 2 * MINUTE) == 0


def test_the_same_claim_again_closes_nothing_again(store: OversightStore, table: type[Row], push: Push) -> None:
    hear(as_delivered(push))
    look(store, DUE)
    claim = as_claimed(push, DUE + MINUTE)
    hear(claim, claim, claim)
    assert [event.type for event in unsent_events(table)].count("finding.closed.v1") == 1
    assert len(listed(store)) == 1


def _meanwhile(monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[[], object]) -> None:
    """Let `act` happen between the next reading and its writing."""
    original, acts = getattr(OversightStore, method), [act]

    def overtaken(self: OversightStore, *args: object) -> None:
        if acts:
            acts.pop()()
        original(self, *args)

    monkeypatch.setattr(OversightStore, method, overtaken)


def test_of_two_runs_at_once_one_opens_the_finding(
    store: OversightStore, table: type[Row], push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(as_delivered(push))
    _meanwhile(monkeypatch, "save", lambda: look(store, DUE))
    assert look(store, DUE) == 0
    assert len(listed(store)) == 1
    assert [event.type for event in unsent_events(table)] == ["finding.opened.v1"]


def test_a_claim_that_comes_while_the_finding_is_being_opened_leaves_none_open(
    store: OversightStore, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(as_delivered(push))
    _meanwhile(monkeypatch, "save", lambda: hear(as_claimed(push, DUE), now=DUE))
    assert look(store, DUE) == 0
    assert listed(store) == ()


def test_a_finding_opened_while_a_claim_is_being_heard_is_closed_by_it(
    store: OversightStore, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim was decided on a watch without a finding; the guard makes it decide again."""
    hear(as_delivered(push))
    _meanwhile(monkeypatch, "keep", lambda: look(store, DUE))
    hear(as_claimed(push, DUE), now=DUE + MINUTE)
    assert [finding.state for finding in listed(store)] == ["closed"]


@pytest.mark.parametrize("claim_first", [True, False])
def test_of_two_first_events_of_a_push_at_once_the_newer_is_kept(
    store: OversightStore, push: Push, monkeypatch: pytest.MonkeyPatch, claim_first: bool
) -> None:
    both = [as_claimed(push, NOON + MINUTE), as_delivered(push)]
    first, second = both if claim_first else reversed(both)
    _meanwhile(monkeypatch, "keep", lambda: hear(first))
    hear(second)
    watch = store.watch(push.push_id)
    assert watch is not None
    assert watch.sequence == 5


def test_one_push_that_cannot_be_examined_does_not_hold_up_the_others(
    store: OversightStore, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [a_push(claim_due_at=DUE) for _ in range(3)]
    hear(*(as_delivered(each) for each in (push, *others)))
    read = OversightStore.watch

    def broken(self: OversightStore, push_id: str) -> object:
        if push_id == push.push_id:
            raise ValueError(push_id)
        return read(self, push_id)

    monkeypatch.setattr(OversightStore, "watch", broken)
    assert look(store, DUE) == 3


def test_a_run_stops_before_its_function_would_be_killed(store: OversightStore) -> None:
    hear(*(as_delivered(a_push(claim_due_at=DUE)) for _ in range(3)))
    instants = iter([DUE, DUE + timedelta(seconds=1), DUE + logic.RUN])
    assert logic.examine(store, lambda: Context(system_principal(SERVICE), next(instants), "job")) == 1


def test_a_poison_message_fails_alone(store: OversightStore, push: Push) -> None:
    answer = consume_events(sqs_batch(as_delivered(push), "{not json"), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert look(store, DUE) == 1
