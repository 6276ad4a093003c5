"""The copy that nobody can change: every entry once, every checkpoint, checked before it is locked (R-AUD-7)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import boto3
import pytest
from botocore.exceptions import ClientError

from services.audit import wiring
from services.audit.domain import copies
from services.audit.domain.copies import CHECKPOINTS, COSIGNED, ENTRIES, Difference, Differs, EntryRange, range_of
from services.audit.domain.log import LogDamagedError
from services.audit.events import keeping
from services.audit.logic import tidying
from services.audit.logic.copying import COPIER, copied, copy, covering, differences
from services.audit.logic.reading import entries
from services.audit.logic.sealing import seal
from services.audit.ports.locked import Locked
from services.audit.ports.log import Log
from shared.contracts.event import Envelope
from shared.kernel.notes import open_checkpoint, parse_note, sign_note
from shared.kernel.tiles import decode_bundle, encode_bundle
from tests.support.audit_builders import (
    NOW,
    SIGNER,
    MemoryLedger,
    MemoryObjects,
    Wire,
    a_log,
    entries_of,
    envelopes,
    local_signer,
    messages,
    wired,
)
from tests.support.aws import TICK
from tests.support.copy_builders import MemoryLocked, tripped_at
from tests.support.crashes import Killed, kill
from tests.support.lag_builders import MemoryPositions
from tests.unit.audit.conftest import LOCKED_BUCKET

LATER = NOW + timedelta(hours=1)
BATCHES = (3, 250, 1, 2, 300, 7)


def now() -> datetime:
    return NOW


def grown(log: Log, *batches: int) -> list[Envelope]:
    """A log that grew by batches of these sizes."""
    logged: list[Envelope] = []
    for count in batches:
        given = envelopes(count)
        seal(log, messages(given), NOW)
        logged += given
    return logged


def ranges(locked: MemoryLocked) -> list[EntryRange]:
    return [range_of(path) for path in locked.after(ENTRIES)]


def assert_whole(log: Log, locked: MemoryLocked) -> None:
    """Every entry, every checkpoint, and nothing that is not the log's."""
    size = log.ledger.head().size
    held: dict[int, bytes] = {}
    for each in ranges(locked):
        found = dict(enumerate(decode_bundle(locked.read(each.path)), each.start))
        assert all(held.setdefault(index, data) == data for index, data in found.items())
        assert len(found) == each.end - each.start
    assert [held[index] for index in range(size)] == entries_of(log, size)
    assert len(held) == size
    assert isinstance(log.ledger, MemoryLedger)
    signed = {open_checkpoint(locked.read(path), SIGNER.key).size for path in locked.after(CHECKPOINTS)}
    assert signed == {each for each in log.ledger.notes if each}
    assert found_between(log, locked, 0, size) == []


def found_between(log: Log, locked: Locked, start: int, end: int) -> list[Difference]:
    """What the copy and the log, as its files and rows are now, differ in."""
    size = log.ledger.head().size
    kept = log.ledger.checkpoints_by_size(0, 1_000)
    texts = {of: parse_note(note).text for of, note in kept}
    return list(differences(locked, dict(entries(log, 0, size, size)), texts, start, end))


@pytest.fixture
def locked() -> MemoryLocked:
    return MemoryLocked()


@pytest.fixture
def positions() -> MemoryPositions:
    return MemoryPositions()


def test_every_entry_and_every_checkpoint_is_copied(locked: MemoryLocked, positions: MemoryPositions) -> None:
    log = a_log()
    grown(log, *BATCHES)
    assert copy(log, locked, positions, now, LATER) == sum(BATCHES) == copied(positions)
    assert_whole(log, locked)


def test_each_entry_is_written_once_however_often_it_runs(locked: MemoryLocked, positions: MemoryPositions) -> None:
    log = a_log()
    for count in BATCHES:
        grown(log, count)
        assert copy(log, locked, positions, now, LATER) == count
        assert copy(log, locked, positions, now, LATER) == 0
    assert [one.end == other.start for one, other in pairwise(ranges(locked))] == [True] * (len(BATCHES) - 1)
    assert_whole(log, locked)


def test_a_long_backlog_is_copied_in_ranges_of_bounded_length(
    locked: MemoryLocked, positions: MemoryPositions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "LONGEST_RANGE", 260)
    log = a_log()
    grown(log, *BATCHES)
    copy(log, locked, positions, now, LATER)
    assert [each.end - each.start for each in ranges(locked)] == [256, 300, 7]
    assert_whole(log, locked)


def test_when_the_time_is_up_the_next_run_goes_on(
    locked: MemoryLocked, positions: MemoryPositions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "LONGEST_RANGE", 1)
    log = a_log()
    grown(log, *BATCHES)
    times: Iterator[datetime] = iter([NOW, LATER])
    assert copy(log, locked, positions, lambda: next(times), LATER) == BATCHES[0]
    copy(log, locked, positions, now, LATER)
    assert_whole(log, locked)


