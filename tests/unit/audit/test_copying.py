"""The copy that nobody can change: every entry, every checkpoint, checked before it is locked (R-AUD-7)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.put_log_back import put_back
from infra.restore_log import live_log, restore
from services.audit import wiring
from services.audit.domain import copies
from services.audit.domain.copies import (
    CHECKPOINTS,
    COSIGNED,
    ENTRIES,
    Copied,
    Difference,
    Differs,
    EntryRange,
    pieces,
    range_of,
)
from services.audit.domain.log import LogDamagedError
from services.audit.events import keeping
from services.audit.logic import copying, tidying
from services.audit.logic.copying import COPIER, Logged, copied, copy, covering, differences
from services.audit.logic.reading import entries
from services.audit.logic.sealing import seal
from services.audit.ports.locked import Locked, PutAway
from services.audit.ports.log import Log
from shared.contracts.event import Envelope
from shared.kernel.frontier import Frontier
from shared.kernel.merkle import leaf_hash
from shared.kernel.notes import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
    sign_note,
)
from shared.kernel.tiles import decode_bundle, encode_bundle
from tests.support.audit_builders import (
    NOW,
    ORIGIN,
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
from tests.unit.audit.conftest import BUCKET, LOCKED_BUCKET

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
    data = dict(entries(log, 0, size, size))
    texts = {of: parse_note(note).text for of, note in log.ledger.checkpoints_by_size(0, 1_000)}
    roots = {of: Frontier().grown(leaf_hash(data[index]) for index in range(of)).root for of in texts}
    doubted = {of for of, text in texts.items() if parse_checkpoint(text).root != roots[of]}
    return list(differences(locked, SIGNER.key, Logged(data, texts, doubted), start, end))


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


def test_what_was_copied_a_few_at_a_time_is_copied_once_more_as_one_range(
    locked: MemoryLocked, positions: MemoryPositions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a quiet city's copy is thousands of objects that a verification reads one by one (R-AUD-4)."""
    monkeypatch.setattr(copying, "GATHERED", 10)
    log = a_log()
    for count in (4, 4, 4, 1, 25, 3):
        grown(log, count)
        copy(log, locked, positions, now, LATER)
    assert ranges(locked) == [(0, 4), (0, 12), (4, 8), (12, 13), (12, 38), (38, 41)]
    assert list(pieces(ranges(locked), 2, 41)) == [(2, 12, (0, 12)), (12, 38, (12, 38)), (38, 41, (38, 41))]
    assert_whole(log, locked)


def test_a_copier_that_remembers_no_long_range_begins_one_with_what_is_new(
    locked: MemoryLocked, positions: MemoryPositions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "GATHERED", 10)
    log = a_log()
    grown(log, 9)
    copy(log, locked, positions, now, LATER)
    at = positions.held[COPIER]
    remembered = Copied.model_validate_json(at.state).model_copy(update={"gathered": None})
    positions.held[COPIER] = at._replace(state=remembered.model_dump_json())
    for _ in range(3):
        grown(log, 4)
        copy(log, locked, positions, now, LATER)
    assert ranges(locked) == [(0, 9), (9, 13), (9, 21), (13, 17)]
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

    def test_of_checkpoints_only_those_are_read_that_a_range_ends_with(self, log: Log, locked: MemoryLocked) -> None:
        """A checkpoint follows from the entries, and those are compared: a quiet city's are too many to be read."""
        copy(log, locked, MemoryPositions(), now, LATER)
        locked.reads.clear()
        assert found_between(log, locked, 0, 296) == []
        assert locked.reads == [EntryRange(0, 296).path, copies.checkpoint_path(296)]

    def test_where_entries_differ_the_checkpoints_after_them_are_read_too(self, log: Log, locked: MemoryLocked) -> None:
        copy(log, locked, MemoryPositions(), now, LATER)
        data = [*decode_bundle(locked.held[EntryRange(0, 296).path])]
        locked.held[EntryRange(0, 296).path] = encode_bundle([*data[:150], b"{}", *data[151:]])
        locked.held[EntryRange(100, 256).path] = encode_bundle([*data[100:150], b"{}", *data[151:256]])
        forged = sign_checkpoint(Checkpoint(ORIGIN, 256, b"\7" * 32), SIGNER.key, SIGNER.sign)
        locked.held[copies.checkpoint_path(256)] = forged.encode().encode()
        assert found_between(log, locked, 0, 296) == [
            Difference(Differs.OTHER, EntryRange(0, 296).path, 150),
            Difference(Differs.OTHER, EntryRange(100, 256).path, 150),
            Difference(Differs.OTHER, copies.checkpoint_path(256), 256),
        ]

    def test_what_is_called_neither_range_nor_checkpoint_is_passed_over(self, log: Log, locked: MemoryLocked) -> None:
        """Nobody can remove it for ten years."""
        for path in ("entries/zzz", EntryRange(9, 9).path, "checkpoints/zzz", f"{copies.checkpoint_path(9)}x"):
            locked.put(path, b"junk")
        assert found_between(log, locked, 0, 296) == []

    def test_a_range_put_beside_is_named_and_the_others_are_compared(self, log: Log, locked: MemoryLocked) -> None:
        beside = [EntryRange(0, 296), EntryRange(50, 290)]
        for each in beside:
            locked.put(each.path, encode_bundle([b"{}"] * (each.end - each.start)))
        found = found_between(log, locked, 0, 296)
        assert {(each.how, each.path) for each in found} == {(Differs.OTHER, each.path) for each in beside}

    def test_what_was_put_under_a_checkpoints_name_is_no_checkpoint(self, log: Log, locked: MemoryLocked) -> None:
        forger = local_signer("forger")
        path = copies.checkpoint_path(200)
        forged = sign_checkpoint(Checkpoint(ORIGIN, 200, b"\7" * 32), forger.key, forger.sign)
        locked.put(path, forged.encode().encode())
        assert found_between(log, locked, 0, 296) == [Difference(Differs.UNSIGNED, path, 200)]

    def test_what_was_put_over_an_object_hides_nothing(self, log: Log, locked: MemoryLocked) -> None:
        """Whoever may write there writes a second version; the first stays."""
        for path in (EntryRange(100, 256).path, copies.checkpoint_path(256)):
            locked.overwrite(path, b"junk")
        assert found_between(log, locked, 0, 296) == []

    def test_an_object_that_is_not_read_at_once_is_neither_equal_nor_different(
        self, log: Log, locked: MemoryLocked
    ) -> None:
        path = EntryRange(100, 256).path
        locked.put_away.add(path)
        found = [Difference(Differs.PUT_AWAY, path, at) for at in range(250, 256)]
        assert found_between(log, locked, 250, 296) == found


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


