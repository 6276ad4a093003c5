"""How much of a case a department reads: all of it, or its own part and no more (personal information law art. 6).

Who answers for something of a case reads all of it. Whose part has ended keeps what proves it: its own pushes with
their receipts, and the chain up to the end of its part (R-HND-7, R-HND-8, R-AUD-5).
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from services.handover.domain.cases import CaseFile
from services.handover.domain.pushes import ENDED
from shared.contracts.cases import STAGE_EVENTS, Case, StageBody
from shared.contracts.event import Event, PastEvent, body_of, whole
from shared.contracts.pushes import PUSH_EVENTS, Push, PushBody
from shared.contracts.reviews import REVIEW_EVENTS, ReviewBody, ReviewState


def answering(file: CaseFile) -> frozenset[str]:
    """Who answers for something of the case now.

    Its bureau, whoever has a push or relayed one that somebody has, whoever was asked for an opinion, until that is
    withdrawn, or gave one.
    """
    live = [push for push in file.pushes if push.state not in ENDED]
    asked = (
        department
        for review in file.reviews
        for department in review.departments
        if review.state is ReviewState.OPEN or department in review.answered
    )
    holders = (push.department for push in live)
    return frozenset({file.case.bureau, *holders, *(push.sender for push in live), *asked})


def pushes_of(file: CaseFile, departments: AbstractSet[str]) -> tuple[Push, ...]:
    """The pushes that these departments have, had or sent."""
    return tuple(push for push in file.pushes if _is_of(push, departments))


def up_to_end_of_part(events: Iterable[PastEvent], departments: AbstractSet[str]) -> tuple[PastEvent, ...]:
    """The chain up to the last event that these departments had a part in; erased payloads tell of nobody's part."""
    chain = tuple(events)
    last = max((each.sequence for each in chain if _tells_of(each, departments)), default=0)
    return tuple(each for each in chain if each.sequence <= last)


def case_told(events: Iterable[PastEvent]) -> Case:
    """The case as the last act of its bureau in a chain told of it. Raises Refused("payload_erased")."""
    *_, last = (each for each in events if each.type in _STAGES)
    (told,) = whole([last])
    return body_of(told, _STAGES[told.type]).case


def _tells_of(event: PastEvent, departments: AbstractSet[str]) -> bool:
    concerns = _PARTS.get(event.type)
    return isinstance(event, Event) and concerns is not None and concerns(event, departments)


def _is_of(push: Push, departments: AbstractSet[str]) -> bool:
    return not departments.isdisjoint({push.department, push.sender})


def _push_is_of(event: Event, departments: AbstractSet[str]) -> bool:
    return _is_of(body_of(event, PushBody).push, departments)


def _review_is_of(event: Event, departments: AbstractSet[str]) -> bool:
    return not departments.isdisjoint(body_of(event, _REVIEWS[event.type]).review.departments)


_PARTS: Mapping[str, Callable[[Event, AbstractSet[str]], bool]] = {
    **{body.TYPE: _push_is_of for body in PUSH_EVENTS},
    **{body.TYPE: _review_is_of for body in REVIEW_EVENTS},
}
"""By the type of an event, whether it tells of a part that departments had in the case."""

_REVIEWS: Mapping[str, type[ReviewBody]] = {body.TYPE: body for body in REVIEW_EVENTS}
_STAGES: Mapping[str, type[StageBody]] = {body.TYPE: body for body in STAGE_EVENTS}