@pytest.mark.parametrize("path", ["tile/entries/000.p/253", "tile/entries/000"])
def test_entries_that_are_not_those_of_the_signed_checkpoint_are_not_locked(
    locked: MemoryLocked, positions: MemoryPositions, path: str
) -> None:
    """R-AUD-4: damage is found here and never copied."""
    log = a_log()
    grown(log, *BATCHES[:2], *([] if ".p/" in path else [100]))
    assert isinstance(log.objects, MemoryObjects)
    held = list(decode_bundle(log.objects.held[path]))
    held[4], held[5] = held[5], held[4]
    log.objects.held[path] = encode_bundle(held)
    with pytest.raises(LogDamagedError, match="signed checkpoint"):
        copy(log, locked, positions, now, LATER)
    assert locked.held == {}
    assert copied(positions) == 0


def test_a_checkpoint_that_the_log_did_not_sign_is_not_copied(locked: MemoryLocked, positions: MemoryPositions) -> None:
    log = a_log()
    grown(log, 5)
    assert isinstance(log.ledger, MemoryLedger)
    forger = local_signer("forger")
    log.ledger.notes[5] = sign_note(parse_note(log.ledger.notes[5]).text, forger.key, forger.sign).encode()
    with pytest.raises(ValueError, match="signed"):
        copy(log, locked, positions, now, LATER)
    assert locked.held == {}


def test_a_copier_killed_at_any_moment_copies_all_and_contradicts_nothing() -> None:
    """And a log that grew before it is started again."""
    moments = 0
    while True:
        log, locked, positions = a_log(), MemoryLocked(), MemoryPositions()
        grown(log, 20, 240)
        wire = Wire(moments, kill)
        through = (wired(log, wire), tripped_at(locked, wire), tripped_at(positions, wire))
        try:
            copy(*through, now, LATER)
        except Killed:
            grown(log, 30)
        copy(log, locked, positions, now, LATER)
        assert_whole(log, locked)
        if not wire.tripped:
            break
        moments += 1
    assert moments > 10


def test_two_copiers_at_once_do_no_harm() -> None:
    """The other runs at one moment of the first, when the log has grown: their ranges may overlap."""
    moments = 0
    while True:
        log, locked, positions = a_log(), MemoryLocked(), MemoryPositions()
        grown(log, 20, 240)

        def other(log: Log = log, locked: MemoryLocked = locked, positions: MemoryPositions = positions) -> None:
            grown(log, 30)
            copy(log, locked, positions, now, LATER)

        wire = Wire(moments, other)
        copy(wired(log, wire), tripped_at(locked, wire), tripped_at(positions, wire), now, LATER)
        copy(log, locked, positions, now, LATER)
        assert_whole(log, locked)
        if not wire.tripped:
            break
        moments += 1


def test_a_checkpoint_cosigned_meanwhile_is_still_the_same_in_the_copy(
    locked: MemoryLocked, positions: MemoryPositions
) -> None:
    """Else a copier that does its step again would find another content under one path."""
    log = a_log()
    grown(log, 9)
    before = positions.read(COPIER)
    copy(log, locked, positions, now, LATER)
    assert isinstance(log.ledger, MemoryLedger)
    log.ledger.notes[9] = cosigned(log.ledger.notes[9])
    positions.held[COPIER] = before
    copy(log, locked, positions, now, LATER)
    assert_whole(log, locked)


def test_the_newest_cosigned_checkpoint_is_kept_beside(locked: MemoryLocked, positions: MemoryPositions) -> None:
    log = a_log()
    grown(log, 9)
    copy(log, locked, positions, now, LATER)
    assert isinstance(log.ledger, MemoryLedger)
    log.ledger.notes[9] = cosigned(log.ledger.notes[9])
    log.ledger.mark_cosigned(9)
    for _ in range(2):
        copy(log, locked, positions, now, LATER)
    (path,) = locked.after(COSIGNED)
    assert len(parse_note(locked.read(path)).signatures) == 2
    grown(log, 9)
    copy(log, locked, positions, now, LATER)
    assert len(list(locked.after(COSIGNED))) == 1
    assert_whole(log, locked)


def cosigned(note: str) -> str:
    witness = local_signer("witness", "witness.example/w")
    signed = sign_note(parse_note(note).text, witness.key, witness.sign)
    return note + signed.signatures[0].line


