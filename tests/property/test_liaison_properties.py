"""On any day the terms answer exactly who was liaison then, whatever was edited and handed over (R-ORG-2)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.liaisons import LiaisonTerm, day_of, hand_over, on_duty, terms_after
from shared.contracts.departments import Department, Liaison, LiaisonHandover
from shared.contracts.vocabulary import DepartmentKind, Level

Named = frozenset[tuple[str, str, str]]

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
PEOPLE = [f"pers_{number:026d}" for number in range(4)]

liaisons = st.lists(
    st.builds(
        Liaison,
        person_id=st.sampled_from(PEOPLE),
        name=st.sampled_from(["李敏", "陈晨"]),
        phone=st.sampled_from(["0999-5550101", "0999-5550102"]),
        active=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda each: each.person_id,
)
steps = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=5 * 24 * 60),
        liaisons | st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    ),
    min_size=1,
    max_size=12,
)


def department(named: Sequence[Liaison]) -> Department:
    return Department(
        department_id="dept_01MARKET0000000000000000000",
        version=1,
        name="示例局",
        kind=DepartmentKind.SUPERVISION,
        level=Level.CITY,
        division_code="990100",
        leader="丙某",
        coordinating_section="审管联动科",
        liaisons=tuple(named),
    )


def named(state: Sequence[Liaison]) -> Named:
    return frozenset((each.person_id or "", each.name, each.phone) for each in state if each.active)


@given(steps)
def test_the_terms_of_a_day_are_who_was_named_on_it(history: list[tuple[int, object]]) -> None:
    at, state = FIRST, tuple[Liaison, ...]()
    register: list[tuple[datetime, Named]] = [(FIRST - timedelta(days=9), frozenset())]
    terms: dict[tuple[datetime, str], LiaisonTerm] = {}
    for minutes, step in history:
        at += timedelta(minutes=minutes)
        handover = None
        if isinstance(step, tuple):
            handover = LiaisonHandover(giver=step[0], taker=step[1])
            known = {each.person_id: each.active for each in state}
            if not known.get(step[0]) or step[1] not in known or step[0] == step[1]:
                continue
            state = hand_over(department(state), handover)
        elif isinstance(step, list):
            state = tuple(step)
        running = [each for each in terms.values() if each.until is None]
        terms |= {(each.since, each.person_id): each for each in terms_after(running, state, at, None, handover)}
        register.append((at, named(state)))
        assert named(state) == {(each.person_id, each.name, each.phone) for each in terms.values() if not each.until}

    for number in range((at - FIRST).days + 3):
        day = FIRST.date() + timedelta(days=number - 1)
        found = {(each.person_id, each.name, each.phone) for each in on_duty(terms.values(), day)}
        assert found == _on(register, day)


def _on(register: Sequence[tuple[datetime, Named]], day: date) -> set[tuple[str, str, str]]:
    """Who stood in the register at some instant of a day."""
    begins, ends = day_of(day)
    untils = [*(since for since, _ in register[1:]), datetime.max.replace(tzinfo=UTC)]
    spans = zip(register, untils, strict=True)
    return {who for (since, there), until in spans if since < ends and until > begins for who in there}


@given(liaisons, st.data())
def test_a_hand_over_changes_two_people_and_no_others_place(state: list[Liaison], data: st.DataObject) -> None:
    active = [each.person_id or "" for each in state if each.active]
    if not active or len(state) < 2:
        return
    giver = data.draw(st.sampled_from(active))
    taker = data.draw(st.sampled_from([each.person_id or "" for each in state if each.person_id != giver]))
    after = hand_over(department(state), LiaisonHandover(giver=giver, taker=taker))
    duty = {each.person_id: each.active for each in after}
    assert duty == {each.person_id: each.active for each in state} | {giver: False, taker: True}
    others = [each for each in after if each.person_id not in {giver, taker}]
    assert others == [each for each in state if each.person_id not in {giver, taker}]
