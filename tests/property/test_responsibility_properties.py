"""The law of responsibility (R-HND-7): from a case's first event on, exactly one body is answerable for every place.

Over random histories of the real rules: what comes twice, what is decided on an outdated file, servers whose clocks
disagree, items that are not listed yet, departments that cannot be reached, returns, relays, acts long after.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from random import Random

from hypothesis import event, given
from hypothesis import strategies as st

from services.handover.domain.cases import CaseFile
from services.handover.domain.places import Phase, Place, places
from services.handover.domain.pushes import CLAIMED, ENDED, TO_BE_DECIDED
from services.handover.domain.responsibility import Responsibility, at_instant, is_complete, responsibilities, story_of
from services.handover.domain.slots import slots
from shared.contracts import chain
from shared.contracts.cases import LATER_ACTS
from shared.contracts.event import Event, body_of
from shared.contracts.items import ClaimRule
from shared.contracts.pushes import OWED, PUSH_EVENTS, Push, PushBody, PushDelivered
from shared.contracts.vocabulary import PushState, Stage
from shared.kernel.clock import to_text
from tests.support.case_histories import (
    CASE,
    DEPARTMENTS,
    HISTORIES,
    MERGING_HISTORIES,
    START,
    STEPS,
    History,
    Step,
    played,
)
from tests.support.handover_builders import BUREAU, MARKET, STRANGER

_MOMENT = timedelta(milliseconds=1)

PUSHES = {body.TYPE for body in PUSH_EVENTS}


def told(events: Sequence[Event]) -> dict[str, list[Responsibility]]:
    """The whole story, by place."""
    story = responsibilities(events)
    return {place: list(each) for place, each in groupby(story, key=lambda stretch: stretch.place)}


def instants(events: Iterable[Event]) -> list[datetime]:
    """Every instant at which something happened, and a moment before and after."""
    times = {each.time for each in events}
    return sorted({each + by for each in times for by in (-_MOMENT, timedelta(), _MOMENT)})


@given(HISTORIES)
def test_exactly_one_body_is_answerable_for_every_place_at_every_instant_since_the_first_event(
    history: History,
) -> None:
    """R-HND-7: no gap and no overlap."""
    events = history.events
    story = told(events)
    assert bool(story) == bool(events)
    for each in story.values():
        assert each[0].since == events[0].time
        assert each[-1].until is None
        for earlier, later in pairwise(each):
            assert earlier.until == later.since
            assert earlier.since < later.since
    for instant in instants(events):
        for each in story.values():
            assert len(at_instant(each, instant)) == (instant >= events[0].time)
    if events:
        event(f"{len(story)} places, {max(map(len, story.values()))} stretches")
        assert is_complete(responsibilities(events), events[0].time)


@given(HISTORIES)
def test_every_stretch_is_proven_by_events_of_the_chain_the_last_of_which_began_it(history: History) -> None:
    """R-HND-7: proven by which events."""
    known = {each.id: each for each in history.events}
    for stretch in responsibilities(history.events):
        assert stretch.proven_by
        proof = [known[each] for each in stretch.proven_by]
        assert proof[-1].time == stretch.since
        assert [each.sequence for each in proof] == sorted({each.sequence for each in proof})


@given(HISTORIES)
def test_what_the_chain_alone_says_is_what_the_file_says(history: History) -> None:
    """R-HND-7: answered from the chain; the file is only its latest state."""
    if history.file is None:
        return
    found = places(history.events)
    pushes = {push.push_id: push for push in history.file.pushes}
    parts = {part.unrouted_id: part for part in history.file.unrouted}
    for place in found:
        last = place.turns[-1]
        if place.holder in pushes:
            assert (last.phase, last.answerable) == expected(pushes[place.holder])
        elif place.holder in parts:
            waits = parts[place.holder].placed_at is None
            assert (last.phase, last.answerable) == (Phase.PLACING if waits else Phase.APPROVING, BUREAU)
        else:
            assert (last.phase, last.answerable) == (Phase.APPROVING, BUREAU)
            assert found == (place,)
    held = {place.holder for place in found}
    live = {push.push_id for push in pushes.values() if push.stage is Stage.DECISION and push.state not in ENDED}
    waiting = {part.unrouted_id for part in parts.values() if part.stage is Stage.DECISION and part.placed_at is None}
    assert live | waiting <= held


def expected(push: Push) -> tuple[Phase, str]:
    if push.state in OWED:
        return Phase.RECEIVING, push.department
    if push.state in CLAIMED:
        return Phase.SUPERVISING, push.department
    if push.state in TO_BE_DECIDED:
        return Phase.DECIDING_RETURN, push.sender
    assert push.state is PushState.WITHDRAWN
    return Phase.WITHDRAWN if push.to_be_placed else Phase.NOBODY_INSTEAD, push.sender


@given(HISTORIES, st.data())
def test_an_answer_about_the_past_never_changes_whatever_happens_later(history: History, data: st.DataObject) -> None:
    """R-HND-7: a place keeps its story; one that opens later was till then as the place it branched from."""
    events = history.events
    if not events:
        return
    asked = data.draw(st.integers(1, len(events)))
    then, now = told(events[:asked]), told(events)
    trunk = told(events[:1])[CASE.case_id]
    for instant in instants(events[:asked]):
        if instant >= events[asked - 1].time:
            break
        answers = {place: _answer(each, instant) for place, each in then.items()}
        branched = [*answers.values(), _answer(trunk, instant)]
        for place, each in now.items():
            assert _answer(each, instant) in ([answers[place]] if place in answers else branched)


def _answer(story: Iterable[Responsibility], at: datetime) -> list[tuple[object, ...]]:
    return [
        (each.phase, each.answerable, each.department, each.rule, each.since, each.proven_by)
        for each in at_instant(story, at)
    ]


@given(HISTORIES)
def test_a_department_is_told_of_every_place_it_ever_held_and_where_it_held_none_of_the_bureaus_till_it_is_passed_on(
    history: History,
) -> None:
    """R-HND-7: for any department."""
    if history.file is None:
        return
    for department in DEPARTMENTS:
        story, passed_on = story_of(history.events, {department})
        begun = history.events[0].time
        assert is_complete(story, begun, passed_on)
        held = {place.name for place in places(history.events) if department in place.departments}
        trunk = {history.file.case.case_id}
        assert {each.place for each in story} == (held or (set() if passed_on == begun else trunk))
        assert (passed_on is None) == bool(held or [place for place in places(history.events) if place.name in trunk])
        answers = {each.answerable for each in responsibilities(history.events)}
        assert department not in answers or held


@given(st.one_of(HISTORIES, MERGING_HISTORIES))
def test_a_later_act_goes_to_whoever_holds_each_place_and_to_nobody_who_passed_it_on(history: History) -> None:
    """R-HND-3, R-HND-7, R-HND-9, R-ORG-1: and opens no place for who has one, nor beside one that was passed on."""
    known: dict[str, Push] = {}
    for each in history.events:
        if each.type not in PUSHES:
            continue
        push = body_of(each, PushBody).push
        if each.type == PushDelivered.TYPE and push.stage in LATER_ACTS and push.origin is None:
            file = CaseFile(case=CASE, pushes=tuple(known.values()))
            held = [slot for slot in slots(file) if slot.is_held]
            holders = {slot.filler.department for slot in held}
            assert push.department not in {one for slot in held for one in slot.before} - holders
            if push.department in holders:
                assert push.place in {slot.filler.place for slot in held}
            if push.place != push.push_id:
                assert push.place in {slot.filler.place for slot in slots(file)}
        known[push.push_id] = push
    if history.events:
        assert is_complete(responsibilities(history.events), history.events[0].time)


@given(MERGING_HISTORIES)
def test_whoever_is_answerable_in_a_place_is_who_holds_it_or_answers_for_them(history: History) -> None:
    """R-HND-7, R-ORG-1: also after a merger, of which a chain knows only by who got the next act."""
    pushes = {push.push_id: push for push in (history.file.pushes if history.file else ())}
    for place in places(history.events):
        if place.holder in pushes:
            phase, answerable = expected(pushes[place.holder])
            last = place.turns[-1]
            assert last.phase == phase
            assert last.answerable == answerable or (answerable, last.answerable) == (MARKET, STRANGER)


@given(HISTORIES)
def test_nobody_is_answerable_before_the_case_and_an_acceptance_passes_nothing_on(history: History) -> None:
    """R-HND-7: before the result is pushed, the bureau."""
    story = responsibilities(history.events)
    assert at_instant(story, START - timedelta(days=365)) == ()
    of_results = [push for push in (history.file.pushes if history.file else ()) if push.stage is not Stage.ACCEPTANCE]
    if not of_results:
        assert {each.answerable for each in story} <= {BUREAU}
    for place in places(history.events):
        assert _acceptances(history, place) == []


def _acceptances(history: History, place: Place) -> list[Push]:
    pushes = history.file.pushes if history.file else ()
    return [push for push in pushes if push.push_id == place.holder and push.stage is Stage.ACCEPTANCE]


@given(HISTORIES, st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_or_repetition_in_which_events_arrive(
    history: History, random: Random
) -> None:
    """R-HND-7: the chain's sequence rules, not the order of arrival."""
    shuffled = [*history.events, *history.events[: len(history.events) // 2]]
    random.shuffle(shuffled)
    assert responsibilities(shuffled) == responsibilities(history.events)


@given(HISTORIES)
def test_time_never_runs_backwards_in_a_chain_whatever_the_servers_clocks_say(history: History) -> None:
    """R-HND-7: the server's clock rules."""
    events = history.events
    assert [each.time for each in events] == sorted(each.time for each in events)
    for each in events:
        if each.type == "push.claimed.v1":
            assert each.data.body["push"]["claimed_at"] == to_text(each.time)
    assert chain.verify(events, history.head) == []


@given(STEPS)
def test_a_damaged_nonce_or_number_is_a_finding_and_not_a_failure(step: Step) -> None:
    """R-AUD-4: whatever was done to an event, verification says so."""
    history = played(ClaimRule(), [step._replace(act="accept")])
    events, head = history.events, history.head
    for damage in ({"nonce": "zz"}, {"nonce": "00"}, {"sequence": 2**60}):
        damaged = [events[0].model_copy(update=damage), *events[1:]]
        assert chain.verify(damaged, head) != []


@given(HISTORIES, st.data())
def test_the_chain_breaks_when_any_byte_of_any_event_changes(history: History, data: st.DataObject) -> None:
    """R-AUD-2, R-AUD-4."""
    events, head = history.events, history.head
    if not events:
        return
    number = data.draw(st.integers(0, len(events) - 1))
    text = bytearray(events[number].model_dump_json().encode())
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        changed = Event.model_validate_json(bytes(text))
    except ValueError:
        return  # no longer an event at all: it could not even be read
    if changed == events[number]:
        return  # the byte was white space or an escape that means the same
    damaged = [*events[:number], changed, *events[number + 1 :]]
    assert chain.verify(damaged, head) != []
