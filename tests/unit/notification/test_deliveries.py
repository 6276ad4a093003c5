"""From the event to the phone: one SMS per liaison, at once, and never none (R-NTF-1, R-NTF-3, Y 4)."""

from datetime import datetime, timedelta

import pytest

from services.notification import logic
from services.notification.domain import BACKOFF_MINUTES, LEASE
from services.notification.events import HANDLERS, SERVICE, consume_events
from services.notification.store import NotificationStore
from shared.aws.consumer import system_principal, take
from shared.aws.table import Row
from shared.contracts.change import Context
from shared.contracts.departments import Department, DepartmentChanged
from shared.contracts.event import Event, body_of
from shared.contracts.notification import Delivery, DeliveryAttempted
from shared.contracts.pushes import Push, PushDelivered
from shared.kernel.errors import Unavailable
from tests.support.aws import sqs_batch, unsent_events
from tests.support.push_builders import HEALTH, MARKET, NOON, a_department, a_liaison, a_push, told
from tests.unit.notification.conftest import Carrier

A = a_liaison("甲", "13900000001")
B = a_liaison("乙", "13900000002")


def hear(event: Event, now: datetime = NOON) -> None:
    take(event, HANDLERS, SERVICE, lambda: now)


def changed(department: Department) -> Event:
    return told(DepartmentChanged(department=department), subject=department.department_id)


def delivered(push: Push) -> Event:
    return told(PushDelivered(push=push), subject=push.case_id)


def run(store: NotificationStore, carrier: Carrier, now: datetime) -> int:
    return logic.deliver(store, carrier, lambda: Context(system_principal(SERVICE), now, "job"))


def listed(store: NotificationStore) -> tuple[Delivery, ...]:
    return store.page(MARKET, None, limit=50, position=None)[0]


def test_each_active_liaison_gets_one_sms_within_the_handling_of_the_event(
    store: NotificationStore, carrier: Carrier
) -> None:
    """R-NTF-1, Y 4: at once, not at the next minute."""
    hear(changed(a_department(A, B, a_liaison("丙", "13900000003", active=False))))
    hear(delivered(a_push()))
    assert carrier.phones == ["+8613900000001", "+8613900000002"]
    assert {each.state for each in listed(store)} == {"sent"}


def test_every_attempt_is_an_event_that_shows_no_whole_number(table: type[Row]) -> None:
    """R-NTF-3; the full phone is only in the department's row."""
    hear(changed(a_department(A)))
    hear(delivered(a_push()))
    (event,) = unsent_events(table)
    assert event.type == "delivery.attempted.v1"
    assert event.data.correlation_id == "correlation-1"
    delivery = body_of(event, DeliveryAttempted).delivery
    assert (delivery.attempts, delivery.last_result) == (1, "message-1")
    holding = {row.sk for row in table.scan() if "13900000001" in (row.body or "")}
    assert holding == {"known"}


def test_the_same_event_again_sends_nothing_again(store: NotificationStore, carrier: Carrier) -> None:
    hear(changed(a_department(A)))
    event = delivered(a_push())
    for _ in range(3):
        hear(event)
    assert run(store, carrier, NOON + timedelta(hours=1)) == 0
    assert len(carrier.taken) == 1


def test_a_refused_sms_is_tried_again_as_the_table_says_until_it_is_taken(
    store: NotificationStore, carrier: Carrier, table: type[Row]
) -> None:
    """R-NTF-3."""
    carrier.refuses = "Throttled"
    hear(changed(a_department(A)))
    hear(delivered(a_push()))
    now = NOON
    for minutes in BACKOFF_MINUTES[:3]:
        assert run(store, carrier, now + timedelta(minutes=minutes, seconds=-1)) == 0
        now += timedelta(minutes=minutes)
        assert run(store, carrier, now) == 1
    carrier.refuses = ""
    assert run(store, carrier, now + timedelta(minutes=BACKOFF_MINUTES[3])) == 1
    assert len(carrier.taken) == 1
    (delivery,) = listed(store)
    assert (delivery.state, delivery.attempts) == ("sent", 5)
    assert [event.sequence for event in unsent_events(table)] == [1, 2, 3, 4, 5]


