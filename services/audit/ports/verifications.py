"""Verifications of the whole log, and the queue on which their work waits (R-AUD-4)."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from services.audit.domain.verifications import FullVerification, Progress, RangeResult
from shared.contracts.change import Change, Stored


class Verifications(Protocol):
    """What was asked for, how far each is, what came of each range."""

    def verification(self, verification_id: str) -> Stored[FullVerification] | None:
        """A verification as it stands now, but for its progress."""

    def save(self, change: Change[FullVerification], due: datetime | None) -> None:
        """Write a change, and when somebody is to look whether it goes on. Raises as `Journal.commit`."""

    def progress(self, verification_id: str) -> Progress:
        """How far it is."""

    def is_done(self, verification_id: str, start: int) -> bool:
        """Whether the range that begins there was verified."""

    def keep(self, verification_id: str, result: RangeResult) -> None:
        """Keep a range's result and count it, in one; a range is counted once."""

    def results(self, verification_id: str) -> Iterable[RangeResult]:
        """The results there are, in the order of the log."""


class Work(Protocol):
    """Audit's own queue."""

    def send(self, texts: Collection[str]) -> None:
        """Put messages on it. Raises Unavailable when not all were taken; what was taken may be sent again."""
