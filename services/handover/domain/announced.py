"""Setting limits anew once the official calendar they rest on is announced (R-HND-14).

Whatever a limit is reckoned from is kept, so that it can be reckoned again; the terms of a case are read off the file.
"""

from collections.abc import Iterator
from itertools import islice

from services.handover.domain import reviews, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.pushes import LAPSING
from shared.contracts.pushes import Push, PushRescheduled
from shared.contracts.reviews import ReviewRequest
from shared.contracts.terms import TermRescheduled
from shared.kernel.calendar import awaited_year, beijing_date, deadline, official_until

MOST_AT_ONCE = 12
"""How many claim limits are set anew in one step, beside those of one review: a transaction holds no more of them, and
the case waits on with the rest."""

CALENDAR = "calendar"
"""The kind of what waits for a year's calendar."""


def awaited(file: CaseFile) -> int | None:
    """The year whose calendar a case waits for; None where none of its limits may still change."""
    provisional = (term for term in terms.owed(file) if term.provisional and term.due_at)
    years = (awaited_year(beijing_date(term.due_at)) for term in provisional if term.due_at)
    later = min((year for year in years if year is not None), default=None)
    # What is announced by now and not set anew yet still waits for it.
    left = next(_pushes_left(file), None) or next(_reviews_left(file), None)
    return official_until().year if left else later


def rescheduled(file: CaseFile) -> Outcome:
    """Every provisional limit as the calendar now has it; nothing where the calendar has not changed it."""
    outcome = Outcome(file)
    for push in islice(_pushes_left(file), MOST_AT_ONCE):
        outcome = outcome.then(Outcome(outcome.file.with_part(push), (PushRescheduled(push=push),)))
    for review in islice(_reviews_left(file), 1):
        outcome = outcome.then(Outcome(outcome.file.with_part(review)))
    before = {term.key: term for term in file.terms if term.provisional}
    told = tuple(
        terms.told(TermRescheduled, file, term)
        for term in terms.owed(outcome.file)
        if term.key in before and (term.due_at, term.provisional) != (before[term.key].due_at, True)
    )
    return outcome.then(Outcome(outcome.file, told))


def _pushes_left(file: CaseFile) -> Iterator[Push]:
    """The pushes, set anew, whose provisional claim limit is another by the calendar that is announced now."""
    provisional = (push for push in file.pushes if push.claim_due_provisional and push.state in LAPSING)
    return (anew for push in provisional if (anew := _push_anew(push)) != push)


def _reviews_left(file: CaseFile) -> Iterator[ReviewRequest]:
    """The same for open requests for opinions."""
    provisional = (review for review in reviews.open_reviews(file) if review.provisional)
    return (anew for review in provisional if (anew := _review_anew(review)) != review)


def _push_anew(push: Push) -> Push:
    due = deadline(push.claim_limit_since or push.delivered_at, push.claim_limit.limit())
    return push.model_copy(update={"claim_due_at": due.at, "claim_due_provisional": due.provisional})


def _review_anew(review: ReviewRequest) -> ReviewRequest:
    due = deadline(review.requested_at, review.limit.limit())
    return review.model_copy(update={"due_at": due.at, "provisional": due.provisional})
