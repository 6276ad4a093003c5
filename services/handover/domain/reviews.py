"""Asking departments for an opinion before the decision, and taking it (R-HND-10; licensing law art. 45).

The clock stands still from the request until the last opinion or the withdrawal.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.handover.domain import clocks
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.legal import illegal
from shared.contracts.reviews import (
    Opinion,
    ReviewAnswered,
    ReviewCompleted,
    ReviewRequest,
    ReviewRequested,
    ReviewState,
    ReviewWithdrawn,
)
from shared.contracts.vocabulary import ReviewKind, TimeLimit
from shared.kernel.calendar import deadline
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused
from shared.kernel.ids import review_id

REVIEW_LIMITS: Mapping[ReviewKind, TimeLimit] = {
    ReviewKind.SITE_SURVEY: TimeLimit(amount=5),
    ReviewKind.TECHNICAL_REVIEW: TimeLimit(amount=10),
    ReviewKind.EXPERT_REVIEW: TimeLimit(amount=15),
    ReviewKind.TEST: TimeLimit(amount=20),
    ReviewKind.HEARING: TimeLimit(amount=20),  # art. 47: organised within twenty days
}
"""How long departments have where the request does not say."""

MOST_REVIEWS = 30
"""How often opinions may be asked for in one case."""

MOST_OPEN = 4
"""How many requests may be open at once: what the clock brings to all of them is one transaction."""

DECIDED_REASON = "办件已办结"
"""Why a request still open at the decision ends."""


class ReviewMove(StrEnum):
    """What may be done about a request for opinions."""

    REQUEST = "request_review"
    ANSWER = "give_opinion"
    WITHDRAW = "withdraw_review"


REVIEW_MOVES: Mapping[ReviewState, frozenset[ReviewMove]] = {
    ReviewState.OPEN: frozenset({ReviewMove.ANSWER, ReviewMove.WITHDRAW}),
    ReviewState.COMPLETE: frozenset(),
    ReviewState.WITHDRAWN: frozenset(),
}

_WORDS: Mapping[str, str] = {
    ReviewMove.REQUEST: "征求意见",
    ReviewMove.ANSWER: "出具意见",
    ReviewMove.WITHDRAW: "撤回征求意见",
    ReviewState.OPEN: "征求意见中",
    ReviewState.COMPLETE: "意见已齐",
    ReviewState.WITHDRAWN: "已撤回",
    "not_accepted": "尚未受理",
    "decided": "已办结",
    "asked_too_often": "征求意见次数已满",
    "too_many_open": "待答复的征求意见已满",
}


class Asked(NamedTuple):
    """What a bureau asks departments for; the limit of its kind where it gives none."""

    kind: ReviewKind
    departments: Sequence[str]
    text: str
    place: str | None = None
    meets_at: datetime | None = None
    limit: TimeLimit | None = None


def request(file: CaseFile, asked: Asked, now: datetime) -> Outcome:
    """Ask departments for their opinions, and stop the clock (R-HND-10).

    Raises Refused("wrong_state") before the acceptance and after the decision.
    """
    hindrance = _hindrance(file)
    if hindrance:
        legal = [ReviewMove.WITHDRAW] if hindrance == "too_many_open" else []
        raise illegal(hindrance, ReviewMove.REQUEST, legal, _WORDS)
    case = file.case
    limit = asked.limit or REVIEW_LIMITS[asked.kind]
    due = deadline(now, limit.limit())
    review = ReviewRequest(
        review_id=review_id(case.case_id, len(file.reviews) + 1),
        case_id=case.case_id,
        case_number=case.case_number,
        item_name=case.item_name,
        bureau=case.bureau,
        kind=asked.kind,
        departments=tuple(asked.departments),
        text=asked.text,
        place=asked.place,
        meets_at=asked.meets_at,
        limit=limit,
        requested_at=now,
        due_at=due.at,
        provisional=due.provisional,
    )
    requested = Outcome(file.with_part(review), (ReviewRequested(review=review),))
    if file.clock is None:
        return requested  # it starts, with this stop in it, once the case is routed
    return requested.then(clocks.stopped(requested.file, file.clock, clocks.stop_of(review)))


def give(file: CaseFile, review: ReviewRequest, opinion: Opinion) -> Outcome:
    """Take a department's opinion, once; the clock runs again with the last (R-HND-10). A late one is taken as well.

    Raises Refused: "not_your_department", "opinion_given", "wrong_state".
    """
    if opinion.department not in review.departments:
        raise Refused("not_your_department")
    given = file.opinion(review.review_id, opinion.department)
    if given is not None:
        raise Refused("opinion_given", at=given.at.astimezone(BEIJING).isoformat(timespec="milliseconds"))
    _check(review, ReviewMove.ANSWER)
    opinion = opinion.model_copy(update={"late": opinion.at >= review.due_at})
    answered = review.model_copy(update={"answered": (*review.answered, opinion.department)})
    outcome = Outcome(file.with_part(opinion).with_part(answered), (ReviewAnswered(review=answered, opinion=opinion),))
    if set(answered.answered) != set(answered.departments):
        return outcome
    complete = answered.model_copy(update={"state": ReviewState.COMPLETE, "ended_at": opinion.at})
    return outcome.then(_end(outcome.file, complete, ReviewCompleted(review=complete), opinion.at))


def withdraw(file: CaseFile, review: ReviewRequest, reason: str, now: datetime) -> Outcome:
    """The bureau needs the opinions no more; the clock runs again. Raises Refused("wrong_state")."""
    _check(review, ReviewMove.WITHDRAW)
    ended = {"state": ReviewState.WITHDRAWN, "ended_at": now, "ended_reason": reason}
    withdrawn = review.model_copy(update=ended)
    return _end(file, withdrawn, ReviewWithdrawn(review=withdrawn), now)


def end_decided(file: CaseFile, now: datetime) -> Outcome:
    """Nobody is asked any more what the decision can no longer heed: one request at a time, as the clock comes by."""
    asked = open_reviews(file) if file.case.decision else ()
    return withdraw(file, asked[0], DECIDED_REASON, now) if asked else Outcome(file)


def open_reviews(file: CaseFile) -> tuple[ReviewRequest, ...]:
    """The requests that still wait for an opinion."""
    return tuple(review for review in file.reviews if review.state is ReviewState.OPEN)


def _end(file: CaseFile, review: ReviewRequest, told: ReviewCompleted | ReviewWithdrawn, now: datetime) -> Outcome:
    ended = Outcome(file.with_part(review), (told,))
    return ended.then(clocks.resumed(ended.file, file.clock, review.review_id, now)) if file.clock else ended


def _check(review: ReviewRequest, move: ReviewMove) -> None:
    legal = REVIEW_MOVES[review.state]
    if move not in legal:
        raise illegal(review.state, move, legal, _WORDS)


def _hindrance(file: CaseFile) -> str | None:
    if file.case.decision is not None:
        return "decided"
    if file.case.accepted_at is None:
        return "not_accepted"
    if len(open_reviews(file)) >= MOST_OPEN:
        return "too_many_open"
    return "asked_too_often" if len(file.reviews) >= MOST_REVIEWS else None
