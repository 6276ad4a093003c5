"""Keeping the search index as the published list is (R-REG-5).

What is done depends on what stands, never on what an event says, so events may come late, twice, or in any order, and
two may be handled at once:

1. the terms of a new name are written; only then the name is noted as present;
2. an old name is noted as leaving; only then its terms are erased; then the note goes.

Each note is written only if it is as it was read, and while one erases, the others wait. So a name is noted as present
only if none of its terms can have been erased since they were written. Whoever loses such a race looks again. What died
half-way is finished by the redelivery of its event, and a term left over shows nothing, since each hit is checked
against its item.
"""

from datetime import timedelta

from services.registry.domain.lists import Listed, is_public
from services.registry.domain.search import Indexed, Spelling, spell
from services.registry.ports.public import PublicList
from services.registry.ports.search import SearchIndex
from shared.contracts.change import Context, Outdated

_ATTEMPTS = 4

ERASING = timedelta(minutes=1)
"""How long whoever noted a name as leaving may be at work; our functions are dead after half of it."""


def index_item(index: SearchIndex, public: PublicList, context: Context, code: str, told: str) -> None:
    """Bring the index of an item up to its public versions. `told` is the name an event told of, should it have ended.

    Raises Outdated while another erases; the event is delivered again.
    """
    touched = {str(spell(told))}
    for _ in range(_ATTEMPTS):
        before = index.indexed(code)
        if before.since and context.now < before.since + ERASING:
            raise Outdated(code)
        wanted = _wanted(public.listed(code))
        for each in wanted - before.present:
            index.write(code, Spelling.of(each))
        touched |= wanted
        leaving = (before.present | before.leaving | touched) - wanted
        if before.present == wanted and not before.leaving and not leaving:
            return
        noted = _note(before, wanted, leaving, context)
        if index.settle(code, before, noted) and _erased(index, context, code, noted):
            return
    raise Outdated(code)


def _erased(index: SearchIndex, context: Context, code: str, noted: Indexed) -> bool:
    for each in noted.leaving:
        index.erase(code, Spelling.of(each))
    return not noted.leaving or index.settle(code, noted, _note(noted, noted.present, frozenset(), context))


def _note(before: Indexed, present: frozenset[str], leaving: frozenset[str], context: Context) -> Indexed:
    since = context.now if leaving else None
    return Indexed(revision=before.revision + 1, present=present, leaving=leaving, since=since)


def _wanted(listed: Listed | None) -> frozenset[str]:
    """The names of the versions anybody may see: in force, and to come, whose day comes without an event."""
    versions = listed.versions if listed else ()
    return frozenset(str(spell(each.item.name)) for each in versions if is_public(each))
