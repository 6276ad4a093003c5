"""What searching, and keeping the index searches are answered from, need of their store."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.registry.domain.search import Indexed, Spelling


class Hit(NamedTuple):
    """A term that begins with what was typed: the item, how its name was spelled then, where to go on after it."""

    code: str
    term: str
    spelling: Spelling
    place: str


class SearchIndex(Protocol):
    """The terms items are found by, and for each item which of its names are in."""

    def hits(self, typed: str, limit: int, after: str | None) -> Sequence[Hit]:
        """The next terms that begin with what was typed, in a stable order; fewer than `limit` only at the end."""

    def indexed(self, code: str) -> Indexed:
        """What is in the index of an item (strongly consistent)."""

    def write(self, code: str, spelling: Spelling) -> None:
        """Put every term of an item's name there; again is harmless."""

    def erase(self, code: str, spelling: Spelling) -> None:
        """Take every term of an item's name away; again is harmless."""

    def settle(self, code: str, before: Indexed, after: Indexed) -> bool:
        """Note what is in the index now, provided that it is noted as it was read; whether it was."""
