"""What is owed by when in a case, and what happens as the time comes (R-HND-14, R-NTF-1).

Terms are read off the case file: whoever changes a push, a review or a notice changes no term by hand. `settle` does,
once for every change: new terms appear, those no longer owed go, and what was said of the others stays said.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, TypeVar

from services.handover.domain import claims, clocks, public_notices, reviews
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.claims import CouldClaim, anybody
from services.handover.domain.pushes import TO_BE_DECIDED
from shared.contracts.pushes import OWED, Push
from shared.contracts.terms import Term, TermBody, TermMissed, TermReminded, TermSettled
from shared.contracts.vocabulary import Moment, PushState, TermKind
from shared.kernel.calendar import Limit, deadline

CASE = "case"
"""The kind of a case's deadline: the next moment of all its terms."""

RETURN_DECISION_LIMIT = Limit(2, "working_day")
"""How long the sender of a push has to decide on its return."""

CONFERENCE_LIMIT = Limit(10, "working_day")
"""How long a return may be before the joint conference (R-OVS-5)."""

ROUTING_LIMIT = Limit(1, "working_day")
"""How long the bureau's coordinator has for what could not be routed (R-HND-15)."""

MOST_AT_ONCE = 12
"""How many terms take their course in one step: one transaction holds what comes of them, however many are due."""

_A_DAY = timedelta(days=1)
_NEXT_WORKING_DAY = Limit(1, "working_day")
_A_MOMENT = timedelta(milliseconds=1)


# ── What is owed ────────────────────────────────────────────────────────────────────────────────


def _claims(file: CaseFile) -> Iterable[Term]:
    for push in file.pushes:
        if push.state in OWED:
            yield Term(
                kind=TermKind.CLAIM,
                subject=push.push_id,
                owner=push.department,
                since=push.delivered_at,
                due_at=push.claim_due_at,
                provisional=push.claim_due_provisional,
            )


def _return_decisions(file: CaseFile) -> Iterable[Term]:
    for push in file.pushes:
        if push.state in TO_BE_DECIDED and push.returned is not None:
            referred = push.referral if push.state is PushState.REFERRED else None
            since = referred.at if referred else push.returned.at
            due = deadline(since, CONFERENCE_LIMIT if referred else RETURN_DECISION_LIMIT)
            yield Term(
                kind=TermKind.RETURN_DECISION,
                subject=push.push_id,
                owner=push.sender,
                since=since,
                due_at=due.at,
                provisional=due.provisional,
            )


def _routings(file: CaseFile) -> Iterable[Term]:
    for each in file.unrouted:
        if each.placed_at is None:
            due = deadline(each.since, ROUTING_LIMIT)
            yield Term(
                kind=TermKind.ROUTING,
                subject=each.unrouted_id,
                owner=file.case.bureau,
                since=each.since,
                due_at=due.at,
                provisional=due.provisional,
            )


def _placements(file: CaseFile) -> Iterable[Term]:
    for push in file.pushes:
        if push.to_be_placed and push.ended_at is not None:
            due = deadline(push.ended_at, ROUTING_LIMIT)
            yield Term(
                kind=TermKind.ROUTING,
                subject=push.push_id,
                owner=push.sender,
                since=push.ended_at,
                due_at=due.at,
                provisional=due.provisional,
            )


def _decision_limits(file: CaseFile) -> Iterable[Term]:
    clock = file.clock
    if clock is None or file.case.decision is not None:
        return
    ends = {
        TermKind.COMMITTED_LIMIT: clocks.committed_ends(clock),
        TermKind.STATUTORY_LIMIT: clocks.statutory_ends(clock),
    }
    for kind, due in ends.items():
        yield Term(
            kind=kind,
            subject=file.case.case_id,
            owner=file.case.bureau,
            since=clock.started_at,
            due_at=due.at if due else None,
            provisional=due is not None and due.provisional,
        )


def _opinions(file: CaseFile) -> Iterable[Term]:
    for review in reviews.open_reviews(file):
        for department in review.departments:
            if department not in review.answered:
                yield Term(
                    kind=TermKind.OPINION,
                    subject=review.review_id,
                    owner=department,
                    since=review.requested_at,
                    due_at=review.due_at,
                    provisional=review.provisional,
                )


