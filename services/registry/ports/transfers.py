"""What the transfer catalogue's use cases need of their store."""

from collections.abc import Collection, Sequence
from typing import Protocol

from services.registry.domain.transfers import TransferEntry
from services.registry.ports.departments import Position
from shared.contracts.change import Change, Stored


class Transfers(Protocol):
    """The catalogue's entries with all their versions, and the lists they are in."""

    def known_departments(self, department_ids: Collection[str]) -> Collection[str]:
        """Those of the departments that are registered."""

    def transfer(self, transfer_id: str) -> Stored[TransferEntry] | None:
        """An entry as it stands now, or None."""

    def version(self, transfer_id: str, version: int) -> TransferEntry | None:
        """An entry as it was written then, or None."""

    def entry_of(self, entry: TransferEntry) -> str | None:
        """The id of the entry that records the same transfer, or None."""

    def save_transfer(self, change: Change[TransferEntry], before: TransferEntry | None) -> None:
        """Write an entry's next version. Raises Taken when another entry records the same transfer."""

    def page(
        self, code: str | None, giver: str | None, taker: str | None, limit: int, position: Position | None
    ) -> tuple[Sequence[TransferEntry], Position | None]:
        """One page of the catalogue, or of the part that one of the three names, the latest transfers first."""
