"""What is owed by when, and what the clock brings: before, at and after (R-HND-14, R-NTF-1)."""

from datetime import datetime, timedelta

import pytest

from services.handover.domain import clocks, terms
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.terms import REMINDERS
from shared.contracts.terms import Term
from shared.contracts.vocabulary import Moment, StopReason, TermKind
from tests.support.case_builders import CASE_ID, accepted, beijing, granted
from tests.support.handover_builders import BUREAU

COMMITTED_END = beijing(10, 0)
STATUTORY_END = beijing(31, 0)


def settled(before: CaseFile | None, outcome: Outcome) -> Outcome:
    return terms.settle(before, outcome)


def case_with_terms() -> CaseFile:
    return settled(None, Outcome(accepted())).file


def at(file: CaseFile, now: datetime) -> Outcome:
    """What the clock brings, as it would be written."""
    return settled(file, terms.take_course(file, now))


def told(outcome: Outcome) -> list[tuple[str, TermKind]]:
    return [(body.TYPE, term.kind) for body in outcome.bodies if isinstance(term := getattr(body, "term", None), Term)]


def test_a_case_under_way_owes_its_decision_by_both_limits() -> None:
    """R-HND-14: the bureau owes it, for the case."""
    owed = {term.kind: term for term in case_with_terms().terms}
    assert {kind: term.due_at for kind, term in owed.items()} == {
        TermKind.COMMITTED_LIMIT: COMMITTED_END,
        TermKind.STATUTORY_LIMIT: STATUTORY_END,
    }
    assert {(term.owner, term.subject) for term in owed.values()} == {(BUREAU, CASE_ID)}


def test_a_decided_case_owes_none() -> None:
    decided = accepted(decision=granted(beijing(4)))
    assert settled(case_with_terms(), Outcome(decided)).file.terms == ()


def test_the_bureau_is_reminded_the_day_before_and_told_at_the_end() -> None:
    """R-NTF-1: before and after a deadline; between them the case is left in peace."""
    file = case_with_terms()
    assert terms.due_at(file) == COMMITTED_END - timedelta(days=1)
    assert not at(file, COMMITTED_END - timedelta(days=1, milliseconds=1)).bodies
    reminded = at(file, COMMITTED_END - timedelta(days=1))
    assert told(reminded) == [("term.reminded.v1", TermKind.COMMITTED_LIMIT)]
    assert terms.due_at(reminded.file) == COMMITTED_END
    missed = at(reminded.file, COMMITTED_END)
    assert told(missed) == [("term.missed.v1", TermKind.COMMITTED_LIMIT)]
    assert terms.due_at(missed.file) == STATUTORY_END - timedelta(days=1)


def test_what_has_come_is_told_once() -> None:
    reminded = at(case_with_terms(), COMMITTED_END).file
    assert not terms.take_course(reminded, COMMITTED_END).bodies


def test_a_reminder_after_the_end_comes_a_working_day_later() -> None:
    """R-NTF-1: once more, and no oftener."""
    missed = at(case_with_terms(), STATUTORY_END)
    assert ("term.missed.v1", TermKind.STATUTORY_LIMIT) in told(missed)
    again = STATUTORY_END + timedelta(days=1)
    assert terms.due_at(missed.file) == again
    last = at(missed.file, again)
    assert told(last) == [("term.reminded.v1", TermKind.STATUTORY_LIMIT)]
    assert terms.due_at(last.file) is None


def test_a_case_that_came_to_us_late_is_told_once_that_it_is_missed() -> None:
    """Its reminders would say nothing new."""
    late = at(case_with_terms(), beijing(15, month=5))
    assert told(late) == [
        ("term.missed.v1", TermKind.COMMITTED_LIMIT),
        ("term.missed.v1", TermKind.STATUTORY_LIMIT),
    ]
    assert terms.due_at(late.file) is None


def test_a_decision_after_the_limit_is_visible() -> None:
    """R-OVS-1 超时审批: what was missed and is given is told; what was in time is not."""
    missed = at(case_with_terms(), COMMITTED_END).file
    decided = missed.model_copy(update={"case": missed.case.model_copy(update={"decision": granted(beijing(11))})})
    assert told(settled(missed, Outcome(decided))) == [("term.settled.v1", TermKind.COMMITTED_LIMIT)]


def test_a_stop_silences_the_limits_and_the_reminder_comes_before_the_new_end() -> None:
    """R-HND-10, R-HND-14."""
    reminded = at(case_with_terms(), COMMITTED_END - timedelta(days=1)).file
    still = settled(reminded, clocks.stop(reminded, StopReason.SUPPLEMENT, "缺材料", beijing(6))).file
    assert {term.due_at for term in still.terms} == {None}
    assert terms.due_at(still) is None
    running = settled(still, clocks.resume(still, "已补正", beijing(12))).file
    assert terms.due_at(running) == beijing(14, 0) - timedelta(days=1)


def test_what_was_missed_and_is_owed_by_a_later_day_again_is_settled() -> None:
    """R-HND-14: the official calendar may move an end that has passed; the finding of it must not stay."""
    missed = at(case_with_terms(), COMMITTED_END).file
    clock = clocks.stop(accepted(), StopReason.SUPPLEMENT, "缺材料", beijing(3)).file
    later = missed.model_copy(update={"clock": clocks.resume(clock, "已补正", beijing(9)).file.clock})
    outcome = settled(missed, Outcome(later))
    assert told(outcome) == [("term.settled.v1", TermKind.COMMITTED_LIMIT)]
    assert {term.told for term in outcome.file.terms} == {None}


@pytest.mark.parametrize("kind", TermKind)
def test_every_kind_of_term_says_when_it_is_recalled(kind: TermKind) -> None:
    """R-NTF-1: one table."""
    term = Term(kind=kind, subject=CASE_ID, owner=BUREAU, since=beijing(2), due_at=STATUTORY_END)
    moment = terms.next_at(term)
    assert moment is not None
    assert (moment[0] is Moment.BEFORE) == (REMINDERS[kind].before is not None)
