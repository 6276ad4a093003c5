"""What nothing needs any more is removed; what anything needs, at any moment, stays (ADR 24)."""

from datetime import datetime, timedelta

import pytest

from services.audit.domain.log import Head
from services.audit.logic.proving import prove
from services.audit.logic.reading import content
from services.audit.logic.sealing import finish, seal
from services.audit.logic.tidying import tidy
from services.audit.ports.log import Log, Missing
from shared.contracts.event import Envelope
from shared.kernel.tiles import Bundle, Tile, new_bundles, tiles_of
from shared.kernel.tlog_proof import verify_proof
from tests.support.audit_builders import (
    NOW,
    SIGNER,
    MemoryLedger,
    MemoryObjects,
    Wire,
    a_log,
    assert_sound,
    envelopes,
    messages,
    wired,
)
from tests.support.copy_builders import tripped_at
from tests.support.crashes import Killed, kill
from tests.support.lag_builders import MemoryPositions
from tests.unit.audit.test_copying import grown

LATER = NOW + timedelta(hours=1)
BATCHES = (3, 250, 1, 2, 300, 7)
FEW = (100, 150, 8)
"""Enough for a row to become full, few enough to be killed at every moment."""


def now() -> datetime:
    return NOW


def tidied(log: Log, positions: MemoryPositions | None = None) -> int:
    return tidy(log, positions or MemoryPositions(), now, LATER)


def paths(log: Log) -> set[str]:
    assert isinstance(log.objects, MemoryObjects)
    return set(log.objects.held)


def files_at(size: int) -> list[Tile | Bundle]:
    """Every tile and every bundle of a log of this size."""
    return [*tiles_of(size), *new_bundles(0, size)]


def needed(log: Log) -> set[str]:
    """The files of the log as it is published, the checkpoint and the batch of its head."""
    head = log.ledger.head()
    files = {each.path for each in files_at(head.size)}
    return files | {"checkpoint"} | ({head.batch.path} if head.batch else set())


def test_what_is_left_is_the_log_as_published_and_the_partial_ones_of_its_growing_rows() -> None:
    log = a_log()
    logged = grown(log, *BATCHES)
    assert tidied(log) > 0
    size = sum(BATCHES)
    growing = {f"tile/entries/00{size // 256}.p/", f"tile/0/00{size // 256}.p/", "tile/1/000.p/"}
    left = paths(log) - needed(log)
    assert all(path.startswith(tuple(growing)) for path in left)
    assert_sound(log, logged, [3, 253, 254, 256, 556])


def test_nothing_new_costs_nothing() -> None:
    log, positions = a_log(), MemoryPositions()
    grown(log, *BATCHES)
    tidied(log, positions)
    wire = Wire(-1, kill)
    assert tidy(wired(log, wire), positions, now, LATER) == 0
    assert wire.passed == 2  # one read of the latest checkpoint


def test_minute_by_minute_the_same_is_left_as_all_at_once() -> None:
    one, other, positions = a_log(), a_log(), MemoryPositions()
    given = [envelopes(count) for count in BATCHES]
    for batch in given:
        for log in (one, other):
            seal(log, messages(batch), NOW)
        tidied(one, positions)
    tidied(other)
    assert paths(one) == paths(other)


def test_every_old_checkpoint_is_still_proven_from() -> None:
    """A partial tile that was removed is answered as the beginning of the full one."""
    log = a_log()
    logged, sizes = list[Envelope](), []
    for count in BATCHES:
        logged += grown(log, count)
        sizes.append(len(logged))
    tidied(log)
    for size in sizes:
        for each in files_at(size):
            assert content(log, each)
    proof = prove(log, logged[5].id)
    assert verify_proof(proof, logged[5].canonical(), SIGNER.key).size == sum(BATCHES)
    assert_sound(log, logged, sizes)