def test_which_ranges_hold_some_entries_is_found_without_reading_them_all(locked: MemoryLocked) -> None:
    for each in (EntryRange(0, 3), EntryRange(3, 253), EntryRange(200, 256), EntryRange(256, 20_000)):
        locked.put(each.path, b"")
    assert list(covering(locked, 0, 1)) == [(0, 3)]
    assert list(covering(locked, 3, 200)) == [(3, 253)]
    assert list(covering(locked, 252, 257)) == [(3, 253), (200, 256), (256, 20_000)]
    assert list(covering(locked, 30_000, 30_001)) == []


class TestDifferences:
    """R-AUD-4: what somebody did to the log, or to the copy, shows when the two are compared."""

    @pytest.fixture
    def log(self, locked: MemoryLocked, positions: MemoryPositions) -> Log:
        log = a_log()
        for count in (100, 156, 40):
            grown(log, count)
            copy(log, locked, positions, now, LATER)
        return log

    def test_a_changed_entry_is_named(self, log: Log, locked: MemoryLocked) -> None:
        assert isinstance(log.objects, MemoryObjects)
        held = list(decode_bundle(log.objects.held["tile/entries/000"]))
        held[120] = held[120].replace(b"evt_", b"evt-")
        log.objects.held["tile/entries/000"] = encode_bundle(held)
        path = EntryRange(100, 256).path
        assert found_between(log, locked, 110, 296) == [Difference(Differs.OTHER, path, 120)]
        assert found_between(log, locked, 121, 296) == []

    def test_entries_missing_in_the_copy_are_named(self, log: Log, locked: MemoryLocked) -> None:
        del locked.held[EntryRange(100, 256).path]
        found = found_between(log, locked, 0, 296)
        assert [each.at for each in found] == list(range(100, 256))
        assert {each.how for each in found} == {Differs.MISSING_IN_COPY}

    def test_a_range_of_another_length_than_its_name_is_named(self, log: Log, locked: MemoryLocked) -> None:
        path = EntryRange(256, 296).path
        whole = locked.held[path]
        for damaged in (encode_bundle(decode_bundle(whole)[:-1]), whole[:-1]):
            locked.held[path] = damaged
            assert found_between(log, locked, 0, 296) == [Difference(Differs.OTHER, path, 256)]

    def test_a_checkpoint_removed_replaced_or_never_copied_is_named(self, log: Log, locked: MemoryLocked) -> None:
        assert isinstance(log.ledger, MemoryLedger)
        del log.ledger.notes[100]
        log.ledger.notes[256] = log.ledger.notes[256].replace(log.ledger.notes[256].split("\n")[2], "A" * 43 + "=")
        del locked.held[copies.checkpoint_path(296)]
        assert [(each.how, each.at) for each in found_between(log, locked, 0, 296)] == [
            (Differs.MISSING_IN_LOG, 100),
            (Differs.OTHER, 256),
            (Differs.MISSING_IN_COPY, 296),
        ]
        assert found_between(log, locked, 100, 255) == []


def test_on_s3_the_copy_is_locked_for_its_retention_and_a_hold_keeps_it_longer(log: Log) -> None:
    grown(log, 5)
    keeping.keep(TICK, None)
    s3 = boto3.client("s3")
    for path in (EntryRange(0, 5).path, copies.checkpoint_path(5)):
        head = s3.head_object(Bucket=LOCKED_BUCKET, Key=path)
        assert head["ObjectLockMode"] == "COMPLIANCE"
        assert head["ObjectLockRetainUntilDate"] - head["LastModified"] > timedelta(days=3652)
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=LOCKED_BUCKET, Key=path, VersionId=head["VersionId"])
    path = EntryRange(0, 5).path
    for on, status in ((True, "ON"), (False, "OFF")):
        wiring.locked().hold(path, on=on)
        assert s3.get_object_legal_hold(Bucket=LOCKED_BUCKET, Key=path)["LegalHold"]["Status"] == status


def test_on_s3_copy_and_log_agree(log: Log) -> None:
    grown(log, 5)
    keeping.keep(TICK, None)
    grown(log, 300)
    keeping.keep(TICK, None)
    assert copied(wiring.positions()) == 305
    assert [each.path for each in covering(wiring.locked(), 4, 6)] == [EntryRange(0, 5).path, EntryRange(5, 305).path]
    assert found_between(log, wiring.locked(), 0, 305) == []


def test_what_ails_the_copy_does_not_stop_the_tidying(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    grown(log, 5)
    grown(log, 300)
    boto3.client("s3").put_object(Bucket=LOCKED_BUCKET, Key=EntryRange(0, 305).path, Body=b"another")
    keeping.keep(TICK, None)
    assert copied(wiring.positions()) == 0
    assert wiring.positions().read(tidying.TIDIER).size == 305
    assert '"KeepingFailed":[1.0]' in capsys.readouterr().out.replace(" ", "").replace("[1]", "[1.0]")
