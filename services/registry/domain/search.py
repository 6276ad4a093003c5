"""Finding items by a part of the name, of its pinyin initials (拼音首字母), or by a code's beginning (R-REG-5).

Every place of a name, and of its initials, at which a search may begin is a term; so is the code. What was typed is
looked for among the terms that begin with it: an exact search inside names whose cost follows the hits, not the list.
Case, width, blanks and punctuation never matter.
"""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from services.registry.domain.faults import fault
from shared.contracts.model import Contract, Instant
from shared.kernel.errors import refuse_fields

SHORTEST, LONGEST = 2, 40
"""How many characters a search needs at least (they name the bucket) and may have at most (a term has no more)."""

MOST_READINGS = 8
"""How many ways of reading one name aloud are kept; a polyphone (多音字) that no phrase settles gives several."""

_UNREAD = "?"
"""Stands for a character without a reading; nobody can search for it."""


class Spelling(NamedTuple):
    """A name as it is searched: plain, and the initials of each way of reading it. All are of one length."""

    name: str
    initials: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.name, *self.initials))

    @classmethod
    def of(cls, text: str) -> "Spelling":
        """A spelling from its text; plain names have no blanks."""
        name, *initials = text.split(" ")
        return cls(name, tuple(initials))


class Indexed(Contract):
    """What is in the index of one item: spellings of its names, and those being taken away since an instant.

    `revision` counts every change of this note, so that of two at work at once only one can write it.
    """

    revision: int = 0
    present: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    since: Instant | None = None


def plain(text: str) -> str:
    """A text as searches compare it: letters, digits and characters alone, of one width and one case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in folded if each.isalnum())


def wanted(typed: str) -> str:
    """What was typed, in plain form. Raises Refused("invalid_fields") for what is too short or too long to search."""
    found = plain(typed)
    if len(found) < SHORTEST:
        refuse_fields([fault("query:q", "search_too_short", least=str(SHORTEST))])
    if len(found) > LONGEST:
        refuse_fields([fault("query:q", "search_too_long", most=str(LONGEST))])
    return found


def spell(name: str) -> Spelling:
    """A name with its initials: as phrases are read, then with each other reading of one polyphone, at most eight."""
    # A quarter of a second to import, and only the queue's worker needs it.
    from pypinyin import Style, pinyin  # noqa: PLC0415

    text = plain(name)
    letters: list[list[str]] = []
    for readings in pinyin(text, style=Style.FIRST_LETTER, heteronym=True):
        # What is no Chinese comes as it is, as many characters as there are.
        letters += (
            [[plain(each)[:1] or _UNREAD for each in readings]] if len(readings[0]) == 1 else map(list, readings[0])
        )
    return Spelling(text, tuple(_readings(letters)))


def _readings(letters: list[list[str]]) -> Iterator[str]:
    usual = "".join(each[0] for each in letters)
    yield usual
    left = MOST_READINGS - 1
    for place, readings in enumerate(letters):
        for other in dict.fromkeys(readings[1:]):
            if left and other != readings[0]:
                left -= 1
                yield f"{usual[:place]}{other}{usual[place + 1 :]}"


def terms(spelling: Spelling, code: str) -> frozenset[str]:
    """Every term an item is found by."""
    texts = (spelling.name, *spelling.initials)
    found = {text[place : place + LONGEST] for text in texts for place in range(len(text))}
    return frozenset(each for each in (*found, plain(code)[:LONGEST]) if len(each) >= SHORTEST)


def bucket(term: str) -> str:
    """Where a term lies, and every search that finds it."""
    return term[:SHORTEST]


def first_term(spelling: Spelling, code: str, typed: str) -> str | None:
    """Of the terms of an item that begin with what was typed the first, under which a search shows it; None: no hit."""
    return min((each for each in terms(spelling, code) if each.startswith(typed)), default=None)
