"""Whether new pushes are accepted while the audit log may not be sealing (R-AUD-6)."""

from datetime import datetime, timedelta

from shared.kernel.clock import to_text
from shared.kernel.errors import Refused, Words

_NEVER_HEARD = Words("启用此项检查", "this check was switched on")


def check_sealing(sealed_through: datetime | None, limit: timedelta, now: datetime) -> None:
    """Raises Refused("log_not_sealing") when events of longer ago than `limit` may not be in the log.

    Never having heard that it is sealing counts as not: this is for the day when those who would say so are silent.
    """
    if sealed_through is None:
        raise Refused("log_not_sealing", since=_NEVER_HEARD)
    if now - sealed_through > limit:
        raise Refused("log_not_sealing", since=to_text(sealed_through))
