"""A log is made again from its locked copy alone, and proven by its key (R-AUD-7, ADR 24)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra import log_files, restore_log
from infra.deploy import Place
from infra.proven_log import RestoreFailedError
from infra.put_log_back import PutBack, PutBackFailedError, put_back
from infra.restore_log import Live, restore
from localstack.log_source import FolderSource
from localstack.log_verdict import verify_log
from services.audit.domain.copies import EntryRange, checkpoint_path
from services.audit.logic import copying
from services.audit.logic.copying import copy
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log
from services.audit.store.locked import S3Locked
from services.audit.store.objects import S3Objects
from shared.kernel.notes import Checkpoint, open_checkpoint, sign_checkpoint
from shared.kernel.tiles import decode_bundle, encode_bundle, new_bundles, tiles_of
from tests.support.audit_builders import (
    NOW,
    ORIGIN,
    SIGNER,
    MemoryObjects,
    a_log,
    envelopes,
    local_signer,
    messages,
)
from tests.support.aws import REGION, make_locked_bucket
from tests.support.copy_builders import MemoryLocked
from tests.support.lag_builders import MemoryPositions

BATCHES = (3, 250, 1, 2, 300, 7)
SIZE = sum(BATCHES)


def now() -> datetime:
    return NOW


def grown_and_copied(locked: MemoryLocked | S3Locked, *batches: int) -> Log:
    log, positions = a_log(), MemoryPositions()
    for count in batches:
        seal(log, messages(envelopes(count)), NOW)
        copy(log, locked, positions, now, NOW + timedelta(hours=1))
    return log


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_is(folder: Path, log: Log) -> None:
    """The folder holds the log's files, byte for byte, and no others."""
    size = log.ledger.head().size
    wanted = ["checkpoint", *(each.path for each in tiles_of(size)), *(each.path for each in new_bundles(0, size))]
    assert files_in(folder) == {path: log.objects.read(path) for path in wanted}


@pytest.fixture
def locked() -> MemoryLocked:
    return MemoryLocked()


@pytest.mark.parametrize("batches", [(1,), (256,), (255, 1, 1), BATCHES, (1_000, 24)])
@pytest.mark.parametrize("at_once", [256, 300, 64 * 256])
def test_the_log_is_made_again_byte_for_byte(
    locked: MemoryLocked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches: tuple[int, ...], at_once: int
) -> None:
    monkeypatch.setattr(log_files, "_AT_ONCE", at_once)
    log = grown_and_copied(locked, *batches)
    seen: list[int] = []
    done = restore(locked, SIGNER.key, tmp_path / "log", seen.append)
    assert (done.checkpoint.size, done.checkpoints, done.beyond) == (sum(batches), len(batches), 0)
    assert seen[-1] == sum(batches)
    assert_is(tmp_path / "log", log)


def test_what_was_made_again_is_judged_like_any_other_log(locked: MemoryLocked, tmp_path: Path) -> None:
    """By the verifier that an outsider uses."""
    grown_and_copied(locked, *BATCHES)
    restore(locked, SIGNER.key, tmp_path / "log")
    found = verify_log(FolderSource(tmp_path / "log"), SIGNER.key)
    assert found.holds


def test_ranges_that_overlap_are_taken_once(locked: MemoryLocked, tmp_path: Path) -> None:
    """Two copiers at once, or one that was killed, leave such."""
    log = grown_and_copied(locked, *BATCHES)
    data = list(decode_bundle(locked.held[EntryRange(3, 253).path]))
    locked.put(EntryRange(3, 100).path, encode_bundle(data[:97]))
    locked.put(EntryRange(50, 253).path, encode_bundle(data[47:]))
    restore(locked, SIGNER.key, tmp_path / "log")
    assert_is(tmp_path / "log", log)


def test_entries_whose_checkpoint_was_not_copied_are_left_out_and_counted(locked: MemoryLocked, tmp_path: Path) -> None:
    """The copier was killed between the two."""
    grown_and_copied(locked, *BATCHES)
    del locked.held[checkpoint_path(SIZE)]
    done = restore(locked, SIGNER.key, tmp_path / "log")
    assert (done.checkpoint.size, done.beyond) == (SIZE - BATCHES[-1], BATCHES[-1])


def test_a_changed_entry_is_noticed_at_the_first_checkpoint_after_it(locked: MemoryLocked, tmp_path: Path) -> None:
    """R-AUD-4."""
    grown_and_copied(locked, *BATCHES)
    path = EntryRange(256, 556).path
    data = list(decode_bundle(locked.held[path]))
    data[9] = data[9].replace(b"evt_", b"evt-")
    locked.held[path] = encode_bundle(data)
    with pytest.raises(RestoreFailedError, match="up to 556"):
        restore(locked, SIGNER.key, tmp_path / "log")
    assert not (tmp_path / "log" / "checkpoint").exists()