def test_on_s3_what_was_put_over_or_hides_an_object_changes_nothing(log: Log) -> None:
    """R-AUD-7: of every object the oldest version counts, and is what a hold keeps."""
    grown(log, 5)
    keeping.keep(TICK, None)
    s3, path, note = boto3.client("s3"), EntryRange(0, 5).path, copies.checkpoint_path(5)
    before = s3.head_object(Bucket=LOCKED_BUCKET, Key=path)["VersionId"]
    s3.put_object(Bucket=LOCKED_BUCKET, Key=path, Body=b"junk")
    s3.delete_object(Bucket=LOCKED_BUCKET, Key=note)
    assert found_between(log, wiring.locked(), 0, 5) == []
    assert list(wiring.locked().after(CHECKPOINTS)) == [note]
    wiring.locked().hold(path, on=True)
    hold = s3.get_object_legal_hold(Bucket=LOCKED_BUCKET, Key=path, VersionId=before)["LegalHold"]
    assert hold["Status"] == "ON"
    content = next(wiring.locked().versions(path))
    wiring.locked().put(path, content)
    with pytest.raises(LogDamagedError):
        wiring.locked().put(path, content + b"x")


@pytest.mark.usefixtures("log")
def test_on_s3_an_object_in_a_cold_class_is_told_from_one_that_is_gone() -> None:
    path = EntryRange(0, 5).path
    boto3.client("s3").put_object(Bucket=LOCKED_BUCKET, Key=path, Body=b"cold", StorageClass="DEEP_ARCHIVE")
    with pytest.raises(PutAway):
        next(wiring.locked().versions(path))
    assert list(wiring.locked().versions(EntryRange(5, 6).path)) == []


def test_on_s3_what_was_not_copied_yet_is_made_again_from_older_versions(log: Log, tmp_path: Path) -> None:
    """R-AUD-7: of the last minute there is no copy, but the live bucket forgets no version for a quarter of a year."""
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    grown(log, 5)
    keeping.keep(TICK, None)
    grown(log, 300)
    wanted = entries_of(log, 305)
    for path in ("tile/entries/000", "tile/entries/001.p/49"):
        s3.put_object(Bucket=BUCKET, Key=path, Body=b"junk")
        s3.delete_object(Bucket=BUCKET, Key=path)
    live = live_log(s3, BUCKET, wiring.settings().table)
    done = restore(wiring.locked(), SIGNER.key, tmp_path / "log", live=live)
    assert (done.checkpoint.size, done.later) == (305, 300)
    assert put_back(tmp_path / "log", SIGNER.key, log.objects).missing == ["tile/entries/000", "tile/entries/001.p/49"]
    assert entries_of(log, 305) == wanted


def test_on_s3_copy_and_log_agree(log: Log) -> None:
    grown(log, 5)
    keeping.keep(TICK, None)
    grown(log, 300)
    keeping.keep(TICK, None)
    assert copied(wiring.positions()) == 305
    assert [each.path for each in covering(wiring.locked(), 4, 6)] == [EntryRange(0, 5).path, EntryRange(5, 305).path]
    assert found_between(log, wiring.locked(), 0, 305) == []


def test_on_s3_junk_under_the_name_of_the_next_range_is_deleted_by_hand_and_the_copier_goes_on(log: Log) -> None:
    """It stays as an old version, which hides nothing (docs/operations.md)."""
    grown(log, 5)
    s3, path = boto3.client("s3"), EntryRange(0, 5).path
    s3.put_object(Bucket=LOCKED_BUCKET, Key=path, Body=b"junk")
    keeping.keep(TICK, None)
    assert copied(wiring.positions()) == 0
    s3.delete_object(Bucket=LOCKED_BUCKET, Key=path)
    keeping.keep(TICK, None)
    assert copied(wiring.positions()) == 5
    assert found_between(log, wiring.locked(), 0, 5) == []
    assert len(list(wiring.locked().versions(path))) == 2


def test_what_ails_the_copy_does_not_stop_the_tidying(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    grown(log, 5)
    grown(log, 300)
    boto3.client("s3").put_object(Bucket=LOCKED_BUCKET, Key=EntryRange(0, 305).path, Body=b"another")
    keeping.keep(TICK, None)
    assert copied(wiring.positions()) == 0
    assert wiring.positions().read(tidying.TIDIER).size == 305
    assert '"KeepingFailed":[1.0]' in capsys.readouterr().out.replace(" ", "").replace("[1]", "[1.0]")
