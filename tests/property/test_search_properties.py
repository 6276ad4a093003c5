"""The search index, whatever comes in whatever order (R-REG-5).

The law: once every event has been heard, a search finds exactly the items whose public name holds what was typed, in
characters or in initials, and those whose code begins with it. However often, late, at once, or half an event is
handled.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed, shown
from services.registry.domain.search import SHORTEST, plain, spell
from services.registry.logic.public import list_published
from services.registry.logic.search import index_item
from services.registry.ports.public import Pointer
from services.registry.schemas.public import PublicQuery
from shared.contracts.change import Context, Outdated
from shared.contracts.event import Actor
from shared.contracts.items import Sharing
from shared.contracts.vocabulary import SharingScope
from tests.support import handover_builders as city
from tests.support.acts import NOW, act
from tests.support.search_fakes import SearchInMemory
from tests.support.taking_turns import Turns

NAMES = (
    "食品经营许可", "食品流通许可", "药品经营(零售)许可", "许可许可许可", "长途客运", "会计代理", "a类食品 12", "许",
)  # fmt: skip
CODES = ("000131", "XK-0001", "食品".encode().hex())
GOVERNMENT = Sharing(scope=SharingScope.GOVERNMENT)
LATER = timedelta(minutes=3)

# Each version: which item, its name, whether it is public, whether it is in force at once or in a year.
Version = tuple[str, str, bool, bool]
versions = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(NAMES), st.booleans(), st.booleans()), min_size=1, max_size=6
)


class ListInMemory:
    """Items with the versions that are in force or to come."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[PublishedItem, ...]] = {}

    def publish(self, version: Version) -> None:
        code, name, public, at_once = version
        before = self.held.get(code, ())
        effective = NOW if at_once else datetime(2027, 1, 1, tzinfo=UTC)
        sharing = Sharing() if public else GOVERNMENT
        number = before[-1].item.version + 1 if before else 1
        item = city.item(code=code, name=name, sharing=sharing, version=number, effective_from=effective)
        made = PublishedItem(item=item, published_at=NOW, author=Actor(client_id="cli_registrar_0001"))
        kept = () if at_once else tuple(each for each in before if each.item.effective_from <= NOW)
        self.held[code] = (*kept, made)

    def listed(self, code: str) -> Listed | None:
        return Listed.of(self.held[code]) if code in self.held else None

    def items(self, codes: Collection[str]) -> Mapping[str, Listed]:
        return {code: Listed.of(self.held[code]) for code in codes if code in self.held}

    def pointers(self, listing: str, *, sharded: bool, limit: int, after: str | None) -> Sequence[Pointer]:
        raise NotImplementedError(listing, sharded, limit, after)

    def version(self, code: str, version: int) -> PublishedItem | None:
        raise NotImplementedError(code, version)

    def versions(self, code: str, limit: int, before: int | None) -> Sequence[PublishedItem]:
        raise NotImplementedError(code, limit, before)

    def in_force(self, code: str, at: datetime) -> PublishedItem | None:
        raise NotImplementedError(code, at)


def found(public: ListInMemory, index: SearchInMemory, typed: str, now: datetime, limit: int) -> list[str]:
    codes: list[str] = []
    after: str | None = None
    while True:
        page = list_published(public, index, PublicQuery(q=typed, limit=limit), after, now)
        codes += [each.item.code for each in page.items]
        after = page.after
        if after is None:
            return codes


def due(public: ListInMemory, typed: str, now: datetime) -> set[str]:
    codes = set()
    for code, held in public.held.items():
        item = shown(Listed.of(held), now)
        if item is None:
            continue
        spelling = spell(item.item.name)
        if any(typed in text for text in (spelling.name, *spelling.initials)) or plain(code).startswith(typed):
            codes.add(code)
    return codes


def searches() -> set[str]:
    texts = {text for name in NAMES for text in (spell(name).name, *spell(name).initials)} | {plain(c) for c in CODES}
    parts = {text[a : a + size] for text in texts for size in (2, 3, 6) for a in range(len(text))}
    return {each for each in parts if len(each) >= SHORTEST}


SEARCHES = sorted(searches())


def assert_law(public: ListInMemory, index: SearchInMemory) -> None:
    for now in (NOW, datetime(2027, 1, 2, tzinfo=UTC)):
        for typed in SEARCHES:
            codes = found(public, index, typed, now, limit=2)
            assert len(set(codes)) == len(codes), typed
            assert set(codes) == due(public, typed, now), typed


def handle(index: SearchInMemory, public: ListInMemory, version: Version, context: Context) -> None:
    index_item(index, public, context, version[0], version[1])


@given(versions, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_whatever_the_order_and_however_often_events_are_heard_a_search_finds_what_is_there(
    made: list[Version], choose: Random
) -> None:
    public, index = ListInMemory(), SearchInMemory()
    heard: list[Version] = []
    for version in made:
        public.publish(version)
        heard += [version] * choose.randint(1, 2)
        if choose.random() < 0.5:
            handle(index, public, choose.choice(heard), act())
    choose.shuffle(heard)
    for version in heard:
        handle(index, public, version, act())
    assert_law(public, index)
    left = {text for _, _, text in index.rows}
    present = {text for note in index.notes.values() for text in note.present}
    assert left == present, "no term is left over"


@given(versions, st.randoms(use_true_random=False), st.integers(0, 2))
@settings(max_examples=80, deadline=None)
def test_several_at_once_and_some_that_die_leave_the_index_right_when_their_events_come_again(
    made: list[Version], choose: Random, deaths: int
) -> None:
    public, index = ListInMemory(), SearchInMemory()
    turns = Turns(choose, deaths)
    index.meanwhile = turns.give_way
    for version in made[: len(made) // 2]:
        public.publish(version)
        handle(index, public, version, act())
    again: list[Version] = []

    def hear(version: Version) -> None:
        public.publish(version)
        turns.give_way()
        try:
            handle(index, public, version, act())
        except Outdated:
            again.append(version)

    now_made = made[len(made) // 2 :]
    died = turns.run([lambda version=version: hear(version) for version in now_made])  # type: ignore[misc]
    index.meanwhile = lambda: None
    for version in (*again, *(now_made[number] for number in died)):
        handle(index, public, version, act(now=NOW + LATER))
    assert_law(public, index)
    present = {text for note in index.notes.values() for text in note.present}
    assert {text for _, _, text in index.rows} == present
