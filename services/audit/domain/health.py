"""How the sealing is doing (R-AUD-6)."""

from datetime import datetime

from services.audit.domain.log import Head
from shared.contracts.model import Contract, Instant


class Health(Contract):
    """How the sealing is doing (R-AUD-6). `lag_seconds` is the age of a batch decided but not yet published."""

    size: int
    sealed_at: Instant | None
    pending_since: Instant | None
    lag_seconds: int


def health_of(head: Head, published: int, now: datetime) -> Health:
    """The log's health, given the size of its last published checkpoint."""
    pending = head.sealed_at if head.size > published else None
    lag = int((now - pending).total_seconds()) if pending else 0
    return Health(size=published, sealed_at=head.sealed_at, pending_since=pending, lag_seconds=max(lag, 0))
