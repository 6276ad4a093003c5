"""Laws of the rule table (R-CRD-3): the same file has the same answer, and a penalty never helps."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.credit.domain.assessment import Assessment, assess
from services.credit.domain.rules import RULES
from shared.contracts.credit import CreditRecord
from shared.contracts.feedback import PenaltyKind
from tests.support.credit_builders import licence, penalty_of

KINDS = tuple(PenaltyKind)
days = st.dates(date(2022, 1, 1), date(2026, 12, 31))
lookup_days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
numbers = st.integers(0, 10**9)
penalties = st.builds(
    lambda kind, number, day: penalty_of(kind, number, decided_on=day), st.sampled_from(KINDS), numbers, days
)
licences = st.builds(lambda number, day: licence(number, decided_on=day), numbers, days)
files = st.lists(penalties | licences, max_size=12, unique_by=lambda record: record.record_id)


def no_better(worse: Assessment, than: Assessment) -> bool:
    """Whether `worse` allows nothing more and restricts nothing less."""
    return (
        worse.grade >= than.grade
        and set(worse.entitlements) <= set(than.entitlements)
        and set(worse.restrictions) >= set(than.restrictions)
    )


@given(files, lookup_days, st.randoms())
def test_the_same_records_give_the_same_answer_in_whatever_order(
    file: list[CreditRecord], today: date, chance: st.DataObject
) -> None:
    shuffled = list(file)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assess(shuffled, RULES, today) == assess(file, RULES, today)


@given(files, penalties, lookup_days)
def test_one_more_penalty_never_improves_the_answer(
    file: list[CreditRecord], penalty: CreditRecord, today: date
) -> None:
    assert no_better(assess([*file, penalty], RULES, today), than=assess(file, RULES, today))


@given(files, licences, lookup_days)
def test_one_more_licence_changes_no_grade(file: list[CreditRecord], more: CreditRecord, today: date) -> None:
    before, after = assess(file, RULES, today), assess([*file, more], RULES, today)
    assert (before.grade, before.entitlements, before.restrictions) == (
        after.grade, after.entitlements, after.restrictions,
    )  # fmt: skip


@given(files, st.sampled_from(KINDS), st.sampled_from(KINDS), numbers, days, lookup_days)
def test_a_heavier_penalty_is_never_better_than_a_lighter_one(
    file: list[CreditRecord], one: PenaltyKind, other: PenaltyKind, number: int, decided: date, today: date
) -> None:
    lighter, heavier = (penalty_of(kind, number, decided_on=decided) for kind in sorted((one, other), key=KINDS.index))
    assert no_better(assess([*file, heavier], RULES, today), than=assess([*file, lighter], RULES, today))


@given(files, lookup_days, lookup_days)
def test_time_alone_never_makes_a_grade_worse(file: list[CreditRecord], one: date, other: date) -> None:
    """Publication ends; it never begins again."""
    earlier, later = sorted((one, other))
    assert no_better(assess(file, RULES, earlier), than=assess(file, RULES, later))


@given(files, lookup_days)
def test_entitlements_and_restrictions_never_contradict(file: list[CreditRecord], today: date) -> None:
    found = assess(file, RULES, today)
    assert not {f"no_{each}" for each in found.entitlements} & set(found.restrictions)
    assert found.lines
