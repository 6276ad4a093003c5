"""Identifiers of legal persons and citizens (R-CRD-1; GB 32100-2015, GB 11714, GB 11643)."""

import hashlib
import hmac
from datetime import date

import pytest

from shared.kernel.codes import (
    FAULT_TEXT,
    CodeFault,
    Mode,
    check_citizen_id,
    check_uscc,
    citizen_check_character,
    keyed_hash,
    make_uscc,
    mask_citizen_id,
    organisation_check_character,
    uscc_check_character,
)

GOOD = "91350100M000100Y43"  # the example of GB 32100-2015
CITIZEN = "11010519491231002X"  # the example of GB 11643


def codes(text: str) -> list[str]:
    return [fault.code for fault in check_uscc(text).faults]


def citizen_codes(text: str, today: date | None = None) -> list[str]:
    return [fault.code for fault in check_citizen_id(text, today=today).faults]


def test_the_example_of_the_standard_is_sound() -> None:
    assert check_uscc(GOOD).ok
    assert uscc_check_character(GOOD[:17]) == "3"
    assert organisation_check_character("M000100Y") == "4"


@pytest.mark.parametrize("first", "123456789ANY")
def test_every_registration_authority_of_the_standard_is_accepted(first: str) -> None:
    assert check_uscc(make_uscc(first + GOOD[1:16])).ok


@pytest.mark.parametrize("first", "0BCDEFGHJKLMPQRTUWX")
def test_no_other_first_character_is(first: str) -> None:
    assert codes(make_uscc(first + GOOD[1:16])) == ["uscc.first_character"]


def test_case_width_and_surrounding_space_do_not_matter() -> None:
    assert check_uscc(" 91350100m000100y43\u3000").value == GOOD
    assert check_uscc("９１３５０１００Ｍ０００１００Ｙ４３").ok


def test_every_fault_of_shape_is_named_at_once() -> None:
    assert codes("I135") == ["uscc.length", "uscc.alphabet", "uscc.first_character"]
    assert codes("") == ["uscc.length", "uscc.first_character"]


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_easily_misread_are_outside_the_alphabet(letter: str) -> None:
    assert codes(GOOD[:9] + letter + GOOD[10:]) == ["uscc.alphabet"]


def test_a_wrong_last_character_is_told_from_a_wrong_organisation_code() -> None:
    assert codes(GOOD[:17] + "4") == ["uscc.check_character"]
    body = GOOD[:16] + "5"
    assert codes(body + uscc_check_character(body)) == ["uscc.organisation_code"]


def test_warn_mode_lets_a_wrong_check_character_pass_and_says_so() -> None:
    found = check_uscc(GOOD[:17] + "4", "warn")
    assert found.ok
    assert found.faults == (CodeFault("uscc.check_character", warning=True),)
    assert not check_uscc(GOOD[:17] + "4", "strict").ok


def test_warn_mode_still_refuses_what_cannot_be_a_code() -> None:
    assert not check_uscc(GOOD[:17], "warn").ok


@pytest.mark.parametrize("damaged", ["914403001922038000", "9.14403E+17", "9.14403001922038E+17"])
@pytest.mark.parametrize("mode", ["strict", "warn"])
def test_spreadsheet_damage_is_named_as_such(damaged: str, mode: str) -> None:
    found = check_uscc(damaged, "warn" if mode == "warn" else "strict")
    assert [fault.code for fault in found.faults] == ["uscc.spreadsheet_damage"]


@pytest.mark.parametrize("mode", ["strict", "warn"])
@pytest.mark.parametrize("citizen", ["990101198001010014", "990101199003024000"])
def test_a_citizen_id_is_no_organisations_code_in_either_mode_whatever_it_ends_in(citizen: str, mode: Mode) -> None:
    """Taken for a damaged code, it would open a file under a person's id in the clear (R-CRD-1)."""
    found = check_uscc(citizen, mode)
    assert [fault.code for fault in found.faults] == ["uscc.citizen_id"]
    assert not found.ok
    assert not found.ok


def test_a_code_that_rightly_ends_in_000_is_no_damage() -> None:
    prefixes = (f"91440300{number:07d}0" for number in range(100_000))
    right = next(code for code in map(make_uscc, prefixes) if code.endswith("000"))
    assert check_uscc(right).ok


@pytest.mark.parametrize(("prefix", "reason"), [("91", "16"), ("91350100M000100O", "letters|of")])
def test_a_code_cannot_be_made_from_something_else(prefix: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        make_uscc(prefix)


def test_check_characters_are_computed_from_whole_parts_only() -> None:
    with pytest.raises(ValueError, match="8 digits"):
        organisation_check_character("123")
    with pytest.raises(ValueError, match="17 digits"):
        citizen_check_character("123")


def test_the_citizen_id_of_the_standard_is_sound() -> None:
    assert check_citizen_id(CITIZEN.lower()).ok
    assert check_citizen_id(CITIZEN.lower()).value == CITIZEN


def test_citizen_id_faults_are_named() -> None:
    assert citizen_codes("110105") == ["citizen_id.length"]
    assert citizen_codes("X") == ["citizen_id.length", "citizen_id.alphabet"]
    assert citizen_codes("010105194912310021") == ["citizen_id.alphabet"]
    assert citizen_codes("110105194912310021") == ["citizen_id.check_character"]


@pytest.mark.parametrize("born", ["19490229", "19491301", "00000101", "17991231"])
def test_an_impossible_date_of_birth_is_a_fault(born: str) -> None:
    body = f"110105{born}002"
    assert citizen_codes(body + citizen_check_character(body)) == ["citizen_id.birth_date"]


def test_nobody_is_born_after_today() -> None:
    assert citizen_codes(CITIZEN, today=date(1949, 12, 30)) == ["citizen_id.birth_date"]
    assert citizen_codes(CITIZEN, today=date(1949, 12, 31)) == []


def test_a_mask_hides_the_date_of_birth() -> None:
    assert mask_citizen_id(CITIZEN) == "110***********002X"


def test_a_mask_of_something_else_shows_nothing() -> None:
    assert mask_citizen_id("G12345678") == "*********"


def test_a_keyed_hash_is_hmac_sha256_and_depends_on_the_secret() -> None:
    secret = b"k" * 32
    expected = hmac.new(secret, CITIZEN.encode(), hashlib.sha256).hexdigest()
    assert keyed_hash(secret, CITIZEN) == expected
    assert keyed_hash(b"l" * 32, CITIZEN) != expected


def test_a_guessable_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        keyed_hash(b"short", CITIZEN)


def test_every_fault_speaks_both_languages_and_never_repeats_the_identifier() -> None:
    for code in FAULT_TEXT:
        fault = CodeFault(code)
        assert fault.zh.endswith("。")
        assert fault.en.endswith(".")
    fault = check_citizen_id("110105194912310021").faults[0]
    assert "19491231" not in repr(fault) + fault.zh + fault.en
