"""The places of a case: each supervisor's slot, and how what is to be supervised came to it and left it (R-HND-7).

Read from the chain of events alone. A case begins as one trunk, its bureau's. Every department that a decision or a
later act is pushed to branches off into a place of its own, and so does every part that cannot be routed; a branch has
its trunk's story up to there, so that each place is told of from the case's first event on. What is returned,
reassigned, relayed or routed stays in its place, whoever holds it.

An acceptance passes nothing on. A later act is pushed in the place it is for, and leaves it with whoever holds it: it
opens a place only for a department that has none. Where the holder was merged, the act's delivery proves who has it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from shared.contracts.cases import LATER_ACTS, STAGE_EVENTS, StageBody
from shared.contracts.event import Event, body_of
from shared.contracts.pushes import (
    Push,
    PushBody,
    PushClaimed,
    PushClaimWithdrawn,
    PushDelivered,
    PushReassigned,
    PushRelayed,
    PushReturned,
    PushRouted,
    PushUnroutable,
    PushUpheld,
    PushWithdrawn,
)
from shared.contracts.vocabulary import PushOriginKind, Stage


class Phase(StrEnum):
    """What somebody is answerable for."""

    APPROVING = "approving"  # the bureau: decide, and push the result
    PLACING = "placing"  # the bureau: find whom to push to what could not be routed
    RECEIVING = "receiving"  # the department: receive the delivered result in time
    SUPERVISING = "supervising"  # the department: supervise what was approved
    DECIDING_RETURN = "deciding_return"  # the sender: decide on a return
    WITHDRAWN = "withdrawn"  # the sender: it took back what it had sent, and owes it to somebody
    NOBODY_INSTEAD = "nobody_instead"  # the sender: it took it back, and said that nobody is to have it


HAD_BY_NOBODY = frozenset({Phase.WITHDRAWN, Phase.NOBODY_INSTEAD})
"""Phases in which no department has in hand what the place is about."""


class Turn(NamedTuple):
    """An event that passes responsibility on, with every event that proves it."""

    phase: Phase
    answerable: str
    department: str | None
    at: datetime
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place: its name, the push or unrouted part that fills it, and every turn it took.

    `passed_on`: when the first other place branched off from it; from then on those tell what becomes of it.
    """

    name: str
    holder: str
    turns: tuple[Turn, ...]
    departments: tuple[str, ...] = ()
    passed_on: datetime | None = None

    @property
    def branched(self) -> bool:
        """Whether others branched off from it."""
        return self.passed_on is not None

    def turned(self, turn: Turn, holder: str | None = None) -> "Place":
        """The place after one turn more."""
        named = (turn.department,) if turn.department and turn.department not in self.departments else ()
        return replace(
            self,
            holder=holder or self.holder,
            turns=(*self.turns, turn),
            departments=(*self.departments, *named),
        )

    def is_held_by(self, department: str) -> bool:
        """Whether it is that department's now; what is returned is until that is decided, what is withdrawn is not."""
        return self.turns[-1].department == department and self.turns[-1].phase not in HAD_BY_NOBODY


@dataclass(slots=True)
class _Map:
    """The places found so far, by name, the trunk first."""

    trunk: str = ""
    places: dict[str, Place] = field(default_factory=dict)
    routed: dict[str, str] = field(default_factory=dict)
    """By a stage's key, the place of a whole stage that could not be routed and now is: its parts branch off there."""

    def filled_by(self, holder: str) -> list[Place]:
        return [place for place in self.places.values() if place.holder == holder]

    named: set[str] = field(default_factory=set)
    """The places that pushes named, those among them that opened none of their own."""
    heirs: dict[str, str] = field(default_factory=dict)
    """Who answers for a merged department, as far as the chain proves it (R-ORG-1)."""

    def branches(self) -> list[Place]:
        return [place for name, place in self.places.items() if name != self.trunk and not place.branched]

    def held_by(self, department: str) -> bool:
        return any(place.is_held_by(self.heir(department)) for place in self.branches())

    def had_by(self, department: str | None) -> bool:
        return any(department is None or self.heir(department) in each.departments for each in self.branches())

    def heir(self, department: str) -> str:
        return self.heirs.get(department, department)

    def inherit(self, merged: str, heir: str) -> None:
        before = {each: heir if to == merged else to for each, to in self.heirs.items()}
        self.heirs = {each: to for each, to in {**before, merged: heir}.items() if each != heir}

    def branch(self, trunk: str, name: str, holder: str, turn: Turn) -> None:
        stem = self.places[trunk]
        self.places[trunk] = replace(stem, passed_on=stem.passed_on or turn.at)
        # A name is one place's: what one push brought to two departments has two.
        name = holder if name in self.places else name
        self.places[name] = replace(stem, name=name, passed_on=None).turned(turn, holder)

    def turn(self, places: Iterable[Place], turn: Turn, holder: str | None = None) -> None:
        for place in places:
            self.places[place.name] = place.turned(turn, holder)


def places(events: Iterable[Event]) -> tuple[Place, ...]:
    """Every place of a case: the bureau's alone while nothing was passed on. Events come in any order, also twice."""
    return tuple(place for place in _map(events).places.values() if not place.branched)


def places_of(events: Iterable[Event], departments: Collection[str]) -> tuple[Place, ...]:
    """The places that one of these departments ever held or was meant for.

    Where none ever was: the bureau's, until it passed on to others what these departments have no place in.
    """
    found = _map(events)
    held = [each for each in found.places.values() if not each.branched and {*departments} & {*each.departments}]
    return tuple(held) or tuple(place for name, place in found.places.items() if name == found.trunk)


