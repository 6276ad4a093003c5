"""Sealing: every event once, whoever dies and whoever else runs (R-AUD-3, R-AUD-4)."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from services.audit.domain.log import Head, LogDamagedError, Message
from services.audit.logic.reading import published
from services.audit.logic.sealing import finish, seal
from services.audit.ports.log import Log
from shared.contracts.change import Outdated
from shared.contracts.event import Envelope
from shared.kernel.errors import Unavailable
from shared.kernel.tiles import TileError
from tests.support.audit_builders import (
    NOW,
    MemoryLedger,
    MemoryObjects,
    Wire,
    a_log,
    an_event,
    assert_sound,
    envelopes,
    messages,
    wired,
)
from tests.support.crashes import Killed, kill

MOST_MOMENTS = 200
"""More moments than any run here has; a run that passes them all without tripping ends the search."""


def every_moment(run: Callable[[int], bool]) -> int:
    """Run with a wire at each moment until one is past the end; how many moments there were."""
    for at in range(MOST_MOMENTS):
        if not run(at):
            return at
    raise AssertionError("the run has more moments than were looked at")


def test_a_batch_becomes_leaves_tiles_bundles_and_a_signed_checkpoint() -> None:
    log, given = a_log(), envelopes(7)
    sealing = seal(log, messages(given), NOW)
    assert (sealing.sealed, sealing.rejected) == (7, {})
    assert_sound(log, given)


def test_batches_of_every_kind_of_width_give_the_tree_of_the_definition() -> None:
    """One batch longer than what is sealed at once, several that end before, at and after a tile's end."""
    log, logged, sizes = a_log(), list[Envelope](), []
    for count in (1, 89, 90, 75, 1, 1, 1_200, 143, 30):
        given = envelopes(count)
        seal(log, messages(given), NOW)
        logged += given
        sizes.append(len(logged))
    assert_sound(log, logged, sizes)


def test_a_message_delivered_again_changes_nothing() -> None:
    log, given = a_log(), envelopes(5)
    seal(log, messages(given), NOW)
    before = log.ledger.head()
    again = seal(log, messages(given, prefix="again"), NOW)
    assert (again.sealed, again.rejected, log.ledger.head()) == (0, {}, before)
    assert_sound(log, given)


def test_an_event_twice_in_one_batch_is_one_leaf() -> None:
    log, given = a_log(), envelopes(3)
    seal(log, messages(given) | messages(given, prefix="twice"), NOW)
    assert_sound(log, given)


@pytest.mark.parametrize(
    "poison",
    [
        "",
        "not json",
        "[]",
        '{"id": "evt_x"}',
        an_event().model_dump_json(),
        f" {an_event().envelope().canonical().decode()}",
        an_event().envelope().model_dump_json(indent=1),
    ],
    ids=["empty", "not json", "no object", "too little", "a payload", "a space before", "not canonical"],
)
def test_a_message_that_is_no_canonical_envelope_fails_alone(poison: str) -> None:
    """A payload beside an envelope would become public: it never becomes a leaf."""
    log, given = a_log(), envelopes(4)
    sealing = seal(log, {"bad": Message(poison), **messages(given)}, NOW)
    assert set(sealing.rejected) == {"bad"}
    assert_sound(log, given)


def test_another_envelope_of_a_logged_event_is_refused_and_not_dropped() -> None:
    log, given = a_log(), envelopes(2)
    forged = given[0].model_copy(update={"sequence": 9})
    assert set(seal(log, {**messages(given), "forged": messages([forged])["m0"]}, NOW).rejected) == {"forged"}
    assert set(seal(log, {"later": messages([forged])["m0"]}, NOW).rejected) == {"later"}
    assert_sound(log, given)


def test_a_batch_moves_the_head_once() -> None:
    """At most one conditional write per batch on the hot item."""
    log = a_log()
    for _ in range(3):
        seal(log, messages(envelopes(30)), NOW)
    assert isinstance(log.ledger, MemoryLedger)
    assert log.ledger.moves == 3


def test_a_sealer_killed_at_any_moment_loses_and_doubles_nothing() -> None:
    """Killed, then the queue delivers the messages again, some of them with new ones."""
    first, second, third = envelopes(250), envelopes(20), envelopes(3)

    def run(at: int) -> bool:
        log = a_log()
        seal(log, messages(first), NOW)
        wire = Wire(at, kill)
        try:
            seal(wired(log, wire), messages(second), NOW)
        except Killed:
            seal(log, messages([*second[5:], *third, *second[:5]]), NOW)
        else:
            seal(log, messages(third), NOW)
        assert_sound(log, [*first, *second, *third], [250])
        return wire.tripped

    assert every_moment(run) > 20


