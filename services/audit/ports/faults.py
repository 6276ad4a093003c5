"""Where findings about the log are kept and listed (R-AUD-4)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.audit.domain.faults import FoundFault
from shared.contracts.change import Change


class Faults(Protocol):
    """Findings, each once."""

    def save(self, change: Change[FoundFault]) -> None:
        """Keep a finding and tell of it, in one. Raises Outdated when it is kept already."""

    def page(
        self, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[Sequence[FoundFault], Mapping[str, Any] | None]:
        """Findings, newest first, as an index shows them; where the next page begins."""
