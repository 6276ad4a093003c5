"""Laws of the check characters (R-CRD-1)."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.codes import (
    USCC_ALPHABET,
    USCC_FIRST,
    check_citizen_id,
    check_uscc,
    citizen_check_character,
    make_uscc,
    mask_citizen_id,
)

prefixes = st.builds(str.__add__, st.sampled_from(USCC_FIRST), st.text(USCC_ALPHABET, min_size=15, max_size=15))
citizens = st.builds(
    lambda division, born, serial: f"{division}{born:%Y%m%d}{serial:03d}",
    st.integers(110000, 659999),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
).map(lambda body: body + citizen_check_character(body))


def substituted(text: str, at: int, other: str) -> str:
    return text[:at] + other + text[at + 1 :]


@given(prefixes)
def test_a_made_identifier_is_sound(prefix: str) -> None:
    made = make_uscc(prefix)
    assert made.startswith(prefix)
    assert check_uscc(made).faults == ()


@given(prefixes, st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_every_single_substitution_is_noticed(prefix: str, at: int, other: str) -> None:
    made = make_uscc(prefix)
    wrong = substituted(made, at, other)
    assert check_uscc(wrong).ok is (wrong == made)


@given(citizens, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_substitution_in_a_citizen_id_is_noticed(citizen: str, at: int, other: str) -> None:
    assert check_citizen_id(citizen).ok
    wrong = substituted(citizen, at, other)
    assert check_citizen_id(wrong).ok is (wrong == citizen)


@given(citizens)
def test_a_mask_never_contains_the_date_of_birth(citizen: str) -> None:
    mask = mask_citizen_id(citizen)
    assert len(mask) == len(citizen)
    assert set(mask[3:14]) == {"*"}


@given(st.text())
def test_a_check_answers_whatever_the_text(text: str) -> None:
    check_uscc(text)
    check_citizen_id(text)
