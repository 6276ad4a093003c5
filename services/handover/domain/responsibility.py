"""Who is answerable, for what, since when, under which rule, proven by which events (R-HND-7, W 4).

Before the result is pushed: the bureau. Between delivery and claim: the bureau has done its duty, and the department
is answerable for receiving in time. From the claim on: the department, for supervision. What is returned is for its
sender to decide on. Each place has its own boundary, and its stretches follow one another without gap and without
overlap, from the case's first event on.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import NamedTuple

from services.handover.domain.places import Phase, Place, Turn, places, places_of
from shared.contracts.event import Event
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.kernel.errors import Words


class Duty(NamedTuple):
    """One row of the table below: the rule, and the duty in words."""

    rule: str
    zh: str
    en: str


DUTIES: Mapping[Phase, Duty] = {
    Phase.APPROVING: Duty(
        "R-HND-7 (W 4)",
        "审批部门:依法办理并在办结时推送结果",
        "the bureau: to decide lawfully and to push the result",
    ),
    Phase.PLACING: Duty(
        "R-HND-7, R-HND-15",
        "审批部门:为未能分派的结果确定监管部门并推送",
        "the bureau: to find the department for what could not be routed, and to push it there",
    ),
    Phase.RECEIVING: Duty(
        "R-HND-7 (W 4)",
        "监管部门:在时限内接收已送达的结果,逾期由其负责;审批部门已尽推送之责",
        "the department: to receive the delivered result in time, and for being late with it; the bureau has done its "
        "duty to push",
    ),
    Phase.SUPERVISING: Duty(
        "R-HND-7 (W 4)",
        "监管部门:对已审批事项实施监管",
        "the department: to supervise what was approved",
    ),
    Phase.DECIDING_RETURN: Duty(
        "R-HND-7, R-HND-4",
        "推送方:对退回作出决定(维持、重新指派、提请联席会议或撤回)",
        "the sender: to decide on the return: uphold it, reassign it, refer it to the joint conference or withdraw it",
    ),
    Phase.WITHDRAWN: Duty(
        "R-HND-7, R-HND-4",
        "推送方:已撤回推送,由其重新确定监管部门",
        "the sender, which took the push back: to find the department that is to supervise",
    ),
    Phase.NOBODY_INSTEAD: Duty(
        "R-HND-7, R-HND-4",
        "推送方:已撤回推送并说明无须另行指派监管部门,由其对此负责",
        "the sender, which took the push back and said why no department is to supervise: it answers for that",
    ),
}
"""What each phase makes somebody answerable for."""

HAS_NO_PLACE = Words(
    "审批结果已推送给其他部门,该部门(及并入该部门的部门)在本办件中没有监管位,不承担责任",
    "The result was passed on to others; this department, or one merged into it, has no place in this case and answers "
    "for nothing in it",
)
"""What is told of a department to which nothing was ever passed, once the bureau has passed its result on."""


class Responsibility(Contract):
    """One stretch of time in which one body is answerable for a place; `until` None means still.

    `department`: who has it in hand or is meant to have it, None while nobody is.
    """

    place: Identifier
    department: Identifier | None
    answerable: Identifier
    phase: Phase
    duty_zh: ShortText
    duty_en: ShortText
    rule: ShortText
    since: Instant
    until: Instant | None
    proven_by: tuple[Identifier, ...]


class Story(NamedTuple):
    """What is told of places; `passed_on`: when the bureau's own, told for want of another, was passed on to others."""

    told: tuple[Responsibility, ...]
    passed_on: datetime | None


def responsibilities(events: Sequence[Event]) -> tuple[Responsibility, ...]:
    """The whole story, place after place."""
    return tuple(each for place in places(events) for each in stretches(place))


def story_of(events: Sequence[Event], departments: Collection[str]) -> Story:
    """The story of the places of a department and of those that were merged into it."""
    found = places_of(events, departments)
    told = tuple(each for place in found for each in stretches(place))
    return Story(told, next((place.passed_on for place in found if place.branched), None))


def at_instant(story: Iterable[Responsibility], at: datetime) -> tuple[Responsibility, ...]:
    """Who is answerable at an instant: one for each place, none before the case existed."""
    return tuple(each for each in story if each.since <= at and (each.until is None or at < each.until))


def is_complete(story: Iterable[Responsibility], begun: datetime, until: datetime | None = None) -> bool:
    """Whether no place has a gap or an overlap: from `begun` on, each stretch starts where the one before it ends.

    `until`: when all of it was passed on to places that are not told here.
    """
    told = [list(each) for _, each in groupby(story, key=lambda stretch: stretch.place)]
    return (bool(told) or until == begun) and all(_is_unbroken(each, begun, until) for each in told)


def stretches(place: Place) -> tuple[Responsibility, ...]:
    """A place's turns as stretches of time."""
    ends: list[datetime | None] = [*(turn.at for turn in place.turns[1:]), place.passed_on]
    lasting = [number for number, turn in enumerate(place.turns) if ends[number] != turn.at]
    return tuple(_stretch(place, number, ends[number]) for number in lasting)


def _stretch(place: Place, number: int, until: datetime | None) -> Responsibility:
    turn = place.turns[number]
    duty = DUTIES[turn.phase]
    return Responsibility(
        place=place.name,
        department=turn.department,
        answerable=turn.answerable,
        phase=turn.phase,
        duty_zh=duty.zh,
        duty_en=duty.en,
        rule=duty.rule,
        since=turn.at,
        until=until,
        proven_by=tuple(dict.fromkeys(_proof(place.turns[: number + 1], turn.at))),
    )


def _proof(turns: Sequence[Turn], at: datetime) -> Iterable[str]:
    # Turns of one instant, such as a delivery that is the claim, make one stretch, which all of them prove.
    return (event for turn in turns if turn.at == at for event in turn.proof)


def _is_unbroken(told: Sequence[Responsibility], begun: datetime, until: datetime | None) -> bool:
    joined = all(earlier.until == later.since for earlier, later in pairwise(told))
    forwards = all(each.until is None or each.since < each.until for each in told)
    return told[0].since == begun and told[-1].until == until and joined and forwards
