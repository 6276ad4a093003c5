"""Whether the log is sealing (R-AUD-6)."""

from datetime import datetime

from services.audit.domain.health import Health, health_of
from services.audit.logic.reading import published
from services.audit.ports.log import Log


def health(log: Log, now: datetime) -> Health:
    """How the sealing is doing."""
    return health_of(log.ledger.head(), published(log).size, now)
