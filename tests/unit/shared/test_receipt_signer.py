"""Receipts are signed in process by a key KMS certifies once per process and rotation (R-HND-8)."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from pynamodb.exceptions import GetError

from shared.aws.kms import kms_signer
from shared.aws.receipt_signer import CLOCKS_DIFFER, HEEDED_EVERY, RETRIED_AFTER, ReceiptSigner, sign_revocations
from shared.contracts.receipt_checks import verify_receipt
from shared.contracts.receipts import SignedReceipt
from shared.kernel.errors import Unavailable
from shared.kernel.notes import SigningKey
from tests.support.audit_builders import local_signer
from tests.support.kms_fakes import KmsWithOneKey
from tests.support.receipt_builders import ISSUER, NOW, ROOT, Clock, a_body, nothing_revoked, revoked

HOUR = timedelta(hours=1)
ERRORS = [
    ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Sign"),
    ConnectTimeoutError(endpoint_url="kms"),
]


class Root:
    """The root key in KMS, which can be made to fail."""

    def __init__(self) -> None:
        self.kms = KmsWithOneKey(ROOT)
        self.asked = 0
        self.failing: Exception | None = None

    def __call__(self) -> SigningKey:
        self.asked += 1
        if self.failing:
            raise self.failing
        return kms_signer(cast(Any, self.kms), "key", ISSUER)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root() -> Root:
    return Root()


@pytest.fixture
def signer(root: Root, clock: Clock) -> ReceiptSigner:
    return ReceiptSigner(ISSUER, root, nothing_revoked, clock)


class Revoked:
    """The list of revocations, which can be made to fail; how often it was read."""

    def __init__(self) -> None:
        self.serials: set[str] = set()
        self.read = 0
        self.failing: Exception | None = None

    def __call__(self) -> frozenset[str]:
        self.read += 1
        if self.failing:
            raise self.failing
        return frozenset(self.serials)


def serial(receipt: SignedReceipt) -> str:
    return receipt.certificate.body.serial


def test_kms_is_asked_once_however_many_receipts_are_signed(signer: ReceiptSigner, root: Root, clock: Clock) -> None:
    assert root.asked == 0
    for _ in range(50):
        verify_receipt(signer.sign(a_body(at=clock.now)), ROOT.key)
        clock.pass_by(timedelta(minutes=10))
    assert root.kms.signed == 1


def test_the_key_is_renewed_while_pushes_go_on(signer: ReceiptSigner, root: Root, clock: Clock) -> None:
    first = signer.sign(a_body(at=clock.now))
    clock.pass_by(12 * HOUR)
    second = signer.sign(a_body(at=clock.now))
    assert serial(first) != serial(second)
    assert first.certificate.body.public_key != second.certificate.body.public_key
    assert root.kms.signed == 2
    verify_receipt(first, ROOT.key)
    verify_receipt(second, ROOT.key)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_failing_kms_stops_nobody_who_holds_a_valid_certificate(
    signer: ReceiptSigner, root: Root, clock: Clock, error: Exception
) -> None:
    first = signer.sign(a_body(at=clock.now))
    root.failing = error
    clock.pass_by(12 * HOUR)
    for _ in range(3):
        assert serial(signer.sign(a_body(at=clock.now))) == serial(first)
    assert root.asked == 2  # once to begin with, once to renew: not at every push
    clock.pass_by(RETRIED_AFTER)
    signer.sign(a_body(at=clock.now))
    assert root.asked == 3
    root.failing = None
    clock.pass_by(RETRIED_AFTER)
    assert serial(signer.sign(a_body(at=clock.now))) != serial(first)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_without_a_certificate_there_is_no_receipt(
    signer: ReceiptSigner, root: Root, clock: Clock, error: Exception
) -> None:
    root.failing = error
    with pytest.raises(Unavailable):
        signer.sign(a_body())
    root.failing = None
    signer.sign(a_body())
    root.failing = error
    clock.pass_by(24 * HOUR + timedelta(milliseconds=1))
    with pytest.raises(Unavailable):
        signer.sign(a_body(at=clock.now))


def test_an_expired_key_signs_nothing_even_if_it_is_dated_back(signer: ReceiptSigner, root: Root, clock: Clock) -> None:
    """A Lambda process may sleep for a day between two pushes."""
    signer.sign(a_body())
    root.failing = ERRORS[0]
    clock.pass_by(25 * HOUR)
    with pytest.raises(Unavailable):
        signer.sign(a_body(at=NOW))


@pytest.mark.parametrize("apart", [-2 * HOUR, -CLOCKS_DIFFER, timedelta(), CLOCKS_DIFFER, 30 * HOUR], ids=str)
def test_a_receipt_holds_though_the_chain_s_clock_stands_before_or_behind_ours(
    signer: ReceiptSigner, root: Root, apart: timedelta
) -> None:
    """R-HND-7: a chain's time never runs backwards, so an event may be dated by a faster server's clock."""
    for at in (NOW, NOW + apart, NOW, NOW + apart):
        verify_receipt(signer.sign(a_body(at=at)), ROOT.key)
    assert root.kms.signed <= 2


def test_while_one_thread_renews_the_others_go_on_with_the_present_key(root: Root, clock: Clock) -> None:
    renewing, renewed = threading.Event(), threading.Event()

    def slowly() -> SigningKey:
        if root.asked:
            renewing.set()
            assert renewed.wait(10)
        return root()

    signer = ReceiptSigner(ISSUER, slowly, nothing_revoked, clock)
    first = signer.sign(a_body())
    clock.pass_by(13 * HOUR)
    signed: list[SignedReceipt] = []
    thread = threading.Thread(target=lambda: signed.append(signer.sign(a_body(at=clock.now))))
    thread.start()
    assert renewing.wait(10)
    assert serial(signer.sign(a_body(at=clock.now))) == serial(first)
    renewed.set()
    thread.join()
    assert serial(signed[0]) == serial(signer.sign(a_body(at=clock.now))) != serial(first)


def test_a_revoked_certificate_signs_for_a_minute_at_most(root: Root, clock: Clock) -> None:
    """R-HND-8: whoever copied the key can sign with it for as long as we go on doing so unnoticed."""
    revoked = Revoked()
    signer = ReceiptSigner(ISSUER, root, revoked, clock)
    leaked = signer.sign(a_body())
    revoked.serials.add(serial(leaked))
    clock.pass_by(HEEDED_EVERY)
    after = signer.sign(a_body(at=clock.now))
    assert serial(after) != serial(leaked)
    assert after.certificate.body.public_key != leaked.certificate.body.public_key
    verify_receipt(after, ROOT.key)
    assert root.kms.signed == 2
    clock.pass_by(HEEDED_EVERY)
    assert serial(signer.sign(a_body(at=clock.now))) == serial(after)


def test_the_list_is_read_once_a_minute_and_by_nobody_who_does_not_sign(root: Root, clock: Clock) -> None:
    revoked = Revoked()
    signer = ReceiptSigner(ISSUER, root, revoked, clock)
    for _ in range(5):
        signer.sign(a_body(at=clock.now))
    assert revoked.read == 0  # its certificate is younger than any list
    clock.pass_by(HOUR)
    assert revoked.read == 0
    for _ in range(5):
        signer.sign(a_body(at=clock.now))
    assert revoked.read == 1


@pytest.mark.parametrize("error", [*ERRORS, GetError("no table"), ValueError("no list")], ids=repr)
def test_a_list_that_cannot_be_read_stops_nobody_and_is_counted(
    root: Root, clock: Clock, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    revoked = Revoked()
    signer = ReceiptSigner(ISSUER, root, revoked, clock)
    first = signer.sign(a_body())
    revoked.serials.add(serial(first))
    revoked.failing = error
    clock.pass_by(HEEDED_EVERY)
    for _ in range(3):
        assert serial(signer.sign(a_body(at=clock.now))) == serial(first)
    assert revoked.read == 1  # not at every push
    assert capsys.readouterr().out.count('"RevocationsUnread":[1.0]') == 1
    revoked.failing = None
    clock.pass_by(HEEDED_EVERY)
    assert serial(signer.sign(a_body(at=clock.now))) != serial(first)


def test_where_the_certificate_is_revoked_and_kms_fails_there_is_no_receipt(root: Root, clock: Clock) -> None:
    """Such a receipt would be refused by whoever judges it, at once and for ever."""
    revoked = Revoked()
    signer = ReceiptSigner(ISSUER, root, revoked, clock)
    revoked.serials.add(serial(signer.sign(a_body())))
    root.failing = ERRORS[0]
    for _ in range(2):
        clock.pass_by(12 * HOUR)
        with pytest.raises(Unavailable):
            signer.sign(a_body(at=clock.now))


def test_who_fails_to_renew_does_not_bring_a_revoked_certificate_back(root: Root, clock: Clock) -> None:
    renewing, listed = threading.Event(), threading.Event()
    revoked = Revoked()

    def slowly() -> SigningKey:
        if root.asked == 1:
            renewing.set()
            assert listed.wait(10)
            root.asked += 1
            raise ERRORS[0]
        return root()

    signer = ReceiptSigner(ISSUER, slowly, revoked, clock)
    leaked = signer.sign(a_body())
    clock.pass_by(13 * HOUR)
    thread = threading.Thread(target=lambda: signer.sign(a_body(at=clock.now)))
    thread.start()
    assert renewing.wait(10)
    revoked.serials.add(serial(leaked))
    clock.pass_by(HEEDED_EVERY)
    after: list[SignedReceipt] = []
    second = threading.Thread(target=lambda: after.append(signer.sign(a_body(at=clock.now))))
    second.start()
    listed.set()
    thread.join()
    second.join()
    assert serial(after[0]) != serial(leaked)
    assert serial(signer.sign(a_body(at=clock.now))) == serial(after[0])


def test_what_a_mixed_up_root_key_signed_does_not_go_out(clock: Clock) -> None:
    mixed = replace(ROOT, sign=local_signer("another").sign)
    with pytest.raises(ValueError, match="does not verify"):
        ReceiptSigner(ISSUER, lambda: mixed, nothing_revoked, clock).sign(a_body())
    with pytest.raises(ValueError, match="does not verify"):
        sign_revocations(mixed, revoked().body)


def test_a_certificate_is_renewed_while_it_is_valid() -> None:
    with pytest.raises(ValueError, match="renewed"):
        ReceiptSigner(ISSUER, lambda: ROOT, nothing_revoked, valid=HOUR, renewed_after=HOUR)
