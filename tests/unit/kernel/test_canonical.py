"""RFC 8785 and what is hashed of it (R-AUD-2, DESIGN "Privacy")."""

import hashlib

import pytest

from shared.kernel.canonical import NONCE_BYTES, canonical_json, commitment, sha256_hex

NONCE = bytes(range(NONCE_BYTES))


def test_the_sample_of_rfc_8785_section_3_2_2_is_written_as_the_rfc_writes_it() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],'
        '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(value) == expected.encode()


def test_keys_are_ordered_by_utf_16_units_not_by_code_points() -> None:
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2}) == '{"😀":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize("value", [2**53, float("nan"), float("inf"), {1: "a"}, {"a": {1, 2}}, b"raw", "\ud800"])
def test_what_json_cannot_say_exactly_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonical_json(value)


def test_sha256_hex_of_nothing_is_the_known_answer() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_commitment_is_the_hash_of_nonce_and_canonical_payload() -> None:
    expected = hashlib.sha256(NONCE + b'{"a":1,"b":2}').hexdigest()
    assert commitment(NONCE, {"b": 2, "a": 1}) == expected


def test_another_nonce_gives_an_unrelated_commitment() -> None:
    assert commitment(NONCE, {"a": 1}) != commitment(NONCE[::-1], {"a": 1})


def test_a_guessable_nonce_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        commitment(b"short", {})
