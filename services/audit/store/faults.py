"""Findings about the log in DynamoDB.

| pk | sk | what |
|---|---|---|
| `flt_…` | `head`, `event#1` | a finding and the event that told of it; the id is the hash of what was found |
| `flt_…` | `listed` | its place in the list `faults`, newest first |
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.audit.domain.faults import FoundFault
from shared.aws.journal import Journal
from shared.aws.listing import read_page
from shared.aws.transactions import put_new
from shared.contracts.change import Change
from shared.kernel.clock import to_text

_LISTED: Final = "listed"
_LIST: Final = "faults"


class FaultStore:
    """Findings, on the service's own table."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._table = journal.table

    def save(self, change: Change[FoundFault]) -> None:
        """Keep a finding, its event and its place in the list."""
        found = change.state
        listed = self._table(
            pk=found.fault_id,
            sk=_LISTED,
            body=found.model_dump_json(),
            listing=_LIST,
            listing_at=f"{to_text(found.found_at)}#{found.fault_id}",
        )
        self._journal.commit(change, [put_new(_LISTED, listed)])

    def page(
        self, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[Sequence[FoundFault], Mapping[str, Any] | None]:
        """Findings, newest first."""
        page = read_page(self._table, _LIST, limit=limit, position=position)
        return [FoundFault.model_validate_json(row.body or "{}") for row in page.rows], page.position
