"""Review requests (征求意见): what a bureau asks departments for before it decides, and what they say (R-HND-10)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.cases import Material
from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, LongText, ShortText
from shared.contracts.vocabulary import OpinionResult, ReviewKind, TimeLimit

MOST_ASKED = 12
"""A joint survey (联合踏勘) of more departments than an item may name has no reason."""


class ReviewState(StrEnum):
    """Where a request for opinions stands."""

    OPEN = "open"
    COMPLETE = "complete"
    WITHDRAWN = "withdrawn"


class ReviewRequest(Contract):
    """A request for the written opinions of departments on a case; several make a joint one (联合踏勘, R-HND-10).

    `answered` names those that gave theirs. `ended_at`: of the last opinion, or of the withdrawal, which has a reason.
    """

    review_id: Identifier
    case_id: Identifier
    case_number: ShortText
    item_name: ShortText | None
    bureau: Identifier
    kind: ReviewKind
    departments: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=MOST_ASKED)]
    text: LongText
    place: ShortText | None = None
    meets_at: Instant | None = None
    limit: TimeLimit
    requested_at: Instant
    due_at: Instant
    provisional: bool = False
    answered: tuple[Identifier, ...] = ()
    state: ReviewState = ReviewState.OPEN
    ended_at: Instant | None = None
    ended_reason: ShortText | None = None


class Opinion(Contract):
    """A department's written opinion (书面意见); a conditional one says on which conditions. `late`: past the limit."""

    review_id: Identifier
    department: Identifier
    result: OpinionResult
    text: LongText
    conditions: LongText | None = None
    participants: Annotated[tuple[ShortText, ...], Field(max_length=30)] = ()
    attachments: Annotated[tuple[Material, ...], Field(max_length=20)] = ()
    at: Instant
    by: ShortText
    late: bool = False

    @property
    def key(self) -> str:
        """What makes it one: a department gives one opinion on a request."""
        return f"{self.review_id}#{self.department}"


class ReviewBody(Body):
    """What every event of a request for opinions tells: the request as it now is."""

    TYPE: ClassVar[str] = ""
    review: ReviewRequest


class ReviewRequested(ReviewBody):
    """A bureau asked for opinions (`review.requested`)."""

    TYPE: ClassVar[str] = "review.requested.v1"


class ReviewAnswered(ReviewBody):
    """A department gave its opinion (`review.answered`)."""

    TYPE: ClassVar[str] = "review.answered.v1"
    opinion: Opinion


class ReviewCompleted(ReviewBody):
    """Every department that was asked has given its opinion (`review.completed`)."""

    TYPE: ClassVar[str] = "review.completed.v1"


class ReviewWithdrawn(ReviewBody):
    """The bureau needs the opinions no more (`review.withdrawn`)."""

    TYPE: ClassVar[str] = "review.withdrawn.v1"


REVIEW_EVENTS: tuple[type[ReviewBody], ...] = (ReviewRequested, ReviewAnswered, ReviewCompleted, ReviewWithdrawn)
"""Every event of a request for opinions."""
