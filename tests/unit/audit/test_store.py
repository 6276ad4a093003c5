"""The ledger on DynamoDB and the files on S3, in moto; the key through KMS's interface."""

import boto3
import pytest

from services.audit.domain.log import Head, Leaf, LogDamagedError
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log, Missing
from shared.contracts.change import Outdated
from shared.contracts.dockets import Docket
from shared.kernel.notes import Checkpoint, open_checkpoint, sign_checkpoint
from tests.support.audit_builders import (
    NOW,
    ORIGIN,
    SIGNER,
    Wire,
    assert_sound,
    envelopes,
    local_signer,
    messages,
    wired,
)
from tests.support.crashes import Killed, kill
from tests.unit.audit.conftest import BUCKET

LEAF = Leaf(index=0, hash="a" * 64, docket=Docket(principal="cli_liaison_0001"))


def test_sealed_batches_are_sound_on_dynamodb_and_s3(log: Log) -> None:
    given = envelopes(130)
    seal(log, messages(given[:50]), NOW)
    seal(log, messages(given[40:]), NOW)
    assert_sound(log, given, [50])


@pytest.mark.parametrize("at", range(0, 30, 3))
def test_a_sealer_killed_on_dynamodb_and_s3_loses_and_doubles_nothing(log: Log, at: int) -> None:
    first, second = envelopes(20), envelopes(7)
    seal(log, messages(first), NOW)
    try:
        seal(wired(log, Wire(at, kill)), messages(second), NOW)
    except Killed:
        seal(log, messages(second), NOW)
    assert_sound(log, [*first, *second], [20])


def test_the_head_moves_only_from_where_it_was_read(log: Log) -> None:
    one, two = Head(size=1, root="1" * 64), Head(size=2, root="2" * 64)
    log.ledger.swap(Head(), one)
    for stale in (Head(), Head(size=1, root="3" * 64), Head(size=7, root="1" * 64)):
        with pytest.raises(Outdated):
            log.ledger.swap(stale, two)
    assert log.ledger.head() == one


def test_what_is_indexed_is_found_with_its_docket_and_may_be_indexed_again(log: Log) -> None:
    leaves = {f"evt_{number:010d}": LEAF.model_copy(update={"index": number}) for number in range(60)}
    log.ledger.index(leaves)
    log.ledger.index(leaves)
    assert log.ledger.leaves([*leaves, "evt_never_there"]) == leaves


def test_the_first_checkpoint_of_a_size_stays(log: Log) -> None:
    assert log.ledger.latest_checkpoint() is None
    for size in (9, 10, 9):
        log.ledger.keep_checkpoint(size, f"note of {size}")
    log.ledger.keep_checkpoint(10, "another")
    assert log.ledger.latest_checkpoint() == log.ledger.checkpoint(10) == "note of 10"
    assert log.ledger.checkpoint(11) is None


def test_an_object_is_written_once_and_a_different_one_is_an_alarm(log: Log) -> None:
    with pytest.raises(Missing):
        log.objects.read("tile/0/000")
    log.objects.put("tile/0/000", b"content")
    log.objects.put("tile/0/000", b"content")
    with pytest.raises(LogDamagedError, match="tile/0/000"):
        log.objects.put("tile/0/000", b"another")
    assert log.objects.read("tile/0/000") == b"content"


def test_the_checkpoint_object_never_goes_back(log: Log) -> None:
    notes = {
        size: sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), SIGNER.key, SIGNER.sign).encode()
        for size in (0, 9, 10)
    }
    for size in (0, 9, 10, 9, 0, 10):
        log.objects.put_checkpoint(notes[size], SIGNER.key)
    assert log.objects.read("checkpoint").decode() == notes[10]


FORGER = local_signer("forger")


def forged(size: int, origin: str = ORIGIN) -> bytes:
    """A checkpoint of some size under a key that says it is the log's."""
    return sign_checkpoint(Checkpoint(origin, size, bytes(32)), FORGER.key, FORGER.sign).encode().encode()


@pytest.mark.parametrize(
    "junk",
    [b"x", b"", b"\xff\xfe", forged(10**9), forged(5, "elsewhere"), f"{ORIGIN}\n{'9' * 5_000}\n\n".encode()],
    ids=["no note", "empty", "no text", "a forger's", "of another log", "a number without end"],
)
def test_what_somebody_put_in_the_checkpoints_place_does_not_stop_the_sealing(log: Log, junk: bytes) -> None:
    """R-AUD-6: else one put stopped every seal, and with fail-closed every push. The object only follows the row."""
    boto3.client("s3").put_object(Bucket=BUCKET, Key="checkpoint", Body=junk)
    sealed = seal(log, messages(envelopes(3)), NOW)
    assert sealed.sealed == 3
    note = log.objects.read("checkpoint").decode()
    assert note == log.ledger.latest_checkpoint()
    assert open_checkpoint(note, SIGNER.key).size == 3