def test_after_three_days_of_failures_a_person_finds_the_message_in_the_queue(
    store: NotificationStore, carrier: Carrier
) -> None:
    """R-NTF-3: then a human queue; never silently given up."""
    carrier.refuses = "OptedOut"
    hear(changed(a_department(A)))
    hear(delivered(a_push()))
    now = NOON
    for minutes in BACKOFF_MINUTES:
        assert store.page(MARKET, "abandoned", limit=9, position=None)[0] == ()
        now += timedelta(minutes=minutes)
        run(store, carrier, now)
    (left,) = store.page(MARKET, "abandoned", limit=9, position=None)[0]
    assert (left.state, left.last_result) == ("abandoned", "OptedOut")
    assert run(store, carrier, now + timedelta(days=9)) == 0


def test_a_push_heard_before_its_department_is_delivered_when_the_department_is_heard(
    store: NotificationStore, carrier: Carrier
) -> None:
    """Events come in any order; nothing is lost (R-HND-15)."""
    hear(delivered(a_push()))
    assert [(each.liaison, each.last_result) for each in listed(store)] == [(None, "address_unknown")]
    hear(changed(a_department(A, B)))
    later = NOON + timedelta(minutes=1)
    run(store, carrier, later)
    run(store, carrier, later)
    assert sorted(carrier.phones) == ["+8613900000001", "+8613900000002"]
    assert {(each.liaison, each.state) for each in listed(store)} == {("甲", "sent"), ("乙", "sent")}


@pytest.mark.usefixtures("table")
def test_an_older_version_of_a_department_does_not_bring_back_an_old_liaison(carrier: Carrier) -> None:
    """R-ORG-2: changes are versioned."""
    hear(changed(a_department(B, version=2)))
    hear(changed(a_department(A, version=1)))
    hear(delivered(a_push()))
    assert carrier.phones == ["+8613900000002"]


