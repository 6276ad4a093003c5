"""Revoking the certificate of a receipts' key, and publishing what receipts are judged by (R-HND-8)."""

from services.handover.domain import SOURCE
from services.handover.domain.revocations import LIST, with_revocation
from services.handover.ports.revocations import Issuer, Revocations
from services.handover.schemas.receipts import Revoked, RevokeRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, change
from shared.contracts.receipts import CertificateRevoked, PublishedRoot, Revocation


def revoke(revocations: Revocations, issuer: Issuer, context: Context, request: RevokeRequest) -> Revoked:
    """Put a certificate on the list, as of now unless an earlier instant is given; the same again changes nothing.

    Raises Outdated when another was revoked at the same moment (nothing was written: do it again), ValueError for an
    instant to come.
    """
    stored = revocations.current()
    head = stored.head if stored else ChainHead()
    now = head.not_before(context.now)
    revocation = Revocation(serial=request.serial, revoked_at=request.since or now, reason=request.reason)
    known = stored.state.body if stored else None
    body = with_revocation(known, issuer.key.name, revocation, now)
    if body is not None:
        told = CertificateRevoked(issuer=issuer.key.name, revocation=revocation)
        revocations.save(change(SOURCE, LIST, head, issuer.sign_list(body), [told], context))
    listed = body or known
    entries = listed.entries if listed else ()
    return Revoked(serial=request.serial, added=body is not None, entries=len(entries))


def published_root(revocations: Revocations, issuer: Issuer) -> PublishedRoot:
    """What whoever judges a receipt needs besides it."""
    stored = revocations.current()
    return PublishedRoot(issuer=issuer.key.name, key=issuer.key.vkey, revocations=stored.state if stored else None)
