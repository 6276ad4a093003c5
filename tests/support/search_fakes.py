"""A search index in memory that lets others act between any two of its steps, as two functions at once would."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.registry.domain.search import Indexed, Spelling, terms
from services.registry.ports.search import Hit


@dataclass
class SearchInMemory:
    """Terms by item and spelling, and the note of what is in; `meanwhile` is called before each step."""

    rows: set[tuple[str, str, str]] = field(default_factory=set)
    notes: dict[str, Indexed] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None

    def hits(self, typed: str, limit: int, after: str | None) -> Sequence[Hit]:
        found = sorted(f"{term}#{code}#{text}" for term, code, text in self.rows if term.startswith(typed))
        going_on = [each for each in found if after is None or each > after][:limit]
        split = (each.split("#") for each in going_on)
        return [Hit(code, term, Spelling.of(text), f"{term}#{code}#{text}") for term, code, text in split]

    def indexed(self, code: str) -> Indexed:
        self.meanwhile()
        return self.notes.get(code, Indexed())

    def write(self, code: str, spelling: Spelling) -> None:
        for term in sorted(terms(spelling, code)):
            self.meanwhile()
            self.rows.add((term, code, str(spelling)))

    def erase(self, code: str, spelling: Spelling) -> None:
        for term in sorted(terms(spelling, code)):
            self.meanwhile()
            self.rows.discard((term, code, str(spelling)))

    def settle(self, code: str, before: Indexed, after: Indexed) -> bool:
        self.meanwhile()
        if self.notes.get(code, Indexed()).revision != before.revision:
            return False
        self.notes[code] = after
        return True
