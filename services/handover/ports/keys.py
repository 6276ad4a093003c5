"""What a batch needs of the journal: a key for the whole, first answers for its parts, and its refusals on record."""

from typing import Protocol

from shared.contracts.change import Desk, Once


class Keys(Desk, Protocol):
    """The journal, as whoever does several things under one key sees it."""

    def use(self, once: Once) -> None:
        """Use a key for several changes, each with a key of its own. Raises AlreadyDone when it was used before."""
