"""Who is answerable, at any instant, read from a case's chain of events alone (R-HND-7, W 4).

Before the result is pushed: the bureau. Between delivery and claim: the bureau has done its duty, and the department is
answerable for receiving in time. From the claim on: the department, for supervision. Each department has its own
boundary. The phases of a department follow one another without gap and without overlap, from the case's first event on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from shared.contracts.cases import CaseAccepted, CaseDecided
from shared.contracts.event import Event, body_of
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.contracts.pushes import Push, PushClaimed, PushDelivered
from shared.contracts.vocabulary import Stage


class Phase(StrEnum):
    """What somebody is answerable for."""

    APPROVING = "approving"  # the bureau: decide, and push the result
    RECEIVING = "receiving"  # the department: receive the delivered result in time
    SUPERVISING = "supervising"  # the department: supervise what was approved


class Duty(NamedTuple):
    """One row of the table below: the rule, and the duty in words."""

    rule: str
    zh: str
    en: str


DUTIES: dict[Phase, Duty] = {
    Phase.APPROVING: Duty(
        "R-HND-7 (W 4)",
        "审批部门:依法办理并在办结时推送结果",
        "the bureau: to decide lawfully and to push the result",
    ),
    Phase.RECEIVING: Duty(
        "R-HND-7 (W 4)",
        "监管部门:在时限内接收已送达的结果;审批部门已尽推送之责",
        "the department: to receive the delivered result in time; the bureau has done its duty to push",
    ),
    Phase.SUPERVISING: Duty(
        "R-HND-7 (W 4)",
        "监管部门:对已审批事项实施监管",
        "the department: to supervise what was approved",
    ),
}


class Responsibility(Contract):
    """One stretch of time in which one body is answerable; `until` None means still."""

    department: Identifier
    answerable: Identifier
    phase: Phase
    duty_zh: ShortText
    duty_en: ShortText
    rule: ShortText
    since: Instant
    until: Instant | None
    proven_by: tuple[Identifier, ...]


class _Turn(NamedTuple):
    """An event that passes responsibility on."""

    phase: Phase
    answerable: str
    at: datetime
    event: str


def responsibilities(events: Sequence[Event], department: str) -> tuple[Responsibility, ...]:
    """The whole story for one department: stretches in order, each starting where the one before ends."""
    turns = list(_turns(events, department))
    ends: list[datetime | None] = [*(turn.at for turn in turns[1:]), None]
    stretches = []
    for number, (turn, until) in enumerate(zip(turns, ends, strict=False)):
        # With “delivery is the claim” both turns are one instant; a stretch of no length is nobody's.
        if until is not None and until == turn.at:
            continue
        duty = DUTIES[turn.phase]
        proof = tuple(each.event for position, each in enumerate(turns) if position <= number and each.at == turn.at)
        stretches.append(
            Responsibility(
                department=department,
                answerable=turn.answerable,
                phase=turn.phase,
                duty_zh=duty.zh,
                duty_en=duty.en,
                rule=duty.rule,
                since=turn.at,
                until=until,
                proven_by=proof,
            )
        )
    return tuple(stretches)


def responsibility_at(events: Sequence[Event], department: str, at: datetime) -> Responsibility | None:
    """Who is answerable at that instant, or None before the case existed."""
    return next(
        (
            each
            for each in responsibilities(events, department)
            if each.since <= at and (each.until is None or at < each.until)
        ),
        None,
    )


def departments_of(events: Iterable[Event]) -> tuple[str, ...]:
    """Every department a case was pushed to, in the order of the first push."""
    pushed = (_push(event) for event in events if event.type == PushDelivered.TYPE)
    return tuple(dict.fromkeys(push.department for push in pushed))


def _turns(events: Sequence[Event], department: str) -> Iterable[_Turn]:
    """The events that pass responsibility on for this department, each phase once and only forwards."""
    reached: Phase | None = None
    for event in sorted(events, key=lambda each: each.sequence):
        turn = _turn(event, department)
        if turn is not None and _NEXT[reached] == turn.phase:
            reached = turn.phase
            yield turn


_NEXT: dict[Phase | None, Phase | None] = {
    None: Phase.APPROVING,
    Phase.APPROVING: Phase.RECEIVING,
    Phase.RECEIVING: Phase.SUPERVISING,
    Phase.SUPERVISING: None,
}


def _turn(event: Event, department: str) -> _Turn | None:
    if event.type in {CaseAccepted.TYPE, CaseDecided.TYPE}:
        bureau = event.data.body["case"]["bureau"]
        return _Turn(Phase.APPROVING, bureau, event.time, event.id)
    phase = _PUSH_TURNS.get(event.type)
    if phase is None:
        return None
    push = _push(event)
    if push.department != department or push.stage is not Stage.DECISION:
        return None
    return _Turn(phase, department, event.time, event.id)


_PUSH_TURNS = {
    PushDelivered.TYPE: Phase.RECEIVING,
    PushClaimed.TYPE: Phase.SUPERVISING,
}


def _push(event: Event) -> Push:
    if event.type == PushDelivered.TYPE:
        return body_of(event, PushDelivered).push
    return body_of(event, PushClaimed).push
