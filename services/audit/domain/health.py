"""How the sealing is doing, and how far behind it is, end to end (R-AUD-6)."""

from datetime import datetime, timedelta
from enum import StrEnum

from services.audit.domain.log import Head
from shared.contracts.model import Contract, Instant, ShortText
from shared.kernel.clock import to_text

LATE_AFTER = timedelta(minutes=3)
STOPPED_AFTER = timedelta(minutes=5)
"""What the alarm waits for as well (services/audit/template.yaml)."""


class Standing(StrEnum):
    """How the sealing is doing, in one word."""

    UNMEASURED = "unmeasured"
    SEALING = "sealing"
    LATE = "late"
    STOPPED = "stopped"


WORDS: dict[Standing, tuple[str, str]] = {
    Standing.UNMEASURED: (
        "封存情况尚未测量;部署后约一分钟内可见。",
        "Not measured yet; it shows about a minute after deployment.",
    ),
    Standing.SEALING: (
        "封存正常:截至 {through} 的事件均已入账。",
        "Sealing: every event up to {through} is in the log.",
    ),
    Standing.LATE: (
        "封存迟缓:截至 {through} 的事件已入账,其后的尚未全部入账。",
        "Late: events up to {through} are in the log, later ones not all.",
    ),
    Standing.STOPPED: (
        "封存中断:自 {through} 起的事件未能入账。请运维人员立即处理。",
        "Stopped: events since {through} are not reaching the log. Operations must look at once.",
    ),
}


class Progress(Contract):
    """How far the log had come when it was last measured: events up to `through` are published."""

    through: Instant | None = None
    size: int = 0


class Health(Contract):
    """How the sealing is doing (R-AUD-6), in words and numbers.

    `sealed_through`: events that happened up to then are published. `lag_seconds` is how long ago that was; measured
    once a minute, so up to a minute is nothing. `pending_since`: since when a decided batch waits to be published.
    """

    size: int
    sealed_at: Instant | None
    pending_since: Instant | None
    sealed_through: Instant | None
    lag_seconds: int
    standing: Standing
    zh: ShortText
    en: ShortText


def health_of(head: Head, published: int, progress: Progress, now: datetime) -> Health:
    """The log's health, given the size of its last published checkpoint and what was last measured."""
    standing = standing_of(progress, now)
    through = to_text(progress.through) if progress.through else ""
    zh, en = WORDS[standing]
    return Health(
        size=published,
        sealed_at=head.sealed_at,
        pending_since=head.sealed_at if head.size > published else None,
        sealed_through=progress.through,
        lag_seconds=lag_seconds(progress, now),
        standing=standing,
        zh=zh.format(through=through),
        en=en.format(through=through),
    )


def lag_seconds(progress: Progress, now: datetime) -> int:
    """How long ago the newest instant was up to which everything is published; 0 before the first measurement."""
    return max(int((now - progress.through).total_seconds()), 0) if progress.through else 0


def standing_of(progress: Progress, now: datetime) -> Standing:
    """How the sealing is doing, by its lag."""
    if progress.through is None:
        return Standing.UNMEASURED
    lag = now - progress.through
    if lag > STOPPED_AFTER:
        return Standing.STOPPED
    return Standing.LATE if lag > LATE_AFTER else Standing.SEALING
