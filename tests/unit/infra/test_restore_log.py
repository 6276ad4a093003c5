"""A log is made again from its locked copy alone, and proven by its key (R-AUD-7, ADR 24)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra import restore_log
from infra.deploy import Place
from infra.restore_log import BucketCopy, RestoreFailedError, restore
from localstack.log_source import FolderSource
from localstack.log_verdict import verify_log
from services.audit.domain.copies import EntryRange, checkpoint_path
from services.audit.logic.copying import copy
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log
from services.audit.store.locked import S3Locked
from shared.kernel.notes import Checkpoint, open_checkpoint, sign_checkpoint
from shared.kernel.tiles import decode_bundle, encode_bundle, new_bundles, tiles_of
from tests.support.audit_builders import NOW, ORIGIN, SIGNER, a_log, envelopes, local_signer, messages
from tests.support.aws import REGION, make_locked_bucket
from tests.support.copy_builders import MemoryLocked
from tests.support.lag_builders import MemoryPositions

BATCHES = (3, 250, 1, 2, 300, 7)
SIZE = sum(BATCHES)


class MemoryCopy:
    """The copy in memory, as it is read."""

    def __init__(self, locked: MemoryLocked) -> None:
        self.locked = locked

    def paths(self, prefix: str) -> Iterator[str]:
        return iter(self.locked.after(prefix))

    def read(self, path: str) -> bytes:
        return self.locked.read(path)


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
    monkeypatch.setattr(restore_log, "_AT_ONCE", at_once)
    log = grown_and_copied(locked, *batches)
    seen: list[int] = []
    done = restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log", seen.append)
    assert (done.checkpoint.size, done.checkpoints, done.beyond) == (sum(batches), len(batches), 0)
    assert seen[-1] == sum(batches)
    assert_is(tmp_path / "log", log)


def test_what_was_made_again_is_judged_like_any_other_log(locked: MemoryLocked, tmp_path: Path) -> None:
    """By the verifier that an outsider uses."""
    grown_and_copied(locked, *BATCHES)
    restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")
    found = verify_log(FolderSource(tmp_path / "log"), SIGNER.key)
    assert found.holds


def test_ranges_that_overlap_are_taken_once(locked: MemoryLocked, tmp_path: Path) -> None:
    """Two copiers at once, or one that was killed, leave such."""
    log = grown_and_copied(locked, *BATCHES)
    data = list(decode_bundle(locked.held[EntryRange(3, 253).path]))
    locked.put(EntryRange(3, 100).path, encode_bundle(data[:97]))
    locked.put(EntryRange(50, 253).path, encode_bundle(data[47:]))
    restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")
    assert_is(tmp_path / "log", log)


def test_entries_whose_checkpoint_was_not_copied_are_left_out_and_counted(locked: MemoryLocked, tmp_path: Path) -> None:
    """The copier was killed between the two."""
    grown_and_copied(locked, *BATCHES)
    del locked.held[checkpoint_path(SIZE)]
    done = restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")
    assert (done.checkpoint.size, done.beyond) == (SIZE - BATCHES[-1], BATCHES[-1])


def test_a_changed_entry_is_noticed_at_the_first_checkpoint_after_it(locked: MemoryLocked, tmp_path: Path) -> None:
    """R-AUD-4."""
    grown_and_copied(locked, *BATCHES)
    path = EntryRange(256, 556).path
    data = list(decode_bundle(locked.held[path]))
    data[9] = data[9].replace(b"evt_", b"evt-")
    locked.held[path] = encode_bundle(data)
    with pytest.raises(RestoreFailedError, match="up to 556"):
        restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")
    assert not (tmp_path / "log" / "checkpoint").exists()


def test_missing_entries_are_named(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    del locked.held[EntryRange(3, 253).path]
    with pytest.raises(RestoreFailedError, match="from 3 up to 253 are missing"):
        restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")


def test_a_copy_that_ends_too_soon_is_no_log(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    del locked.held[EntryRange(SIZE - 7, SIZE).path]
    with pytest.raises(RestoreFailedError, match=f"ends after {SIZE - 7} entries"):
        restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")


@pytest.mark.parametrize("size", [3, SIZE])
def test_a_checkpoint_signed_by_another_is_not_believed(locked: MemoryLocked, tmp_path: Path, size: int) -> None:
    grown_and_copied(locked, *BATCHES)
    forger = local_signer("forger")
    root = open_checkpoint(locked.held[checkpoint_path(size)], SIGNER.key).root
    forged = sign_checkpoint(Checkpoint(ORIGIN, size, root), forger.key, forger.sign)
    locked.held[checkpoint_path(size)] = forged.encode().encode()
    with pytest.raises(RestoreFailedError, match="right --key"):
        restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")


def test_a_checkpoint_under_another_size_is_not_believed(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    locked.held[checkpoint_path(253)] = locked.held[checkpoint_path(3)]
    with pytest.raises(RestoreFailedError, match="checkpoint of 3 entries"):
        restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")


def test_a_range_that_is_no_bundle_or_of_another_length_is_named(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, *BATCHES)
    path = EntryRange(3, 253).path
    whole = locked.held[path]
    for damaged in (whole[:-1], encode_bundle(decode_bundle(whole)[:-1])):
        locked.held[path] = damaged
        with pytest.raises(RestoreFailedError, match=path):
            restore(MemoryCopy(locked), SIGNER.key, tmp_path / str(len(damaged)))


def test_an_empty_copy_is_no_log(locked: MemoryLocked, tmp_path: Path) -> None:
    with pytest.raises(RestoreFailedError, match="no checkpoint"):
        restore(MemoryCopy(locked), SIGNER.key, tmp_path / "log")


def test_a_folder_that_holds_something_is_not_touched(locked: MemoryLocked, tmp_path: Path) -> None:
    grown_and_copied(locked, 3)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ValueError, match="not empty"):
        restore(MemoryCopy(locked), SIGNER.key, tmp_path)
    assert files_in(tmp_path) == {"mine": b"mine"}


def test_it_is_read_from_the_bucket(tmp_path: Path) -> None:
    with mock_aws():
        make_locked_bucket("locked")
        s3 = boto3.client("s3", region_name=REGION)
        log = grown_and_copied(S3Locked(s3, "locked"), *BATCHES)
        restore(BucketCopy(s3, "locked"), SIGNER.key, tmp_path / "log")
    assert_is(tmp_path / "log", log)


def test_a_stage_without_a_copy_is_named() -> None:
    with mock_aws(), pytest.raises(ValueError, match="'nowhere' has no locked copy"):
        restore_log.locked_bucket("nowhere", Place(boto3.Session(region_name=REGION)))
