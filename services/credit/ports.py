"""What credit's use cases need of the world outside."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.credit.domain.lookups import LoggedLookup, LookupAnswer
from shared.contracts.change import Change, Context, Stored
from shared.contracts.credit import CreditRecord

Position = Mapping[str, Any]
"""Where a page starts, in the store's own words; callers only see it signed."""


class CreditFiles(Protocol):
    """Subjects' files and the lookups made of them."""

    def file(self, subject: str) -> Sequence[CreditRecord]:
        """All records of a subject, strongly consistent."""

    def file_page(
        self, subject: str, limit: int, position: Position | None
    ) -> tuple[Sequence[CreditRecord], Position | None]:
        """One page of a subject's records, newest decision first, and where the next page starts."""

    def record(self, record_id: str) -> Stored[CreditRecord] | None:
        """A record as it stands now, or None."""

    def save_record(self, change: Change[CreditRecord]) -> None:
        """Write a record, its event and its place in the subject's file. Raises AlreadyDone, Outdated."""

    def note_seen(self, context: Context) -> None:
        """Remember that an event was consumed and changed nothing. Raises AlreadyDone."""

    def lookup(self, lookup_id: str) -> Stored[LookupAnswer] | None:
        """A lookup with its answer, or None."""

    def save_lookup(self, change: Change[LookupAnswer]) -> None:
        """Write a lookup, its event and its place in the list of the subject's. Raises AlreadyDone."""

    def lookups_page(
        self, subject: str, limit: int, position: Position | None
    ) -> tuple[Sequence[LoggedLookup], Position | None]:
        """One page of the lookups made of a subject, newest first; eventually consistent."""