def test_a_tidier_killed_at_any_moment_leaves_the_log_whole_and_is_finished_by_the_next() -> None:
    moments, whole = 0, a_log()
    grown(whole, *FEW)
    tidied(whole)
    while True:
        log, positions = a_log(), MemoryPositions()
        logged = grown(log, *FEW)
        wire = Wire(moments, kill)
        try:
            tidy(wired(log, wire), tripped_at(positions, wire), now, LATER)
        except Killed:
            assert_sound(log, logged)
            tidied(log, positions)
        assert_sound(log, logged)
        assert len(paths(log)) == len(paths(whole))
        if not wire.tripped:
            break
        moments += 1
    assert moments > 20


def test_a_sealer_at_any_moment_of_which_the_tidier_runs_loses_nothing() -> None:
    """And one that dies thereafter is finished from what was left."""
    first, second, third = envelopes(200), envelopes(50), envelopes(10)
    moments = 0
    while True:
        log, positions = a_log(), MemoryPositions()
        seal(log, messages(first), NOW)
        seal(log, messages(second), NOW)

        def other(log: Log = log, positions: MemoryPositions = positions) -> None:
            tidied(log, positions)

        wire = Wire(moments, other)
        seal(wired(log, wire), messages(third), NOW)
        tidied(log, positions)
        assert_sound(log, [*first, *second, *third], [200, 250])
        if not wire.tripped:
            break
        moments += 1
    assert moments > 20


@pytest.mark.parametrize("at", range(40))
def test_a_sealer_killed_anywhere_is_finished_though_the_tidier_came_before(at: int) -> None:
    first, second = envelopes(250), envelopes(20)
    log, positions = a_log(), MemoryPositions()
    seal(log, messages(first), NOW)
    try:
        seal(wired(log, Wire(at, kill)), messages(second), NOW)
    except Killed:
        tidied(log, positions)
        finish(log)
        tidied(log, positions)
        seal(log, messages(second), NOW)
    assert_sound(log, [*first, *second], [250])


def test_a_staged_batch_that_lost_its_race_stays_until_its_events_are_in_the_log() -> None:
    """It may be staged again, to the same path, by whoever is given its messages next."""

    class Losing(MemoryLedger):
        def swap(self, *_: object) -> None:
            raise Killed

    log, given = a_log(), envelopes(3)
    finish(log)
    assert isinstance(log.ledger, MemoryLedger)
    losing = Log(Losing(Head(), {}, log.ledger.notes), log.objects, log.signer)
    with pytest.raises(Killed):
        seal(losing, messages(given), NOW)
    (staged,) = log.objects.below("staging/")
    seal(log, messages(envelopes(5)), NOW)
    positions = MemoryPositions()
    tidied(log, positions)
    assert staged in paths(log)
    grown(log, 1)
    seal(log, messages(given[:1]), NOW)
    seal(log, messages(given[1:]), NOW)
    tidied(log, positions)
    assert staged not in paths(log)


def test_partial_tiles_of_a_row_whose_full_one_is_gone_stay() -> None:
    """They are all there is of it: evidence, and what it can be put together from."""
    log = a_log()
    grown(log, *BATCHES)
    assert isinstance(log.objects, MemoryObjects)
    del log.objects.held["tile/0/000"]
    before = {path for path in paths(log) if path.startswith("tile/0/000.p/")}
    with pytest.raises(Missing):
        tidied(log)
    assert before <= paths(log)


def test_a_damaged_staged_batch_stays_as_evidence() -> None:
    log = a_log()
    grown(log, 4)
    (staged,) = log.objects.below("staging/")
    grown(log, 4)
    assert isinstance(log.objects, MemoryObjects)
    log.objects.held[staged] = log.objects.held[staged][:-1]
    tidied(log)
    assert staged in paths(log)


def test_when_the_time_is_up_the_next_run_goes_on() -> None:
    log, positions = a_log(), MemoryPositions()
    grown(log, *BATCHES)
    assert tidy(log, positions, lambda: LATER, LATER) == 0
    assert tidied(log, positions) > 0