def _public_notices(file: CaseFile) -> Iterable[Term]:
    for notice in public_notices.open_notices(file):
        yield Term(
            kind=TermKind.PUBLIC_NOTICE,
            subject=notice.notice_id,
            owner=notice.bureau,
            since=notice.opened_at,
            due_at=notice.ends_at,
        )


OWES: tuple[Callable[[CaseFile], Iterable[Term]], ...] = (
    _claims,
    _return_decisions,
    _routings,
    _placements,
    _decision_limits,
    _opinions,
    _public_notices,
)
"""Everything that can be owed, read off the file."""


# ── What happens when ───────────────────────────────────────────────────────────────────────────


class Reminders(NamedTuple):
    """How long before its end a term is recalled, and how long after it once more; None: not at all."""

    before: timedelta | None
    after: Limit | None


REMINDERS: Mapping[TermKind, Reminders] = {
    TermKind.CLAIM: Reminders(_A_DAY, _NEXT_WORKING_DAY),
    TermKind.RETURN_DECISION: Reminders(_A_DAY, _NEXT_WORKING_DAY),
    TermKind.OPINION: Reminders(_A_DAY, _NEXT_WORKING_DAY),
    TermKind.COMMITTED_LIMIT: Reminders(_A_DAY, None),
    TermKind.STATUTORY_LIMIT: Reminders(_A_DAY, _NEXT_WORKING_DAY),
    TermKind.PUBLIC_NOTICE: Reminders(_A_DAY, None),
    TermKind.ROUTING: Reminders(None, _NEXT_WORKING_DAY),
}


def _lapse_claim(file: CaseFile, term: Term, now: datetime, could_claim: CouldClaim) -> Outcome:
    push = file.push(term.subject)
    return claims.lapse(file, push, now, could_claim) if push else Outcome(file)


def _end_notice(file: CaseFile, term: Term, now: datetime, _: CouldClaim) -> Outcome:
    notice = file.notice(term.subject)
    return public_notices.end(file, notice, now) if notice else Outcome(file)


ENDS: Mapping[TermKind, Callable[[CaseFile, Term, datetime, CouldClaim], Outcome]] = {
    TermKind.CLAIM: _lapse_claim,
    TermKind.PUBLIC_NOTICE: _end_notice,
}
"""What the end of a term does; what is still owed after it is missed, and told so."""


def next_at(term: Term) -> tuple[Moment, datetime] | None:
    """The next moment of a term and its instant; None when nothing more happens by the clock."""
    if term.due_at is None or term.told is Moment.AFTER:
        return None
    before, after = REMINDERS[term.kind]
    if term.told is None and before is not None and term.due_at - before > term.since:
        return Moment.BEFORE, term.due_at - before
    if term.told in {None, Moment.BEFORE}:
        return Moment.AT, term.due_at
    if after is None:
        return None
    # A limit in days ends at midnight: the day that begins there is the first of the next period.
    return Moment.AFTER, deadline(term.due_at - _A_MOMENT, after).at


def due_at(file: CaseFile) -> datetime | None:
    """When the case is to be looked at next; None while nothing is owed and nothing is left to be done."""
    return min((*(at for _, at in _moments(file)), *_left_to_do(file)), default=None)


def only_recalls(file: CaseFile) -> bool:
    """Whether the case is looked at next for reminders alone: at an instant when much is due, limits come first."""
    due = due_at(file)
    ends = (at for moment, at in _moments(file) if moment is Moment.AT)
    return due is not None and due not in {*ends, *_left_to_do(file)}


def _moments(file: CaseFile) -> Iterable[tuple[Moment, datetime]]:
    return (moment for moment in map(next_at, file.terms) if moment is not None)


def _left_to_do(file: CaseFile) -> Iterable[datetime]:
    """Since when the clock has work: what was said is to be counted, what the decision made pointless is to end."""
    for notice in public_notices.to_be_counted(file):
        yield notice.ended_at or notice.ends_at
    decision = file.case.decision
    if decision and (reviews.open_reviews(file) or public_notices.open_notices(file)):
        yield decision.decided_at


