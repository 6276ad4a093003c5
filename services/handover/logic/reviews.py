"""Asking departments for an opinion, giving one, needing it no more (R-HND-10)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.handover.domain import reviews
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.lines import target_faults
from services.handover.domain.reviews import Asked
from services.handover.logic.access import acts_for, department_asked, reads
from services.handover.logic.clocks import bureaus_case
from services.handover.logic.materials import check_materials
from services.handover.logic.office import Office, case_with, save
from services.handover.ports.cases import Position
from services.handover.ports.reviews import Reviews
from services.handover.schemas.reviews import OpinionRequest, ReviewRequestRequest, ReviewView, ReviewWithdrawalRequest
from shared.contracts.change import Context, Stored
from shared.contracts.reviews import Opinion, ReviewRequest
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.permissions import Principal, department_of


def request_review(office: Office, context: Context, case_id: str, asked: ReviewRequestRequest) -> ReviewView:
    """Ask departments for their opinions on a case of the own bureau's (R-HND-10).

    Raises Refused: "not_found", "not_your_department", "invalid_fields" for a department that cannot be asked or a
    meeting that is over, "wrong_state" before the acceptance and after the decision.
    """
    stored = bureaus_case(office, context, case_id)
    given = Asked(asked.kind, asked.departments, asked.text, asked.place, asked.meets_at, asked.limit)
    outcome = reviews.request(stored.state, given, stored.head.not_before(context.now))
    refuse_fields([*_department_faults(office, asked.departments), *_meeting_faults(asked, context.now)])
    return _saved(office, context, stored, outcome, outcome.file.reviews[-1].review_id)


def _meeting_faults(asked: ReviewRequestRequest, now: datetime) -> list[Fault]:
    if asked.meets_at is None or asked.meets_at > now:
        return []
    zh, en = "会商、踏勘时间须在将来：请另定时间", "It lies in the past: name a time to come."
    return [Fault("/meets_at", "in_the_past", zh, en)]


def give_opinion(office: Office, context: Context, review_id: str, given: OpinionRequest) -> ReviewView:
    """Give my department's opinion, or that of one merged into it; each once, and also late (R-HND-10, R-ORG-1).

    Raises Refused: "not_found", "not_your_department", "opinion_given", "invalid_fields" for an attachment that is not
    the department's own and stored, "wrong_state".
    """
    stored, review = _find(office, review_id)
    own = department_of(context.principal)
    opinion = Opinion(
        review_id=review_id,
        department=_given_for(office, context.principal, review, given.department),
        at=stored.head.not_before(context.now),
        by=context.principal.client_id,
        **{name: value for name, value in given if name != "department"},
    )
    outcome = reviews.give(stored.state, review, opinion)
    refuse_fields(check_materials(office.materials, {own, opinion.department}, given.attachments, "/attachments"))
    return _saved(office, context, stored, outcome, review_id)


def withdraw_review(office: Office, context: Context, review_id: str, asked: ReviewWithdrawalRequest) -> ReviewView:
    """The bureau needs the opinions no more. Raises Refused: "not_found", "not_your_department", "wrong_state"."""
    stored, review = _find(office, review_id)
    if not acts_for(office, context.principal, review.bureau):
        raise Refused("not_your_department")
    outcome = reviews.withdraw(stored.state, review, asked.reason, stored.head.not_before(context.now))
    return _saved(office, context, stored, outcome, review_id)


def show_review(office: Office, principal: Principal, review_id: str) -> ReviewView:
    """A request and the opinions on it, for whoever may read its case or was asked. Raises Refused."""
    stored, review = _find(office, review_id)
    asked = (acts_for(office, principal, each) for each in review.departments)
    if not reads(office, principal, stored.state) and not any(asked):
        raise Refused("not_your_department")
    return _view(stored.state, review_id)


def my_reviews(
    office: Office, lists: Reviews, context: Context, asked: str | None, *, limit: int, position: Position | None
) -> tuple[Sequence[ReviewRequest], Position | None]:
    """A page of what my department, or one that was merged into it, has not answered yet, oldest first (R-ORG-1)."""
    department = department_asked(office, context.principal, asked)
    return lists.asked(department, limit=limit, position=position)


def _given_for(office: Office, principal: Principal, review: ReviewRequest, named: str | None) -> str:
    """Whose opinion it is: of the one that is named, else the first still owed by the caller, its own before others.

    Raises Refused("not_your_department").
    """
    own = department_of(principal)
    asked = sorted(review.departments, key=lambda each: (each in review.answered, each != own))
    mine = (each for each in asked if named in {None, each} and acts_for(office, principal, each))
    department = next(mine, None)
    if department is None:
        raise Refused("not_your_department")
    return department


def _find(office: Office, review_id: str) -> tuple[Stored[CaseFile], ReviewRequest]:
    stored = case_with(office, review_id)
    review = stored.state.review(review_id)
    if review is None:
        raise Refused("not_found", id=review_id)
    return stored, review


def _department_faults(office: Office, departments: Sequence[str]) -> list[Fault]:
    known = {each.department_id: each for each in office.directory.departments(departments)}
    return [
        replace(fault, pointer=f"/departments/{place}")
        for place, department in enumerate(departments)
        for fault in target_faults(known.get(department))
    ]


def _saved(office: Office, context: Context, stored: Stored[CaseFile], outcome: Outcome, review_id: str) -> ReviewView:
    return save(office, context, stored, outcome, lambda file, _: _view(file, review_id))


def _view(file: CaseFile, review_id: str) -> ReviewView:
    review = next(each for each in file.reviews if each.review_id == review_id)
    given = {each.department: each for each in file.opinions if each.review_id == review_id}
    return ReviewView(review=review, opinions=tuple(given[department] for department in review.answered))
