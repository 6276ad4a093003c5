"""Judging receipts: pure, offline, with nothing but the issuer's root key (R-HND-8, R-AUD-5).

    ReceiptError
    └── ReceiptRefuted      a check failed; `reason` tells which, and the checks are made in the order of `Reason`

Expiry and revocation refuse only what is dated later: a receipt dated before stays good for ever. Whoever stole a
revoked key can date receipts as he likes, but cannot put their events into the log: `check_logged` tells them apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from shared.contracts.evidence import Fact
from shared.contracts.receipts import (
    Certificate,
    CertificateBody,
    ReceiptBody,
    ReceiptError,
    ReceiptKind,
    Revocation,
    RevocationBody,
    RevocationList,
    Signable,
    SignedReceipt,
)
from shared.kernel.clock import to_text
from shared.kernel.notes import NoteError, VerifierKey, decode_base64, verifies


class Reason(StrEnum):
    """Which check failed; each is a different finding."""

    MALFORMED = "malformed"
    CERTIFICATE_OF_ANOTHER_ISSUER = "certificate_of_another_issuer"
    CERTIFICATE_UNSIGNED = "certificate_unsigned"
    BEFORE_CERTIFICATE = "before_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    REVOCATIONS_OF_ANOTHER_ISSUER = "revocations_of_another_issuer"
    REVOCATIONS_UNSIGNED = "revocations_unsigned"
    CERTIFICATE_REVOKED = "certificate_revoked"
    RECEIPT_UNSIGNED = "receipt_unsigned"
    HALVES_DIFFER = "halves_differ"
    EVENT_NOT_PROVEN = "event_not_proven"
    EVENT_DIFFERS = "event_differs"


class ReceiptRefuted(ReceiptError):
    """The receipt does not hold, for this reason."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ReceiptFact:
    """What a receipt proves: the issuer said this, with this certificate."""

    body: ReceiptBody
    certificate: CertificateBody
    revoked_later: Revocation | None = None
    """Set where the certificate was revoked after the receipt's date: then its event in the log is what proves it."""


def verify_receipt(receipt: SignedReceipt, root: VerifierKey, revocations: RevocationList | None = None) -> ReceiptFact:
    """What a receipt proves, given the issuer's root key. Raises ReceiptRefuted at the first check that fails.

    Without `revocations` nothing is known of revoked certificates.
    """
    body, certificate = receipt.body, receipt.certificate.body
    _check_certificate(receipt.certificate, body, root)
    revoked = verify_revocations(revocations, root).find(certificate.serial) if revocations else None
    if revoked and body.at >= revoked.revoked_at:
        detail = f"{certificate.serial} was revoked as of {to_text(revoked.revoked_at)}: {revoked.reason}"
        raise ReceiptRefuted(Reason.CERTIFICATE_REVOKED, detail)
    if not _is_signed(body, receipt.signature, _decoded(certificate.public_key)):
        raise ReceiptRefuted(Reason.RECEIPT_UNSIGNED, f"not signed with the key of {certificate.serial}")
    return ReceiptFact(body, certificate, revoked)


def verify_revocations(revocations: RevocationList, root: VerifierKey) -> RevocationBody:
    """What a revocation list says. Raises ReceiptRefuted unless the issuer signed it."""
    body = revocations.body
    if body.issuer != root.name:
        raise ReceiptRefuted(Reason.REVOCATIONS_OF_ANOTHER_ISSUER, f"it is the list of {body.issuer}")
    if not _is_signed(body, revocations.signature, root.public_key):
        raise ReceiptRefuted(Reason.REVOCATIONS_UNSIGNED, f"the list is not signed with the key of {root.name}")
    return body


_OF_BOTH_HALVES: Final = (
    "issuer",
    "case_id",
    "case_number",
    "push_id",
    "stage",
    "sender",
    "department",
    "item_id",
    "item_code",
    "item_version",
    "content_hash",
)