def take_course(file: CaseFile, now: datetime, could_claim: CouldClaim = anybody) -> Outcome:
    """What the clock has brought: reminders, limits that passed (R-HND-5, R-HND-14).

    No more of it than `MOST_AT_ONCE`; with the rest the case stays due.
    """
    outcome = Outcome(file)
    waiting = ((term, come) for term in file.terms if (come := moments_come(term, now)))
    for term, come in islice(waiting, MOST_AT_ONCE):
        outcome = outcome.then(_come(outcome.file, term, come, now, could_claim))
    return outcome


def moved(
    file: CaseFile,
    push: Push,
    now: datetime,
    move: Callable[[CaseFile, Push], Outcome],
    could_claim: CouldClaim = anybody,
) -> Outcome:
    """What somebody does with a push, after every limit of it that has passed (R-HND-4, R-HND-5).

    Late is a fact by the limit: who comes before the schedule has run meets what it would have left.
    """
    outcome = Outcome(file)
    for term in file.terms:
        come = moments_come(term, now)
        if term.subject == push.push_id and Moment.AT in come:
            outcome = outcome.then(_come(outcome.file, term, come, now, could_claim))
    return outcome.then(move(outcome.file, outcome.file.push(push.push_id) or push))


def moments_come(term: Term, now: datetime) -> tuple[Moment, ...]:
    """The moments of a term that have come and were not told; several where a case came to us late."""
    come: list[Moment] = []
    while (moment := next_at(term)) is not None and moment[1] <= now:
        come.append(moment[0])
        term = term.model_copy(update={"told": moment[0]})
    return tuple(come)


def settle(before: CaseFile | None, outcome: Outcome) -> Outcome:
    """The outcome with the terms that follow from it (R-HND-14).

    What was missed and is owed no more is told, or owed by a later time again.
    """
    said = {term.key: term for term in outcome.file.terms}
    terms = tuple(_as_said(term, said.get(term.key)) for term in owed(outcome.file))
    file = outcome.file.model_copy(update={"terms": terms})
    still = {term.key for term in terms if term.told in _MISSED}
    missed = {term.key: term for term in (before.terms if before else ()) if term.told in _MISSED}
    missed |= {body.term.key: body.term for body in outcome.bodies if isinstance(body, TermMissed)}
    settled = tuple(told(TermSettled, file, term) for key, term in missed.items() if key not in still)
    return Outcome(file, (*outcome.bodies, *settled), outcome.waits)


def owed(file: CaseFile) -> tuple[Term, ...]:
    """Everything that is owed as the file stands, of which nothing has been said yet."""
    return tuple(term for owes in OWES for term in owes(file))


_MISSED = frozenset({Moment.AT, Moment.AFTER})


def _as_said(term: Term, known: Term | None) -> Term:
    if known is None or known.due_at != term.due_at:
        return term
    return term.model_copy(update={"told": known.told})


def _come(file: CaseFile, term: Term, come: Sequence[Moment], now: datetime, could_claim: CouldClaim) -> Outcome:
    """What moments bring that came at once is said once: that it is missed, or else the latest reminder."""
    said = term.model_copy(update={"told": come[-1]})
    terms = tuple(said if each.key == term.key else each for each in file.terms)
    marked = file.model_copy(update={"terms": terms})
    if Moment.AT not in come:
        return Outcome(marked, (told(TermReminded, file, said),))
    end = ENDS.get(term.kind)
    ended = end(marked, said, now, could_claim) if end else Outcome(marked)
    if said.key not in {each.key for each in owed(ended.file)}:
        return ended
    return ended.then(Outcome(ended.file, (told(TermMissed, file, said),)))


T = TypeVar("T", bound=TermBody)


def told(body: type[T], file: CaseFile, term: Term) -> T:
    """An event of a term, which says of which case it is."""
    case = file.case
    return body(
        case_id=case.case_id,
        case_number=case.case_number,
        bureau=case.bureau,
        item_name=case.item_name,
        term=term,
    )
