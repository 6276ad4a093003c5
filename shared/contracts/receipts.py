"""Receipts (回执): what every push and every claim answers with, to be checked offline by anyone, for ever (R-HND-8).

A hand-over record has two halves: the push half says that the bureau delivered, the claim half that responsibility
passed. Each is signed in process with a short-lived Ed25519 key; the key's certificate, signed by a root key in KMS,
travels in the receipt. What is signed of anything here is two lines: its format, and the SHA-256 of its RFC 8785 form
in hexadecimal. So no format can be taken for another, and KMS signs a list of any length.

Judging receipts is shared.contracts.receipt_checks; docs/evidence.md tells it to other languages.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, Protocol

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from shared.contracts.event import Body
from shared.contracts.model import (
    Checked,
    Code,
    Contract,
    Disagreement,
    Identifier,
    Instant,
    Sha256,
    ShortText,
)
from shared.contracts.vocabulary import Stage
from shared.kernel.canonical import canonical_json, sha256_hex

RECEIPT: Final = "shenguan-receipt/1"
CERTIFICATE: Final = "shenguan-certificate/1"
REVOCATIONS: Final = "shenguan-revocations/1"

IssuerName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s+]+$")]
"""The name of a root key, as its verifier key tells it (C2SP signed-note)."""

PublicKeyText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""The 32 bytes of an Ed25519 public key, in base64."""

SignatureText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")]
"""The 64 bytes of an Ed25519 signature, in base64."""


class ReceiptError(ValueError):
    """A text is no receipt, or no revocation list. The text of the error says where it is not."""


class ReceiptKind(StrEnum):
    """The half of a hand-over record that a receipt is."""

    PUSH = "push"  # 推送回执
    CLAIM = "claim"  # 认领回执


class Signable(Checked):
    """What can be signed."""

    # Text is hashed as it stands, so nothing is stripped.
    model_config = ConfigDict(str_strip_whitespace=False)

    format: str

    def digest(self) -> str:
        """SHA-256 of the RFC 8785 form, in hexadecimal. Raises ValueError where there is no such form."""
        return sha256_hex(canonical_json(self.model_dump(mode="json")))

    def message(self) -> bytes:
        """The two lines that are signed. Raises ValueError as `digest` does."""
        return f"{self.format}\n{self.digest()}\n".encode()


_OF_CLAIMS: Final = ("rule", "claimant", "push_half")


class ReceiptBody(Signable):
    """What a receipt says: what passed from whom to whom, when, and which event of the case's chain recorded it.

    `at` is the event's instant. The event's hash binds the receipt to the chain and so to the public log. A claim half
    cites the rule, names the client that claimed, and joins its push half by that one's digest.
    """

    format: Literal["shenguan-receipt/1"] = RECEIPT
    kind: ReceiptKind
    issuer: IssuerName
    case_id: Identifier
    case_number: ShortText
    push_id: Identifier
    stage: Stage
    sender: Identifier
    department: Identifier
    item_id: Identifier | None
    item_code: Code
    item_version: Annotated[int, Field(ge=1)] | None
    content_hash: Sha256
    at: Instant
    event_id: Identifier
    event_sequence: Annotated[int, Field(ge=1)]
    event_hash: Sha256
    rule: ShortText | None = None
    claimant: ShortText | None = None
    push_half: Sha256 | None = None

    def disagreements(self) -> list[Disagreement]:
        """A claim half has all of its three fields, a push half none."""
        claim = self.kind is ReceiptKind.CLAIM
        return [
            Disagreement(name, "认领回执必填,推送回执不填", "A claim half needs it, a push half has none")
            for name in _OF_CLAIMS
            if (getattr(self, name) is not None) is not claim
        ]


class CertificateBody(Signable):
    """A short-lived key that may sign receipts dated from `not_before` to `not_after`, both included."""

    format: Literal["shenguan-certificate/1"] = CERTIFICATE
    serial: Identifier
    issuer: IssuerName
    purpose: Literal["receipt"] = "receipt"
    public_key: PublicKeyText
    not_before: Instant
    not_after: Instant

    def disagreements(self) -> list[Disagreement]:
        """It is valid for some time."""
        if self.not_before < self.not_after:
            return []
        return [Disagreement("not_after", "须晚于 not_before", "Later than not_before")]


class Certificate(Contract):
    """A certificate, signed by the issuer's root key."""

    body: CertificateBody
    signature: SignatureText


class SignedReceipt(Contract):
    """A receipt with all that is needed to judge it, but the root key: the judge has that from elsewhere."""

    body: ReceiptBody
    certificate: Certificate
    signature: SignatureText


class Revocation(Contract):
    """A certificate not to be relied on for what is dated `revoked_at` or later."""

    serial: Identifier
    revoked_at: Instant
    reason: ShortText


class RevocationBody(Signable):
    """Every certificate of an issuer that was ever revoked, as of `issued_at`."""

    format: Literal["shenguan-revocations/1"] = REVOCATIONS
    issuer: IssuerName
    issued_at: Instant
    entries: tuple[Revocation, ...] = ()

    def find(self, serial: str) -> Revocation | None:
        """The earliest revocation of a certificate, or None."""
        found = (entry for entry in self.entries if entry.serial == serial)
        return min(found, key=lambda entry: entry.revoked_at, default=None)


class RevocationList(Contract):
    """A revocation list, signed by the issuer's root key."""

    body: RevocationBody
    signature: SignatureText


class CertificateRevoked(Body):
    """A certificate of a receipts' key was revoked (`certificate.revoked`, R-HND-8)."""

    TYPE: ClassVar[str] = "certificate.revoked.v1"
    issuer: IssuerName
    revocation: Revocation


class PublishedRoot(Contract):
    """What an issuer publishes for whoever judges its receipts: the root key, and what was ever revoked."""

    issuer: IssuerName
    key: ShortText
    """The root's verifier key, as one line (C2SP signed-note)."""
    revocations: RevocationList | None
    """None while no certificate was ever revoked."""


class Signer(Protocol):
    """What signs receipts (shared.aws.receipt_signer is the real one)."""

    @property
    def issuer(self) -> str:
        """The name that receipts are issued under: the body's `issuer`."""

    def sign(self, body: ReceiptBody) -> SignedReceipt:
        """The signed receipt. Raises Unavailable when there is no certificate and none can be had."""


def read_receipt(text: str | bytes) -> SignedReceipt:
    """The receipt of a text. Nothing is verified. Raises ReceiptError naming the first place that is wrong."""
    try:
        return SignedReceipt.model_validate_json(text)
    except ValidationError as error:
        raise _unreadable(error) from None


def read_revocations(text: str | bytes) -> RevocationList:
    """The revocation list of a text. Nothing is verified. Raises ReceiptError as `read_receipt` does."""
    try:
        return RevocationList.model_validate_json(text)
    except ValidationError as error:
        raise _unreadable(error) from None


def _unreadable(error: ValidationError) -> ReceiptError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = "/".join(map(str, first["loc"])) or "the file"
    return ReceiptError(f"{where}: {first['msg']}")