def verify_handover(
    push: SignedReceipt, claim: SignedReceipt, root: VerifierKey, revocations: RevocationList | None = None
) -> tuple[ReceiptFact, ReceiptFact]:
    """What the two halves of a hand-over record prove together. Raises ReceiptRefuted as `verify_receipt` does.

    HALVES_DIFFER: they are not a push half and its own claim half.
    """
    facts = verify_receipt(push, root, revocations), verify_receipt(claim, root, revocations)
    _check_join(push.body, claim.body)
    return facts


def check_logged(facts: Iterable[ReceiptFact], proven: Iterable[Fact]) -> None:
    """Hold receipts against what an evidence file proves: the event each names is in the log, and says the same.

    Raises ReceiptRefuted with EVENT_NOT_PROVEN or EVENT_DIFFERS.
    """
    logged = {fact.envelope.id: fact for fact in proven}
    for fact in facts:
        event = logged.get(fact.body.event_id)
        if event is None:
            detail = f"the evidence does not prove {fact.body.event_id}, which the receipt names"
            raise ReceiptRefuted(Reason.EVENT_NOT_PROVEN, detail)
        _check_event(fact.body, event)


def _check_certificate(certificate: Certificate, receipt: ReceiptBody, root: VerifierKey) -> None:
    body = certificate.body
    if not receipt.issuer == body.issuer == root.name:
        detail = f"receipt of {receipt.issuer}, certificate of {body.issuer}, key of {root.name}"
        raise ReceiptRefuted(Reason.CERTIFICATE_OF_ANOTHER_ISSUER, detail)
    if not _is_signed(body, certificate.signature, root.public_key):
        raise ReceiptRefuted(Reason.CERTIFICATE_UNSIGNED, f"{body.serial} is not signed with the key of {root.name}")
    if receipt.at < body.not_before:
        detail = f"dated {to_text(receipt.at)}, valid from {to_text(body.not_before)}"
        raise ReceiptRefuted(Reason.BEFORE_CERTIFICATE, detail)
    if receipt.at > body.not_after:
        detail = f"dated {to_text(receipt.at)}, valid until {to_text(body.not_after)}"
        raise ReceiptRefuted(Reason.CERTIFICATE_EXPIRED, detail)


def _check_join(push: ReceiptBody, claim: ReceiptBody) -> None:
    if (push.kind, claim.kind) != (ReceiptKind.PUSH, ReceiptKind.CLAIM):
        raise ReceiptRefuted(Reason.HALVES_DIFFER, f"a {push.kind} half and a {claim.kind} half")
    other = [name for name in _OF_BOTH_HALVES if getattr(push, name) != getattr(claim, name)]
    if other:
        raise ReceiptRefuted(Reason.HALVES_DIFFER, f"the halves differ in {', '.join(other)}")
    if claim.push_half != push.digest():
        raise ReceiptRefuted(Reason.HALVES_DIFFER, "the claim half joins another push half")
    if claim.at < push.at or claim.event_sequence <= push.event_sequence:
        raise ReceiptRefuted(Reason.HALVES_DIFFER, "the claim comes before the push")


def _check_event(body: ReceiptBody, event: Fact) -> None:
    said = (body.case_id, body.event_sequence, body.event_hash, body.at)
    envelope = event.envelope
    if said != (envelope.subject, envelope.sequence, envelope.hash(), envelope.time):
        raise ReceiptRefuted(Reason.EVENT_DIFFERS, f"{envelope.id} is logged with another case, place, hash or time")
    told: dict[str, Any] = event.payload.body.get("push", {}) if event.payload else {}
    receipt = body.model_dump(mode="json")
    other = [name for name in _OF_BOTH_HALVES if name in told and told[name] != receipt[name]]
    if other:
        raise ReceiptRefuted(Reason.EVENT_DIFFERS, f"{envelope.id} tells otherwise of {', '.join(other)}")


def _is_signed(body: Signable, signature: str, public_key: bytes) -> bool:
    try:
        message = body.message()
    except ValueError as error:  # a number no other program could tell exactly
        raise ReceiptRefuted(Reason.MALFORMED, str(error)) from None
    return verifies(public_key, _decoded(signature), message)


def _decoded(text: str) -> bytes:
    try:
        return decode_base64(text)
    except NoteError as error:
        raise ReceiptRefuted(Reason.MALFORMED, str(error)) from None
