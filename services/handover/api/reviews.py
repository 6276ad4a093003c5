"""Requests for opinions over HTTP (R-HND-10)."""

from services.handover import wiring
from services.handover.logic import reviews as logic
from services.handover.schemas.reviews import (
    OpinionRequest,
    ReviewPage,
    ReviewQuery,
    ReviewRequestRequest,
    ReviewView,
    ReviewWithdrawalRequest,
)
from shared.http.endpoints import Call, Endpoints, Nothing
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)

_OWN = ("not_found", "not_your_department")


@api.endpoint(
    "POST",
    "/v1/cases/{case_id}/reviews",
    summary="Ask departments for their opinions (征求意见)",
    action=Action.REVIEW_REQUEST,
    body=ReviewRequestRequest,
    response=ReviewView,
    status=201,
    once=True,
    refusals=(*_OWN, "wrong_state"),
)
def request_review(call: Call[ReviewRequestRequest, Nothing]) -> ReviewView:
    """A survey, review, test or hearing by one department or several; the clock stands still meanwhile (R-HND-10)."""
    return logic.request_review(wiring.office(), call.context, call.path["case_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/reviews/{review_id}/opinion",
    summary="Give my department's opinion (出具意见)",
    action=Action.REVIEW_ANSWER,
    body=OpinionRequest,
    response=ReviewView,
    status=201,
    once=True,
    refusals=(*_OWN, "opinion_given", "wrong_state"),
)
def give_opinion(call: Call[OpinionRequest, Nothing]) -> ReviewView:
    """The written opinion, once; with the last one the clock runs again. A late one is taken and marked (R-HND-10)."""
    return logic.give_opinion(wiring.office(), call.context, call.path["review_id"], call.body)


@api.endpoint(
    "POST",
    "/v1/reviews/{review_id}/withdraw",
    summary="Need the opinions no more (撤回征求意见)",
    action=Action.REVIEW_REQUEST,
    body=ReviewWithdrawalRequest,
    response=ReviewView,
    once=True,
    refusals=(*_OWN, "wrong_state"),
)
def withdraw_review(call: Call[ReviewWithdrawalRequest, Nothing]) -> ReviewView:
    """End a request before all have answered; the clock runs again (R-HND-10)."""
    return logic.withdraw_review(wiring.office(), call.context, call.path["review_id"], call.body)


@api.endpoint(
    "GET",
    "/v1/reviews/{review_id}",
    summary="A request for opinions and what was said (查看意见)",
    action=Action.REVIEW_READ,
    response=ReviewView,
    personal=True,
    refusals=_OWN,
)
def show_review(call: Call[Nothing, Nothing]) -> ReviewView:
    """For its bureau, whoever was asked or may read the case, and oversight (R-HND-10)."""
    return logic.show_review(wiring.office(), call.principal, call.path["review_id"])


@api.endpoint(
    "GET",
    "/v1/reviews",
    summary="What waits for my department's opinion (待出具意见)",
    action=Action.REVIEW_ANSWER,
    query=ReviewQuery,
    response=ReviewPage,
    refusals=("cursor_invalid", "not_your_department"),
)
def my_reviews(call: Call[Nothing, ReviewQuery]) -> ReviewPage:
    """The requests my department has not answered yet, oldest first (R-HND-10)."""
    scope = f"reviews {call.query.department or call.principal.department}"
    found, following = logic.my_reviews(
        wiring.office(),
        wiring.reviews(),
        call.context,
        call.query.department,
        limit=call.query.limit,
        position=position_of(call.query, scope, wiring.cursor_key),
    )
    return ReviewPage(reviews=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))
