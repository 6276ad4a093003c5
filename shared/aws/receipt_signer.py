"""Receipts signed in process, by a key that KMS certifies once per process and rotation (R-HND-8).

    process starts ── first receipt: make a key, KMS signs its certificate ── every further receipt: 40 µs, no call
                      ├── after `renewed_after`: the next receipt makes a new key; the old one is forgotten
                      └── once a minute, if a receipt is asked for: was the certificate revoked? Then likewise

A failing KMS stops nobody who holds a valid certificate: renewing is tried again after a pause. A list of revocations
that cannot be read stops nobody either, but is counted.
"""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from shared.contracts.receipts import Certificate, CertificateBody, ReceiptBody, RevocationBody, RevocationList
from shared.contracts.receipts import SignedReceipt as Receipt
from shared.kernel.clock import Clock, utc_now
from shared.kernel.errors import Unavailable
from shared.kernel.ids import new_id
from shared.kernel.notes import Sign, SigningKey, verifies
from shared.observability import count, logger

VALID: Final = timedelta(hours=24)
RENEWED_AFTER: Final = timedelta(hours=12)

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A certificate is valid this long before it was made: a chain's clock may stand before or behind ours (R-HND-7)."""

RETRIED_AFTER: Final = timedelta(minutes=1)
"""After a failed renewal, so that not every push waits for a KMS that does not answer."""

HEEDED_EVERY: Final = timedelta(minutes=1)
"""A revoked certificate signs no longer than this; asking is a read of one row, and not worth one at every push."""

Revoked = Callable[[], frozenset[str]]
"""The serial numbers of all certificates ever revoked. Raises ValueError for a list that cannot be read."""


@dataclass(frozen=True, slots=True)
class _Certified:
    certificate: Certificate
    sign: Sign
    renewed_from: datetime

    def covers(self, at: datetime) -> bool:
        body = self.certificate.body
        return body.not_before <= at <= body.not_after


class ReceiptSigner:
    """Signs receipts; threads may share it. `root` is asked for at the first certificate and never before.

    `revoked` is asked while signing, once in HEEDED_EVERY, and its own certificate is given up when it is listed.
    """

    def __init__(
        self,
        issuer: str,
        root: Callable[[], SigningKey],
        revoked: Revoked,
        clock: Clock = utc_now,
        *,
        valid: timedelta = VALID,
        renewed_after: timedelta = RENEWED_AFTER,
    ) -> None:
        if not timedelta() < renewed_after < valid:
            raise ValueError("a certificate is renewed while it is valid")
        self.issuer = issuer
        self._root = root
        self._revoked = revoked
        self._clock = clock
        self._valid = valid
        self._renewed_after = renewed_after
        self._current: _Certified | None = None
        self._heeded_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def sign(self, body: ReceiptBody) -> Receipt:
        """The signed receipt. Raises Unavailable where no certificate covers its date and none can be had."""
        certified = self._certified(body.at)
        return Receipt(
            body=body,
            certificate=certified.certificate,
            signature=_text(certified.sign(body.message())),
        )

    def _certified(self, at: datetime) -> _Certified:
        now = self._clock()
        self._heed_revocations(now)
        usable = self._usable(at, now)
        if usable and now < usable.renewed_from:
            return usable
        if not self._lock.acquire(blocking=usable is None) and usable:
            return usable  # another thread renews it at this moment
        try:
            usable = self._usable(at, now)  # unless it has
            if usable is None or now >= usable.renewed_from:
                usable = self._current = self._renewed(usable, at, now)
            return usable
        finally:
            self._lock.release()

    def _heed_revocations(self, now: datetime) -> None:
        if self._current is None or now < self._heeded_at + HEEDED_EVERY:
            return
        self._heeded_at = now  # before the answer: other threads go on signing meanwhile
        try:
            revoked = self._revoked()
        except (PynamoDBException, BotoCoreError, ClientError, ValueError) as error:
            logger().warning("revocations not read", extra={"error": type(error).__name__})
            count("RevocationsUnread")
            return
        with self._lock:  # whoever renews may put back what they began with
            self._give_up(revoked)

    def _give_up(self, revoked: frozenset[str]) -> None:
        current = self._current
        if current is not None and current.certificate.body.serial in revoked:
            self._current = None
            logger().warning("receipts' key given up", extra={"certificate": current.certificate.body.serial})

    def _usable(self, at: datetime, now: datetime) -> _Certified | None:
        current = self._current
        return current if current and current.covers(at) and current.covers(now) else None

    def _renewed(self, usable: _Certified | None, at: datetime, now: datetime) -> _Certified:
        try:
            return self._new(at, now)
        except (BotoCoreError, ClientError) as error:
            logger().warning("receipts' key not certified", extra={"error": type(error).__name__})
            count("ReceiptKeysNotCertified")
            if usable is None:
                raise Unavailable from error
            return replace(usable, renewed_from=now + RETRIED_AFTER)

    def _new(self, at: datetime, now: datetime) -> _Certified:
        # Here: loading OpenSSL costs a start that signs nothing.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

        key = Ed25519PrivateKey.generate()
        body = CertificateBody(
            serial=new_id("crt"),
            issuer=self.issuer,
            public_key=_text(key.public_key().public_bytes_raw()),
            # A chain whose last event another server dated ahead of us must not be without receipts.
            not_before=min(now, at) - CLOCKS_DIFFER,
            not_after=max(now, at) + self._valid,
        )
        certificate = Certificate(body=body, signature=_signed(self._root(), body.message()))
        self._heeded_at = now  # what is made now is not revoked yet
        logger().info("receipts' key certified", extra={"certificate": body.serial})
        return _Certified(certificate, key.sign, now + self._renewed_after)


def sign_revocations(root: SigningKey, body: RevocationBody) -> RevocationList:
    """The list signed by the root key. Raises ValueError when the root's two halves do not belong together."""
    return RevocationList(body=body, signature=_signed(root, body.message()))


def _signed(root: SigningKey, message: bytes) -> str:
    signature = root.sign(message)
    if not verifies(root.key.public_key, signature, message):
        raise ValueError(f"what was signed for {root.key.name} does not verify with its public key")
    return _text(signature)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
