"""Receipts as they are given again, and the operator's order to revoke a certificate."""

from typing import Annotated

from pydantic import StringConstraints

from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.contracts.receipts import SignedReceipt


class HandoverRecord(Contract):
    """The hand-over record of a push: its push half, and a claim half for every claim, in the order they were given."""

    push_id: Identifier
    receipts: tuple[SignedReceipt, ...]


class RevokeRequest(Contract):
    """Which certificate is not to be relied on for what is dated `since` (now, unless given) or later, and why."""

    serial: Annotated[str, StringConstraints(pattern=r"^crt_[0-9A-Z]{26}$")]
    reason: ShortText
    since: Instant | None = None


class Revoked(Contract):
    """What came of it; `added` is false where the list said as much already."""

    serial: str
    added: bool
    entries: int
