"""Builders for receipts: a root key, a clock to set, the halves of one hand-over and the log that holds its events."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.aws.receipt_signer import ReceiptSigner, sign_revocations
from shared.contracts.event import Event
from shared.contracts.receipts import (
    ReceiptBody,
    ReceiptKind,
    Revocation,
    RevocationBody,
    RevocationList,
    SignedReceipt,
)
from shared.contracts.vocabulary import Stage
from shared.kernel.ids import push_id
from tests.support.audit_builders import local_signer
from tests.support.evidence_builders import CASE, a_chain

ISSUER = "shenguan.example/receipts"
ROOT = local_signer("receipts", ISSUER)
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)

EVENTS = a_chain(2)
"""The events of the hand-over that `the_halves` are the receipts of."""


def nothing_revoked() -> frozenset[str]:
    """The revocation list while there is none."""
    return frozenset()


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


def a_signer(clock: Callable[[], datetime] = lambda: NOW, **periods: timedelta) -> ReceiptSigner:
    return ReceiptSigner(ISSUER, lambda: ROOT, nothing_revoked, clock, **periods)


def a_body(event: Event = EVENTS[0], **other: Any) -> ReceiptBody:
    """What a push half says of an event."""
    said: dict[str, Any] = {
        "kind": ReceiptKind.PUSH,
        "issuer": ISSUER,
        "case_id": CASE,
        "case_number": "示审〔2026〕0001号",
        "push_id": push_id(CASE, 1),
        "stage": Stage.DECISION,
        "sender": "dept_approval_bureau",
        "department": "dept_market_regulation",
        "item_id": "item_01JABCDEFGHJKMNPQRSTVWXYZ0",
        "item_code": "000131000000",
        "item_version": 3,
        "content_hash": "c" * 64,
        "at": event.time,
        "event_id": event.id,
        "event_sequence": event.sequence,
        "event_hash": event.hash(),
    }
    return ReceiptBody.model_validate(said | other)


def a_claim_of(push: ReceiptBody, event: Event = EVENTS[1], **other: Any) -> ReceiptBody:
    """What the claim half of a push half says."""
    said = push.model_dump() | {
        "kind": ReceiptKind.CLAIM,
        "at": event.time,
        "event_id": event.id,
        "event_sequence": event.sequence,
        "event_hash": event.hash(),
        "rule": "R-HND-5 confirm",
        "claimant": "cli_liaison_0001",
        "push_half": push.digest(),
    }
    return ReceiptBody.model_validate(said | other)


def the_halves(signer: ReceiptSigner | None = None) -> tuple[SignedReceipt, SignedReceipt]:
    signer = signer or a_signer()
    push = a_body()
    return signer.sign(push), signer.sign(a_claim_of(push))


def revoked(*serials: str, at: datetime = NOW, reason: str = "a process leaked its memory") -> RevocationList:
    entries = tuple(Revocation(serial=serial, revoked_at=at, reason=reason) for serial in serials)
    return sign_revocations(ROOT, RevocationBody(issuer=ISSUER, issued_at=at, entries=entries))
