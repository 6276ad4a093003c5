"""What the use cases need of the world outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from services.feedback.domain.threads import KnownCase, ThreadState
from shared.contracts.change import Change, Context, Stored
from shared.contracts.feedback import Thread

Position = Mapping[str, Any]
"""Where a page starts: the table's own words, carried in a signed cursor."""


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Some threads and where the next page starts (None at the end)."""

    threads: tuple[Thread, ...]
    position: Position | None


class Threads(Protocol):
    """Threads, and what we know of cases from handover's events."""

    def case(self, case_id: str) -> KnownCase | None:
        """A case handover told us of, or None."""

    def was_pushed(self, case_id: str, department: str) -> bool:
        """Whether handover told us of a push of the case to the department."""

    def keep_case(self, case: KnownCase, version: int, context: Context) -> None:
        """Keep a case as of the case chain's `version`, unless a newer one is kept. Raises AlreadyDone."""

    def keep_push(self, case_id: str, department: str, push_id: str, version: int, context: Context) -> None:
        """Keep that a case was pushed to a department. Raises AlreadyDone."""

    def thread(self, thread_id: str) -> Stored[Thread] | None:
        """A thread as it stands now, or None."""

    def save(self, change: Change[Thread]) -> None:
        """Write a thread, its events and the lists it is in. Raises AlreadyDone, Outdated."""

    def inbox(self, department: str, state: ThreadState, limit: int, position: Position | None) -> ThreadPage:
        """Threads addressed to a department, newest first; eventually consistent."""

    def threads_of(self, case_id: str, limit: int, position: Position | None) -> ThreadPage:
        """Threads about a case, newest first; strongly consistent."""
