"""Setting limits anew once the official calendar they rest on is announced (R-HND-14).

Whatever a limit is reckoned from is kept, so that it can be reckoned again; the terms of a case are read off the file.
"""

from collections.abc import Iterable

from services.handover.domain import reviews, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.pushes import LAPSING
from shared.contracts.pushes import Push, PushRescheduled
from shared.contracts.reviews import ReviewRequest
from shared.contracts.terms import TermRescheduled
from shared.kernel.calendar import awaited_year, beijing_date, deadline

CALENDAR = "calendar"
"""The kind of what waits for a year's calendar."""


def awaited(file: CaseFile) -> int | None:
    """The year whose calendar a case waits for; None where none of its limits may still change."""
    provisional = (term for term in terms.owed(file) if term.provisional and term.due_at)
    years = (awaited_year(beijing_date(term.due_at)) for term in provisional if term.due_at)
    return min((year for year in years if year is not None), default=None)


def rescheduled(file: CaseFile) -> Outcome:
    """Every provisional limit as the calendar now has it; nothing where the calendar has not changed it."""
    outcome = Outcome(file)
    for push in _provisional_pushes(file):
        outcome = outcome.then(_push_rescheduled(outcome.file, push))
    for review in reviews.open_reviews(file):
        if review.provisional:
            outcome = outcome.then(_review_rescheduled(outcome.file, review))
    before = {term.key: term for term in file.terms if term.provisional}
    told = tuple(
        terms.told(TermRescheduled, file, term)
        for term in terms.owed(outcome.file)
        if term.key in before and (term.due_at, term.provisional) != (before[term.key].due_at, True)
    )
    return outcome.then(Outcome(outcome.file, told))


def _provisional_pushes(file: CaseFile) -> Iterable[Push]:
    return (push for push in file.pushes if push.claim_due_provisional and push.state in LAPSING)


def _push_rescheduled(file: CaseFile, push: Push) -> Outcome:
    due = deadline(push.claim_limit_since or push.delivered_at, push.claim_limit.limit())
    changed = push.model_copy(update={"claim_due_at": due.at, "claim_due_provisional": due.provisional})
    return Outcome(file) if changed == push else Outcome(file.with_part(changed), (PushRescheduled(push=changed),))


def _review_rescheduled(file: CaseFile, review: ReviewRequest) -> Outcome:
    due = deadline(review.requested_at, review.limit.limit())
    return Outcome(file.with_part(review.model_copy(update={"due_at": due.at, "provisional": due.provisional})))
