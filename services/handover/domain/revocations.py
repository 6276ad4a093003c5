"""Which certificates of receipts' keys are not to be relied on any more (吊销清单, R-HND-8)."""

from datetime import datetime
from typing import Final

from shared.contracts.receipts import Revocation, RevocationBody

LIST: Final = "crl_receipt_certificates"
"""The aggregate that keeps the list; its events are in the public log like all others."""


def with_revocation(
    known: RevocationBody | None, issuer: str, revocation: Revocation, now: datetime
) -> RevocationBody | None:
    """The list with one more entry, issued now; None where it says as much already.

    Nothing is ever taken from it: a receipt is judged for as long as somebody keeps it. Raises ValueError for a
    revocation to come, since nobody knows of a leak beforehand.
    """
    if revocation.revoked_at > now:
        raise ValueError("a certificate is revoked as of now or an instant in the past")
    entries = known.entries if known else ()
    earlier = known.find(revocation.serial) if known else None
    if earlier and earlier.revoked_at <= revocation.revoked_at:
        return None
    return RevocationBody(issuer=issuer, issued_at=now, entries=(*entries, revocation))
