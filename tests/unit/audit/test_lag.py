"""How far the log is behind what happened, end to end (R-AUD-6)."""

from datetime import datetime, timedelta

import boto3
import pytest

from services.audit import wiring
from services.audit.domain.health import Standing
from services.audit.logic.health import LOOKS, health
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log
from shared.contracts.event import Envelope
from tests.support.audit_builders import NOW, MemoryLedger, a_log, an_event, messages
from tests.support.lag_builders import MemoryPositions, Meter, Queue

MINUTE = timedelta(minutes=1)


def at(time: datetime, count: int = 3) -> list[Envelope]:
    return [an_event(time=time).envelope() for _ in range(count)]


def test_when_nothing_waits_everything_is_sealed_through_now() -> None:
    meter = Meter()
    seal(meter.log, messages(at(NOW)), NOW)
    progress = meter.at(NOW + MINUTE, Queue())
    assert (progress.through, progress.size) == (NOW + MINUTE, 3)
    assert meter.standing(NOW + MINUTE) == (Standing.SEALING, 0)


def test_while_something_waits_and_nothing_is_sealed_the_lag_grows() -> None:
    """Nothing is pending at the sealer, and yet the log is behind: that was not seen before."""
    meter = Meter()
    meter.at(NOW, Queue())
    for minute in range(1, 8):
        assert meter.at(NOW + minute * MINUTE, Queue([5])).through == NOW
    assert meter.standing(NOW + 2 * MINUTE) == (Standing.SEALING, 120)
    assert meter.standing(NOW + 4 * MINUTE) == (Standing.LATE, 240)
    assert meter.standing(NOW + 7 * MINUTE) == (Standing.STOPPED, 420)
    assert meter.at(NOW + 8 * MINUTE, Queue()).through == NOW + 8 * MINUTE + timedelta(seconds=meter.paused)


def test_a_message_that_comes_just_as_one_looks_is_waited_for() -> None:
    meter = Meter()
    meter.at(NOW, Queue())
    queue = Queue([1, 1, 0])
    assert meter.at(NOW + MINUTE, queue).through == NOW + MINUTE + timedelta(seconds=meter.paused)
    assert queue.looks == 3


def test_one_does_not_look_for_ever() -> None:
    meter, queue = Meter(), Queue([1])
    meter.at(NOW, Queue())
    meter.at(NOW + MINUTE, queue)
    assert queue.looks == LOOKS


def test_a_busy_log_is_as_far_as_the_oldest_event_of_its_last_batch() -> None:
    """Its queue is never empty. One look is enough while the batch is young."""
    meter, queue = Meter(), Queue([1])
    meter.at(NOW, Queue())
    later = NOW + 5 * MINUTE
    seal(meter.log, messages([*at(later), *at(later - timedelta(seconds=9))]), later)
    assert meter.at(later, queue).through == later - timedelta(seconds=9)
    assert queue.looks == 1


def test_a_backlog_being_worked_off_still_shows_as_lag() -> None:
    """Sealing goes on, but what is sealed is hours old."""
    meter = Meter()
    meter.at(NOW, Queue())
    seal(meter.log, messages(at(NOW + 30 * MINUTE)), NOW + 180 * MINUTE)
    assert meter.at(NOW + 180 * MINUTE, Queue([900])).through == NOW + 30 * MINUTE


def test_old_events_that_come_late_do_not_take_the_measure_back() -> None:
    meter = Meter()
    meter.at(NOW, Queue())
    seal(meter.log, messages(at(NOW - 600 * MINUTE)), NOW)
    assert meter.at(NOW + MINUTE, Queue([1])).through == NOW


def test_an_event_from_the_future_takes_nothing_ahead_of_the_clock() -> None:
    meter = Meter()
    seal(meter.log, messages(at(NOW + 600 * MINUTE)), NOW)
    assert meter.at(NOW, Queue([1])).through == NOW


def test_what_the_queue_gave_up_is_not_sealed_however_empty_the_queue_is() -> None:
    """Sealing failed for so long that its messages are dead letters: the queue is empty, the log is not whole."""
    meter = Meter()
    meter.at(NOW, Queue())
    seal(meter.log, messages(at(NOW + 9 * MINUTE)), NOW + 9 * MINUTE)
    assert meter.at(NOW + 10 * MINUTE, Queue(dead=1)).through == NOW
    assert meter.at(NOW + 11 * MINUTE, Queue()).through == NOW + 11 * MINUTE + timedelta(seconds=meter.paused)


def test_a_batch_decided_and_not_published_is_not_sealed() -> None:
    class Dying(MemoryLedger):
        def keep_checkpoint(self, *_: object) -> None:
            raise ConnectionError

    log = a_log()
    seal(log, messages(at(NOW)), NOW)
    assert isinstance(log.ledger, MemoryLedger)
    dying = Log(Dying(log.ledger.now, log.ledger.indexed, log.ledger.notes), log.objects, log.signer)
    meter = Meter(dying)
    meter.at(NOW, Queue())
    with pytest.raises(ConnectionError):
        seal(dying, messages(at(NOW + MINUTE)), NOW + MINUTE)
    assert meter.at(NOW + MINUTE, Queue()).through == NOW
    found = health(dying, meter.positions, NOW + MINUTE)
    assert (found.pending_since, found.size) == (NOW + MINUTE, 3)


def test_a_log_never_measured_says_so() -> None:
    meter = Meter()
    assert meter.standing(NOW) == (Standing.UNMEASURED, 0)
    assert meter.at(NOW, Queue([1])).through is None
    assert meter.standing(NOW) == (Standing.UNMEASURED, 0)


def test_two_measuring_at_once_do_no_harm() -> None:
    meter = Meter(positions=MemoryPositions(lost=True))
    assert meter.at(NOW, Queue()).through == NOW
    assert meter.positions.held == {}


@pytest.mark.parametrize("minutes", [0, 4, 9])
def test_health_says_in_both_languages_up_to_when_everything_is_in_the_log(minutes: int) -> None:
    meter = Meter()
    meter.at(NOW, Queue())
    found = health(meter.log, meter.positions, NOW + minutes * MINUTE)
    for words in (found.zh, found.en):
        assert "2026-03-02T01:30:00.000Z" in words
    assert found.sealed_through == NOW


def test_on_sqs_what_waits_and_what_was_given_up_are_counted_apart(log: Log) -> None:
    del log
    queues, sqs = wiring.settings(), boto3.client("sqs")
    assert (wiring.envelopes().waiting(), wiring.envelopes().given_up()) == (0, 0)
    for delay in (0, 0, 60):
        sqs.send_message(QueueUrl=queues.log_queue, MessageBody="envelope", DelaySeconds=delay)
    sqs.receive_message(QueueUrl=queues.log_queue, MaxNumberOfMessages=1)
    sqs.send_message(QueueUrl=queues.dead_letters, MessageBody="envelope")
    wiring.envelopes().reject("poison", "reason")
    assert (wiring.envelopes().waiting(), wiring.envelopes().given_up()) == (3, 1)
