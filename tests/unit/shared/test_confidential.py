"""What is looked for in the published log is found where it stands, and not where digits are alike (R-AUD-3)."""

import json
from hashlib import sha256

import pytest

from tests.support.privacy import confidential, found

PHONE, NAME = "19900000001", "某人"


@pytest.mark.parametrize(
    "content",
    [
        PHONE.encode(),
        f'{{"phone":"{PHONE}"}}'.encode(),
        f"tel.{PHONE},".encode(),
        f"id{PHONE}x".encode(),
        sha256(PHONE.encode()).digest(),
        sha256(PHONE.encode()).hexdigest().encode(),
        NAME.encode(),
        json.dumps(f"由{NAME}办理").encode(),
    ],
)
def test_what_is_confidential_is_found_however_it_is_written(content: bytes) -> None:
    told = found({PHONE, NAME}, [("elsewhere", b"nothing"), ("here", b"before " + content + b" after")])
    assert told in ([f"{PHONE!r} in here"], [f"{NAME!r} in here"])


@pytest.mark.parametrize("content", [f"took 0.{PHONE} s", f"{PHONE}7", f"7{PHONE}", f"12.4{PHONE}9"])
def test_digits_of_a_longer_number_are_no_phone(content: str) -> None:
    assert found({PHONE}, [("a line", content.encode())]) == []


@pytest.mark.parametrize("text", ["990100", "000/0", "x000/000.p/1/9", "2026-03-01", "case_01M81QGRGXVGD2PJV667TPH2J1"])
def test_what_names_nobody_is_not_confidential(text: str) -> None:
    assert confidential({text, NAME, PHONE, "110101199001010000"}) == {NAME, PHONE, "110101199001010000"}
