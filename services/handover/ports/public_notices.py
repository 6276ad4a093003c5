"""What public notices need of their store, beside the cases they are part of."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.handover.domain.public_notices import Objection
from shared.contracts.change import Change
from shared.contracts.public_notices import PublicNotice


class PublicNotices(Protocol):
    """Notices as the public sees them, and what is said against them."""

    def notice(self, notice_id: str) -> PublicNotice | None:
        """A notice as it stands now, strongly consistent."""

    def shown(self, *, limit: int, before: str | None) -> tuple[Sequence[PublicNotice], str | None]:
        """A page of the open notices, newest first, and where the next page starts."""

    def file_objection(self, change: Change[Objection]) -> None:
        """Write an objection while its notice is open. Raises Taken when it is not, AlreadyDone."""

    def objections(
        self, notice_id: str, *, limit: int, position: Mapping[str, Any] | None
    ) -> tuple[Sequence[Objection], Mapping[str, Any] | None]:
        """A page of what was said against a notice, oldest first, strongly consistent."""

    def count(self, notice_id: str, most: int) -> int:
        """How much was said against it, strongly consistent; `most` where it is that or more."""
