"""What oversight's logic needs of the outside, as protocols; store.py is the real thing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Protocol

from services.oversight.domain import Watch
from shared.contracts.change import Change, Stored
from shared.contracts.oversight import Finding

State = Literal["open", "closed"]


class Findings(Protocol):
    """Findings with their chains, and what we know of the causes they are about."""

    def watch(self, key: str) -> Watch | None:
        """What we know of one cause (domain.Cause.key), strongly consistent."""

    def finding(self, finding_id: str) -> Stored[Finding] | None:
        """A finding and its chain, strongly consistent."""

    def keep(self, before: Watch | None, after: Watch) -> None:
        """Write a watch, if it still is what was read. Raises Outdated."""

    def save(self, change: Change[Finding], before: Watch, after: Watch) -> None:
        """Write a finding and the watch it comes from in one transaction. Raises Outdated, AlreadyDone."""

    def due(self, now: datetime) -> Iterable[str]:
        """The keys of the watches to be looked at, as an index shows them: it may be a moment old."""

    def page(
        self, department: str | None, state: State | None, *, limit: int, before: str | None
    ) -> tuple[tuple[Finding, ...], str | None]:
        """One page of a department's or of all findings, newest first, and where the next page starts."""