def test_what_a_killed_sealer_decided_is_published_without_its_messages() -> None:
    """The schedule alone finishes it: after the compare-and-swap nothing more is needed from the queue."""
    first, second = envelopes(255), envelopes(2)

    def run(at: int) -> bool:
        log = a_log()
        seal(log, messages(first), NOW)
        wire = Wire(at, kill)
        with suppress(Killed):
            seal(wired(log, wire), messages(second), NOW)
        decided = log.ledger.head().size > len(first)
        finish(log)
        assert_sound(log, [*first, *second] if decided else first, [255])
        return wire.tripped

    every_moment(run)


def test_the_finisher_may_be_killed_as_well() -> None:
    given = envelopes(40)

    def run(at: int) -> bool:
        log = a_log()
        with pytest.raises(Killed):
            seal(_dies_after_deciding(log), messages(given), NOW)
        wire = Wire(at, kill)
        try:
            finish(wired(log, wire))
        except Killed:
            finish(log)
        assert_sound(log, given)
        return wire.tripped

    every_moment(run)


def test_two_sealers_interleaved_at_any_moment_seal_each_event_once() -> None:
    """The other runs from beginning to end at one moment of the first; they share half of their messages."""
    first, shared, own, others = envelopes(200), envelopes(10), envelopes(10), envelopes(60)

    def run(at: int) -> bool:
        log = a_log()
        seal(log, messages(first), NOW)
        wire = Wire(at, lambda: _seal_all(log, [*shared, *others]))
        seal(wired(log, wire), messages([*own, *shared]), NOW)
        if not wire.tripped:
            _seal_all(log, others)
        assert_sound(log, [*first, *shared, *own, *others], [200])
        return wire.tripped

    assert every_moment(run) > 20


def test_sealers_in_threads_seal_each_event_once() -> None:
    log, given = a_log(), envelopes(400)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        for begin in range(0, len(given), 40):
            part = messages(given[(begin + number * 20) % 400 :][:40])
            try:
                while True:
                    try:
                        seal(log, part, NOW)
                        break
                    except Unavailable:
                        continue  # lost every race: the queue delivers it again
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert_sound(log, given)


@pytest.mark.parametrize("took_effect", [False, True])
def test_an_unknown_outcome_of_the_swap_is_looked_up_and_never_assumed(took_effect: bool) -> None:
    class Doubtful(MemoryLedger):
        asked = 0

        def swap(self, before: Head, after: Head) -> None:
            self.asked += 1
            if self.asked > 1 or took_effect:
                super().swap(before, after)
            if self.asked == 1:
                raise Unavailable

    log = Log(Doubtful(), MemoryObjects(), a_log().signer)
    given = envelopes(6)
    seal(log, messages(given), NOW)
    assert_sound(log, given)


def test_a_sealer_that_loses_every_race_says_so() -> None:
    class Contended(MemoryLedger):
        def swap(self, *_: object, **__: object) -> None:
            raise Outdated

    log = Log(Contended(), MemoryObjects(), a_log().signer)
    with pytest.raises(Unavailable):
        seal(log, messages(envelopes(1)), NOW)


@pytest.mark.parametrize("damaged", ["tile/0/000.p/20", "tile/entries/000.p/20"])
def test_a_damaged_right_edge_stops_the_sealing_before_anything_is_decided(damaged: str) -> None:
    """The object store is not trusted; the head is."""
    log = a_log()
    seal(log, messages(envelopes(20)), NOW)
    assert isinstance(log.objects, MemoryObjects)
    content = bytearray(log.objects.held[damaged])
    content[-1] ^= 1
    log.objects.held[damaged] = bytes(content)
    before = log.ledger.head()
    with pytest.raises((TileError, LogDamagedError)):
        seal(log, messages(envelopes(3)), NOW)
    assert log.ledger.head() == before


def test_a_damaged_staged_batch_is_not_published() -> None:
    log = a_log()
    with pytest.raises(Killed):
        seal(_dies_after_deciding(log), messages(envelopes(5)), NOW)
    assert isinstance(log.objects, MemoryObjects)
    (path,) = [path for path in log.objects.held if path.startswith("staging/")]
    other = a_log()
    seal(other, messages(envelopes(5)), NOW)
    assert isinstance(other.objects, MemoryObjects)
    log.objects.held[path] = next(v for k, v in other.objects.held.items() if k.startswith("staging/"))
    with pytest.raises(LogDamagedError, match="staged"):
        finish(log)
    assert log.ledger.latest_checkpoint() is not None
    assert published(log).size == 0


def test_an_empty_log_is_published_too() -> None:
    log = a_log()
    finish(log)
    assert_sound(log, [])


def _dies_after_deciding(log: Log) -> Log:
    class Dying(_Forwarding):
        def swap(self, before: Head, after: Head) -> None:
            self.ledger.swap(before, after)
            raise Killed

    return Log(Dying(log.ledger), log.objects, log.signer)  # type: ignore[arg-type]


class _Forwarding:
    def __init__(self, ledger: object) -> None:
        self.ledger: MemoryLedger = ledger  # type: ignore[assignment]

    def __getattr__(self, name: str) -> object:
        return getattr(self.ledger, name)


def _seal_all(log: Log, given: list[Envelope]) -> None:
    seal(log, messages(given), NOW)
