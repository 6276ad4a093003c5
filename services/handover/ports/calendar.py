"""What setting limits anew needs of the store."""

from typing import Protocol


class Calendars(Protocol):
    """Cases by the official calendar they wait for."""

    def wait_on(self, case_id: str, year: int | None) -> None:
        """Let a case wait for a later year, or (None) for none; nothing where it has come to wait for one meanwhile."""