def test_a_crash_after_queueing_sends_at_the_next_run(
    store: NotificationStore, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(changed(a_department(A)))
    event = delivered(a_push())
    with monkeypatch.context() as crash:
        crash.setattr(logic, "attempt", _crash)
        with pytest.raises(Unavailable):
            hear(event)
    hear(event)
    assert carrier.taken == []
    assert run(store, carrier, NOON) == 1
    assert len(carrier.taken) == 1


def test_a_crash_before_sending_sends_once_when_the_lease_has_run_out(
    store: NotificationStore, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(changed(a_department(A)))
    with monkeypatch.context() as crash:
        crash.setattr(carrier, "send", _crash)
        with pytest.raises(Unavailable):
            hear(delivered(a_push()))
    assert run(store, carrier, NOON + LEASE - timedelta(seconds=1)) == 0
    assert run(store, carrier, NOON + LEASE) == 1
    assert len(carrier.taken) == 1


def test_a_crash_between_sending_and_recording_may_send_twice_but_never_leaves_it_unrecorded(
    store: NotificationStore, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice is the price of never none: the carrier takes no part in our transaction."""
    hear(changed(a_department(A)))
    with monkeypatch.context() as crash:
        crash.setattr(NotificationStore, "save", _crash)
        with pytest.raises(Unavailable):
            hear(delivered(a_push()))
    run(store, carrier, NOON + LEASE)
    assert len(carrier.taken) == 2
    assert [each.state for each in listed(store)] == ["sent"]


def test_two_runs_at_once_send_one_sms(store: NotificationStore, carrier: Carrier) -> None:
    hear(changed(a_department(A)))
    carrier.refuses = "Throttled"
    hear(delivered(a_push()))
    carrier.refuses = ""
    later = NOON + timedelta(minutes=1)
    seen_by_both = [list(store.due(later)), list(store.due(later))]
    context = Context(system_principal(SERVICE), later, "job")
    tried = [logic.attempt(store, carrier, context, waiting) for (waiting,) in seen_by_both]
    assert tried == [True, False]
    assert len(carrier.taken) == 1


def test_while_one_run_is_sending_another_leaves_the_delivery_alone(
    store: NotificationStore, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(changed(a_department(A)))
    carrier.refuses = "Throttled"
    hear(delivered(a_push()))
    carrier.refuses = ""
    later = NOON + timedelta(minutes=1)
    stale = list(store.due(later))
    tried_meanwhile: list[int] = []
    send = Carrier.send

    def slow(self: Carrier, phone: str, text: str) -> object:
        context = Context(system_principal(SERVICE), later, "job")
        tried_meanwhile.extend(logic.attempt(store, carrier, context, waiting) for waiting in stale)
        tried_meanwhile.append(run(store, carrier, later))
        return send(self, phone, text)

    monkeypatch.setattr(Carrier, "send", slow)
    assert run(store, carrier, later) == 1
    assert tried_meanwhile == [False, 0]
    assert len(carrier.taken) == 1


def test_an_attempt_that_outlived_its_lease_is_recorded_behind_the_other_one(
    store: NotificationStore, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-NTF-3: every attempt is recorded, in the order of the chain."""
    hear(changed(a_department(A)))
    save, runs = NotificationStore.save, [NOON + LEASE]

    def overtaken(self: NotificationStore, change: object) -> None:
        if runs:
            run(store, carrier, runs.pop())
        save(self, change)  # type: ignore[arg-type]

    monkeypatch.setattr(NotificationStore, "save", overtaken)
    hear(delivered(a_push()))
    (delivery,) = listed(store)
    assert (delivery.state, delivery.attempts, len(carrier.taken)) == ("sent", 2, 2)


def test_a_run_stops_before_its_function_would_be_killed(store: NotificationStore, carrier: Carrier) -> None:
    hear(changed(a_department(A, B)))
    carrier.refuses = "Throttled"
    hear(delivered(a_push()))
    carrier.refuses = ""
    instants = iter([NOON + timedelta(minutes=5, seconds=seconds) for seconds in (0, 1, 16)])
    assert logic.deliver(store, carrier, lambda: Context(system_principal(SERVICE), next(instants), "job")) == 1


def test_a_department_or_a_message_nobody_can_read_holds_up_no_other(
    store: NotificationStore, carrier: Carrier, table: type[Row]
) -> None:
    """R-NTF-3: one damaged department, one damaged message; the message of a sound one goes out all the same."""
    carrier.refuses = "Throttled"
    hear(changed(a_department(A)))
    hear(changed(a_department(B, department_id=HEALTH)))
    for number in range(8):
        hear(delivered(a_push(push_id=f"push_01{number:024d}_001", department=MARKET if number < 6 else HEALTH)))
    broken = [table.get(MARKET, "known"), *(row for row in table.scan() if row.pk.endswith("6_001_000"))]
    for row in broken:
        row.update(actions=[table.body.set("{}")])
    carrier.refuses = ""
    assert run(store, carrier, NOON + timedelta(minutes=1)) == 1
    assert carrier.phones == ["+8613900000002"]


@pytest.mark.usefixtures("table")
def test_a_poison_message_fails_alone(carrier: Carrier) -> None:
    batch = sqs_batch("{not json", changed(a_department(A)), delivered(a_push()))
    answer = consume_events(batch, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert len(carrier.taken) == 1


def _crash(*_: object) -> None:
    raise Unavailable


def test_a_message_still_waiting_for_a_liaison_who_handed_over_reaches_the_taker(
    store: NotificationStore, carrier: Carrier
) -> None:
    """R-ORG-2, R-NTF-3: what one liaison did not get, the one in his place gets."""
    hear(changed(a_department(A, B)))
    carrier.refuses = "Throttled"
    hear(delivered(a_push()))
    carrier.refuses = ""
    taker = a_liaison("丁", "13900000004")
    hear(changed(a_department(taker, B, a_liaison("甲", "13900000001", active=False), version=2)))
    assert run(store, carrier, NOON + timedelta(minutes=2)) == 2
    assert sorted(carrier.phones) == ["+8613900000002", "+8613900000004"]
    assert {(each.liaison, each.state) for each in listed(store)} == {("丁", "sent"), ("乙", "sent")}