def _map(events: Iterable[Event]) -> _Map:
    chain = {event.sequence: event for event in events}
    found = _Map()
    for _, event in sorted(chain.items()):
        step = _STEPS.get(event.type)
        if step is not None:
            step(found, event)
    return found


# ── One step for each kind of event ─────────────────────────────────────────────────────────────


def _begin(found: _Map, event: Event) -> None:
    if not found.places:
        case = body_of(event, _STAGES[event.type]).case
        turn = Turn(Phase.APPROVING, case.bureau, None, event.time, (event.id,))
        found.trunk = case.case_id
        found.places[case.case_id] = Place(case.case_id, case.case_id, (turn,))


def _deliver(found: _Map, event: Event) -> None:
    push = body_of(event, PushDelivered).push
    if push.stage is Stage.ACCEPTANCE:
        return
    turn = Turn(Phase.RECEIVING, push.department, push.department, event.time, (event.id,))
    before = found.filled_by(push.origin.of) if push.origin else []
    if push.origin and before:
        if push.origin.kind is PushOriginKind.ROUTING:
            found.branch(before[0].name, push.place, push.push_id, turn)
        else:
            found.turn(before, turn, push.push_id)
    elif push.place in found.named:
        _succeed(found, push, event)
    elif push.stage not in LATER_ACTS or not found.held_by(push.department):
        found.branch(found.trunk, push.place, push.push_id, turn)
    found.named.add(push.place)


def _succeed(found: _Map, push: Push, event: Event) -> None:
    """The bureau pushed an act in a place to another department than holds it: that one was merged into this."""
    place = found.places.get(push.place)
    if place is None or push.origin is not None or not _is_had(place) or place.is_held_by(push.department):
        return
    last = place.turns[-1]
    merged = last.department or ""
    found.inherit(merged, push.department)
    answerable = push.department if last.answerable == merged else last.answerable
    heir = last._replace(answerable=answerable, department=push.department, at=event.time, proof=(event.id,))
    found.turn([place], heir)


def _is_had(place: Place) -> bool:
    return place.turns[-1].department is not None and place.turns[-1].phase not in HAD_BY_NOBODY


def _pass(found: _Map, event: Event) -> None:
    push = body_of(event, PushBody).push
    told, answerable = _PASSES[event.type]
    phase = Phase.NOBODY_INSTEAD if _is_for_nobody(told, push) else told
    for place in found.filled_by(push.push_id):
        # A claim that is taken back stays in the story: both entries prove it (R-HND-4).
        taken_back = place.turns[-1].proof[-1:] if event.type == PushClaimWithdrawn.TYPE else ()
        heir, has_it = found.heir(answerable(push)), found.heir(push.department)
        found.turn([place], Turn(phase, heir, has_it, event.time, (*taken_back, event.id)))


def _is_for_nobody(phase: Phase, push: Push) -> bool:
    """Whether what was taken back is owed to nobody, and did not come back to who had relayed it either."""
    return phase is Phase.WITHDRAWN and not push.to_be_placed and push.successor is None


def _leave_unrouted(found: _Map, event: Event) -> None:
    body = body_of(event, PushUnroutable)
    part = body.unrouted
    if part.stage is Stage.ACCEPTANCE or part.unrouted_id in found.places:
        return
    if part.stage in LATER_ACTS and found.had_by(part.department):
        return
    turn = Turn(Phase.PLACING, body.case.bureau, part.department, event.time, (event.id,))
    found.branch(found.routed.get(part.stage_key, found.trunk), part.unrouted_id, part.unrouted_id, turn)


def _route(found: _Map, event: Event) -> None:
    part = body_of(event, PushRouted).unrouted
    place = found.places.get(part.unrouted_id)
    if place is None:
        return
    found.routed[part.stage_key] = place.name
    if place.branched:
        return
    had = [each for push in part.pushes for each in found.filled_by(push)]
    if had:
        # Somebody has this very act already, so that the part goes where that one goes.
        there = had[0].turns[-1]._replace(at=event.time, proof=(event.id,))
        found.turn([place], there, had[0].holder)
    else:
        # Nobody is to be pushed to after all: it stays with the bureau.
        found.turn([place], place.turns[-1]._replace(phase=Phase.APPROVING, at=event.time, proof=(event.id,)))


_STAGES: Mapping[str, type[StageBody]] = {body.TYPE: body for body in STAGE_EVENTS}

_DEPARTMENT: Callable[[Push], str] = attrgetter("department")
_SENDER: Callable[[Push], str] = attrgetter("sender")

_PASSES: Mapping[str, tuple[Phase, Callable[[Push], str]]] = {
    PushClaimed.TYPE: (Phase.SUPERVISING, _DEPARTMENT),
    PushClaimWithdrawn.TYPE: (Phase.RECEIVING, _DEPARTMENT),
    PushReturned.TYPE: (Phase.DECIDING_RETURN, _SENDER),
    PushUpheld.TYPE: (Phase.RECEIVING, _DEPARTMENT),
    PushWithdrawn.TYPE: (Phase.WITHDRAWN, _SENDER),
    # These two last no time: who has it next is told in the same change. They prove that it passed on.
    PushReassigned.TYPE: (Phase.DECIDING_RETURN, _SENDER),
    PushRelayed.TYPE: (Phase.RECEIVING, _DEPARTMENT),
}
"""Into which phase an event of a push passes its place, and who is answerable then. That a push was viewed, or is
overdue, or that a return was referred, passes nothing: the same body stays answerable for the same."""

_STEPS: Mapping[str, Callable[[_Map, Event], None]] = {
    **dict.fromkeys(_STAGES, _begin),
    **dict.fromkeys(_PASSES, _pass),
    PushDelivered.TYPE: _deliver,
    PushUnroutable.TYPE: _leave_unrouted,
    PushRouted.TYPE: _route,
}
