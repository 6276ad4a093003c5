"""Page cursors are opaque and signed for one list of one owner."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.cursor import read_cursor, sign_cursor
from shared.kernel.errors import Refused

KEY = b"k" * 32
POSITION = {"pk": {"S": "push_1"}, "listing": {"S": "inbox#dept_1#open"}}


def _refused(key: bytes, scope: str, cursor: str) -> bool:
    try:
        read_cursor(key, scope, cursor)
    except Refused as refused:
        return refused.code == "cursor_invalid"
    return False


@given(st.dictionaries(st.text(max_size=9), st.dictionaries(st.just("S"), st.text(max_size=40)), max_size=5))
def test_a_cursor_leads_back_to_its_position(position: dict[str, dict[str, str]]) -> None:
    cursor = sign_cursor(KEY, "inbox", position)
    assert read_cursor(KEY, "inbox", cursor) == position
    assert cursor.isascii()
    assert not {"+", "/", "=", "&"} & set(cursor)


def test_a_cursor_of_another_list_or_another_key_is_refused() -> None:
    cursor = sign_cursor(KEY, "inbox#dept_1", POSITION)
    assert _refused(KEY, "inbox#dept_2", cursor)
    assert _refused(b"other", "inbox#dept_1", cursor)


def test_a_cursor_with_any_bit_changed_is_refused() -> None:
    raw = base64.urlsafe_b64decode(sign_cursor(KEY, "inbox", POSITION) + "==")
    for place in range(len(raw)):
        for bit in range(8):
            changed = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
            assert _refused(KEY, "inbox", base64.urlsafe_b64encode(changed).decode().rstrip("="))


@pytest.mark.parametrize("cut", [1, 10, 16, 30])
def test_a_cursor_cut_short_is_refused(cut: int) -> None:
    assert _refused(KEY, "inbox", sign_cursor(KEY, "inbox", POSITION)[:-cut])


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    assert _refused(KEY, "inbox", text)