def test_missing_entries_are_named(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    del locked.held[EntryRange(3, 253).path]
    with pytest.raises(RestoreFailedError, match="from 3 up to 253 are missing"):
        restore(locked, SIGNER.key, tmp_path / "log")


def test_a_copy_that_ends_too_soon_is_no_log(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    del locked.held[EntryRange(SIZE - 7, SIZE).path]
    with pytest.raises(RestoreFailedError, match=f"ends after {SIZE - 7} entries"):
        restore(locked, SIGNER.key, tmp_path / "log")


def forged(locked: MemoryLocked, size: int) -> bytes:
    """A checkpoint as the log's, signed by somebody else."""
    forger = local_signer("forger")
    root = open_checkpoint(locked.held[checkpoint_path(size)], SIGNER.key).root
    return sign_checkpoint(Checkpoint(ORIGIN, size, root), forger.key, forger.sign).encode().encode()


def test_a_checkpoint_signed_by_another_is_not_believed(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    locked.held[checkpoint_path(3)] = forged(locked, 3)
    with pytest.raises(RestoreFailedError, match="right --key"):
        restore(locked, SIGNER.key, tmp_path / "log")


def test_the_last_checkpoint_is_the_last_that_the_key_signed(locked: MemoryLocked, tmp_path: Path) -> None:
    """Anything larger may have been put there by anybody (R-AUD-7)."""
    grown_and_copied(locked, *BATCHES)
    locked.held[checkpoint_path(SIZE)] = forged(locked, SIZE)
    locked.put(checkpoint_path(1_000_000), b"junk")
    done = restore(locked, SIGNER.key, tmp_path / "log")
    assert (done.checkpoint.size, done.beyond) == (SIZE - BATCHES[-1], BATCHES[-1])
    assert [each.partition(":")[0] for each in done.aside] == [checkpoint_path(1_000_000), checkpoint_path(SIZE)]


def test_with_another_key_nothing_is_made(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    with pytest.raises(RestoreFailedError, match="right --key"):
        restore(locked, local_signer("another").key, tmp_path / "log")
    assert not (tmp_path / "log").exists()


def test_junk_in_the_copy_is_set_aside_and_named(locked: MemoryLocked, tmp_path: Path) -> None:
    """R-AUD-7: nobody can remove it for ten years, so it must not stand in the way."""
    log = grown_and_copied(locked, *BATCHES)
    junk = [f"{EntryRange(3, 253).path}x", EntryRange(0, 260).path, EntryRange(3, SIZE).path, "checkpoints/zzz"]
    for path in junk:
        locked.put(path, b"junk")
    locked.put(EntryRange(1, SIZE - 1).path, encode_bundle([b"{}"] * (SIZE - 2)))
    locked.put("entries/zzz", b"junk")
    done = restore(locked, SIGNER.key, tmp_path / "log")
    assert_is(tmp_path / "log", log)
    assert all(any(path in each for each in done.aside) for path in junk)


@pytest.mark.parametrize("path", [EntryRange(3, 253).path, checkpoint_path(253), checkpoint_path(SIZE)])
def test_what_was_put_over_an_object_does_not_hide_it(locked: MemoryLocked, tmp_path: Path, path: str) -> None:
    log = grown_and_copied(locked, *BATCHES)
    locked.overwrite(path, b"junk")
    restore(locked, SIGNER.key, tmp_path / "log")
    assert_is(tmp_path / "log", log)


def test_where_a_long_range_cannot_be_read_at_once_the_short_ones_are(
    locked: MemoryLocked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 leaves small objects where they are read at once, whatever the class; else they have to be brought back."""
    monkeypatch.setattr(copying, "GATHERED", 250)
    log = grown_and_copied(locked, *BATCHES)
    locked.put_away.add(EntryRange(0, 253).path)
    with pytest.raises(RestoreFailedError, match="Bring the objects under entries/ back"):
        restore(locked, SIGNER.key, tmp_path / "none")
    whole = decode_bundle(locked.held[EntryRange(0, 253).path])
    locked.put(EntryRange(3, 253).path, encode_bundle(whole[3:]))
    restore(locked, SIGNER.key, tmp_path / "log")
    assert_is(tmp_path / "log", log)


def test_a_log_is_made_up_to_a_size_that_is_asked_for(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    del locked.held[EntryRange(256, 556).path]
    with pytest.raises(RestoreFailedError, match="--size 256"):
        restore(locked, SIGNER.key, tmp_path / "none")
    done = restore(locked, SIGNER.key, tmp_path / "log", size=256)
    assert done.checkpoint.size == 256
    assert verify_log(FolderSource(tmp_path / "log"), SIGNER.key).holds


def test_a_checkpoint_under_another_size_is_not_believed(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    locked.held[checkpoint_path(253)] = locked.held[checkpoint_path(3)]
    with pytest.raises(RestoreFailedError, match="checkpoint of 3 entries"):
        restore(locked, SIGNER.key, tmp_path / "log")


def test_a_range_that_is_no_bundle_or_of_another_length_is_named(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    path = EntryRange(3, 253).path
    whole = locked.held[path]
    for damaged in (whole[:-1], encode_bundle(decode_bundle(whole)[:-1])):
        locked.held[path] = damaged
        with pytest.raises(RestoreFailedError, match=path):
            restore(locked, SIGNER.key, tmp_path / str(len(damaged)))


def test_an_empty_copy_is_no_log(locked: MemoryLocked, tmp_path: Path) -> None:
    with pytest.raises(RestoreFailedError, match="no checkpoint"):
        restore(locked, SIGNER.key, tmp_path / "log")


def test_a_folder_that_holds_something_is_not_touched(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, 3)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ValueError, match="not empty"):
        restore(locked, SIGNER.key, tmp_path)
    assert files_in(tmp_path) == {"mine": b"mine"}


def test_it_is_read_from_the_bucket(tmp_path: Path) -> None:
    """Every version of it: what is hidden or overwritten is still there."""
    with mock_aws():
        make_locked_bucket("locked")
        s3 = boto3.client("s3", region_name=REGION)
        log = grown_and_copied(S3Locked(s3, "locked"), *BATCHES)
        s3.put_object(Bucket="locked", Key=EntryRange(3, 253).path, Body=b"junk")
        s3.delete_object(Bucket="locked", Key=checkpoint_path(SIZE))
        restore(S3Locked(s3, "locked"), SIGNER.key, tmp_path / "log")
    assert_is(tmp_path / "log", log)


def live_of(log: Log) -> tuple[MemoryLocked, Live]:
    """The live log's files as they lie in a bucket with versions, and its table's checkpoints."""
    assert isinstance(log.objects, MemoryObjects)
    files = MemoryLocked(log.objects.held)
    return files, Live(files, lambda above: log.ledger.checkpoints(above, 1_000))


class TestTheLastMinute:
    """What was sealed and not copied yet: taken from whatever version of the live files gives a signed root."""

    @pytest.fixture
    def log(self, locked: MemoryLocked) -> Log:
        log = grown_and_copied(locked, *BATCHES)
        for count in (100, 150, 30):
            seal(log, messages(envelopes(count)), NOW)
        return log

    def test_it_is_made_again_too(self, log: Log, locked: MemoryLocked, tmp_path: Path) -> None:
        done = restore(locked, SIGNER.key, tmp_path / "log", live=live_of(log)[1])
        assert (done.checkpoint.size, done.later) == (SIZE + 280, 280)
        assert_is(tmp_path / "log", log)

    def test_older_versions_are_tried(self, log: Log, locked: MemoryLocked, tmp_path: Path) -> None:
        files, live = live_of(log)
        original = dict(files.held)
        for path in ("tile/entries/002", "tile/entries/003.p/75"):
            files.overwrite(path, encode_bundle([b"{}"] * 256))
            files.overwrite(path, b"junk")
        files.put("tile/entries/002.x", b"junk")
        restore(locked, SIGNER.key, tmp_path / "log", live=live)
        assert files_in(tmp_path / "log").items() <= original.items()

    def test_the_largest_size_is_taken_that_can_be_proven(self, log: Log, locked: MemoryLocked, tmp_path: Path) -> None:
        files, live = live_of(log)
        files.held["tile/entries/003.p/75"] = b"junk"
        done = restore(locked, SIGNER.key, tmp_path / "log", live=live)
        assert (done.checkpoint.size, done.later) == (SIZE + 250, 250)
        assert verify_log(FolderSource(tmp_path / "log"), SIGNER.key).holds

    def test_without_any_the_copy_is_what_there_is(self, log: Log, locked: MemoryLocked, tmp_path: Path) -> None:
        files, live = live_of(log)
        files.held.clear()
        done = restore(locked, SIGNER.key, tmp_path / "log", live=live)
        assert (done.checkpoint.size, done.later) == (SIZE, 0)


class TestPuttingBack:
    """R-AUD-7: from the folder the live log becomes what was signed, and goes on."""

    def test_what_is_missing_or_was_changed_is_put_back_and_the_log_goes_on(
        self, locked: MemoryLocked, tmp_path: Path
    ) -> None:
        log = grown_and_copied(locked, *BATCHES)
        files, live = live_of(log)
        restore(locked, SIGNER.key, tmp_path / "log", live=live)
        del files.held["tile/entries/000"], files.held["tile/0/002.p/51"], files.held["checkpoint"]
        files.held["tile/0/001"] = b"junk"
        wanted = PutBack(missing=["tile/entries/000", "tile/0/002.p/51"], changed=["tile/0/001"])
        for check in (True, False):
            done = put_back(tmp_path / "log", SIGNER.key, log.objects, check=check)
            assert (sorted(done.missing), done.changed, done.further) == (
                sorted(wanted.missing), wanted.changed, wanted.further,
            )  # fmt: skip
        assert put_back(tmp_path / "log", SIGNER.key, log.objects) == PutBack()
        seal(log, messages(envelopes(300)), NOW)
        copy(log, locked, MemoryPositions(), now, NOW + timedelta(hours=1))
        restore(locked, SIGNER.key, tmp_path / "again")
        assert_is(tmp_path / "again", log)

    def test_a_log_that_went_on_meanwhile_keeps_what_is_newer(self, locked: MemoryLocked, tmp_path: Path) -> None:
        log = grown_and_copied(locked, *BATCHES)
        restore(locked, SIGNER.key, tmp_path / "log")
        seal(log, messages(envelopes(300)), NOW)
        files, _ = live_of(log)
        before = dict(files.held)
        del files.held["tile/entries/001"], files.held["tile/entries/002.p/51"]
        done = put_back(tmp_path / "log", SIGNER.key, log.objects)
        assert (done.missing, done.changed, done.further) == (["tile/entries/001"], [], [])
        assert files.held == {path: held for path, held in before.items() if path != "tile/entries/002.p/51"}

    def test_a_file_that_goes_on_beyond_the_folder_is_left_alone_and_named(
        self, locked: MemoryLocked, tmp_path: Path
    ) -> None:
        log = grown_and_copied(locked, *BATCHES)
        restore(locked, SIGNER.key, tmp_path / "log")
        seal(log, messages(envelopes(300)), NOW)
        files, live = live_of(log)
        files.overwrite("tile/entries/002", encode_bundle([b"{}"] * 256))
        done = put_back(tmp_path / "log", SIGNER.key, log.objects)
        assert (done.missing, done.changed, done.further) == ([], [], ["tile/entries/002"])
        restore(locked, SIGNER.key, tmp_path / "longer", live=live)
        done = put_back(tmp_path / "longer", SIGNER.key, log.objects)
        assert (done.missing, done.changed, done.further) == ([], ["tile/entries/002"], [])

    def test_only_a_log_that_the_key_signed_is_put_back(self, locked: MemoryLocked, tmp_path: Path) -> None:
        log = grown_and_copied(locked, *BATCHES)
        restore(locked, SIGNER.key, tmp_path / "log")
        before = dict(live_of(log)[0].held)
        with pytest.raises(PutBackFailedError, match="no whole log"):
            put_back(tmp_path / "log", local_signer("another").key, log.objects)
        bundle = tmp_path / "log" / "tile/entries/000"
        bundle.write_bytes(encode_bundle([b"{}"] * 256))
        with pytest.raises(PutBackFailedError, match="not those that were signed"):
            put_back(tmp_path / "log", SIGNER.key, log.objects)
        bundle.unlink()
        with pytest.raises(PutBackFailedError, match="no whole log"):
            put_back(tmp_path / "log", SIGNER.key, log.objects)
        assert live_of(log)[0].held == before


def test_what_is_replaced_in_the_bucket_stays_as_an_old_version(locked: MemoryLocked, tmp_path: Path) -> None:
    """For whoever looks into the damage."""
    grown_and_copied(locked, *BATCHES)
    restore(locked, SIGNER.key, tmp_path / "log")
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        place: Any = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket="log", CreateBucketConfiguration=place)
        s3.put_bucket_versioning(Bucket="log", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="log", Key="tile/entries/001", Body=b"junk")
        done = put_back(tmp_path / "log", SIGNER.key, S3Objects(s3, "log"))
        assert (done.changed, done.further) == (["tile/entries/001"], [])
        assert put_back(tmp_path / "log", SIGNER.key, S3Objects(s3, "log")) == PutBack()
        assert next(S3Locked(s3, "log").versions("tile/entries/001")) == b"junk"
        assert S3Objects(s3, "log").read("checkpoint") == (tmp_path / "log" / "checkpoint").read_bytes()


def test_a_stage_without_a_copy_is_named() -> None:
    with mock_aws(), pytest.raises(ValueError, match="'nowhere' has no locked copy"):
        restore_log.data_output("nowhere", Place(boto3.Session(region_name=REGION)), "LockedBucket", "no locked copy")
