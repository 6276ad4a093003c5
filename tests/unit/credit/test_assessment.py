"""The rule table and what it makes of a file (R-CRD-2, R-CRD-3)."""

from datetime import date, timedelta

import pytest

from services.credit.domain.assessment import Assessment, assess, months_after, published_until
from services.credit.domain.rules import RULES, Entitlement, Restriction
from shared.contracts.credit import CreditRecord
from shared.contracts.feedback import PenaltyKind
from tests.support.credit_builders import DAY, licence, penalty_of

ALL = {each.value for each in Entitlement}


def graded(*records: CreditRecord, today: date = DAY) -> Assessment:
    return assess(records, RULES, today)


def rules_of(assessment: Assessment) -> list[str]:
    return [line.rule for line in assessment.lines]


def test_a_newcomer_has_the_best_grade_and_the_green_channel() -> None:
    found = graded()
    assert (found.grade, found.outcome) == ("A", "favoured")
    assert set(found.entitlements) == ALL
    assert found.restrictions == ()
    assert rules_of(found) == ["nothing_adverse", "grade_A"]


def test_licences_are_listed_and_do_not_change_the_grade() -> None:
    found = graded(licence(1), licence(2))
    assert found.grade == "A"
    assert rules_of(found) == ["nothing_adverse", "licences", "grade_A"]
    assert [each.counts for each in found.matched] == [False, False]


def test_a_warning_costs_the_green_channel_alone() -> None:
    found = graded(penalty_of(PenaltyKind.WARNING))
    assert (found.grade, found.outcome) == ("B", "ordinary")
    assert set(found.entitlements) == ALL - {Entitlement.GREEN_CHANNEL}
    assert found.restrictions == (Restriction.NO_GREEN_CHANNEL,)


def test_a_fine_restricts() -> None:
    found = graded(penalty_of(PenaltyKind.FINE))
    assert (found.grade, found.outcome) == ("C", "restricted")
    assert found.entitlements == ()
    assert set(found.restrictions) == {
        Restriction.NO_GREEN_CHANNEL, Restriction.NO_CONDITIONAL_ACCEPTANCE, Restriction.NO_INFORMED_COMMITMENT,
    }  # fmt: skip
    assert rules_of(found) == ["fined", "grade_C"]
    assert "42号" in found.lines[-1].zh


@pytest.mark.parametrize("kind", [PenaltyKind.BUSINESS_CLOSURE, PenaltyKind.REVOCATION, PenaltyKind.DETENTION])
def test_the_heaviest_kinds_block_every_easing(kind: PenaltyKind) -> None:
    found = graded(penalty_of(kind), licence())
    assert (found.grade, found.outcome) == ("D", "blocked")
    assert Restriction.FULL_REVIEW in found.restrictions


def test_penalties_add_up() -> None:
    warnings = [penalty_of(PenaltyKind.WARNING, number) for number in range(3)]
    fines = [penalty_of(PenaltyKind.FINE, number) for number in range(3)]
    assert graded(*warnings[:2]).grade == "B"
    assert graded(*warnings).grade == "C"
    assert graded(*fines[:2]).grade == "C"
    assert graded(*fines).grade == "D"
    assert graded(*fines).lines[0].records == tuple(fine.record_id for fine in fines)


@pytest.mark.parametrize("row", RULES.publication, ids=lambda row: row.kind.value)
def test_a_penalty_counts_to_the_last_day_of_its_publication(row: object) -> None:
    """R-CRD-2: measured from the decision."""
    assert isinstance(row, type(RULES.publication[0]))
    penalty = penalty_of(row.kind)
    last = months_after(DAY, row.months)
    assert published_until(penalty, RULES) == last
    assert graded(penalty, today=last).grade != "A"
    after = graded(penalty, today=last + timedelta(days=1))
    assert after.grade == "A"
    assert rules_of(after) == ["nothing_adverse", "publication_over", "grade_A"]


def test_publication_lasts_from_three_months_to_three_years_by_kind() -> None:
    """R-CRD-2."""
    months = {row.kind: row.months for row in RULES.publication}
    assert set(months) == set(PenaltyKind)
    assert (min(months.values()), max(months.values())) == (3, 36)
    by_weight = [months[kind] for kind in PenaltyKind]
    assert by_weight == sorted(by_weight)


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2026, 1, 15), 3, date(2026, 4, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 31), 36, date(2029, 12, 31)),
    ],
)
def test_months_end_on_the_same_day_or_the_months_last(day: date, months: int, last: date) -> None:
    """Civil Code Art. 202."""
    assert months_after(day, months) == last


def test_records_that_count_are_shown_first_and_newest_first() -> None:
    past = penalty_of(PenaltyKind.WARNING, 1, decided_on=date(2025, 1, 1))
    old = penalty_of(PenaltyKind.FINE, 2, decided_on=date(2026, 1, 1))
    new = penalty_of(PenaltyKind.FINE, 3)
    found = graded(licence(4), past, old, new)
    assert [each.record.record_id for each in found.matched] == [
        record.record_id for record in (new, old, past, licence(4))
    ]


def test_every_line_speaks_both_languages_and_names_no_code() -> None:
    found = graded(licence(), *(penalty_of(kind, number) for number, kind in enumerate(PenaltyKind)))
    for line in found.lines:
        assert line.zh
        assert line.en
        assert licence().subject not in line.zh + line.en


def test_every_penalty_kind_has_a_rule_that_one_of_it_meets() -> None:
    met = {kind for rule in RULES.counts if rule.at_least == 1 for kind in rule.kinds}
    assert met == set(PenaltyKind)
