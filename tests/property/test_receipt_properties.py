"""Laws of receipts (R-HND-8): no byte can be changed unnoticed, keys rotate unnoticed, only later dates are refused."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from shared.contracts.receipt_checks import Reason, ReceiptRefuted, verify_handover, verify_receipt
from shared.contracts.receipts import ReceiptError, SignedReceipt, read_receipt
from tests.support.receipt_builders import NOW, ROOT, Clock, a_body, a_claim_of, a_signer, revoked, the_halves

PUSH, CLAIM = the_halves()
TEXT = CLAIM.model_dump_json()
CHARACTERS = st.one_of(st.sampled_from('0123456789abcdefABCDEF{}[]",:\\+/=_- \n'), st.characters())


def holds(text: str) -> SignedReceipt | None:
    """The receipt, if the text is one and it is proven."""
    try:
        receipt = read_receipt(text)
        verify_receipt(receipt, ROOT.key)
    except ReceiptError:
        return None
    return receipt


def test_the_receipt_holds_as_it_is() -> None:
    assert holds(TEXT) == CLAIM


@examples(max_examples=600)
@given(st.integers(0, len(TEXT) - 1), CHARACTERS)
def test_a_changed_character_is_noticed_or_changes_no_meaning(at: int, character: str) -> None:
    assert holds(TEXT[:at] + character + TEXT[at + 1 :]) in (None, CLAIM)


@examples(max_examples=200)
@given(st.integers(0, len(TEXT) - 1), st.integers(1, 40))
def test_a_missing_piece_is_noticed_or_changes_no_meaning(at: int, length: int) -> None:
    assert holds(TEXT[:at] + TEXT[at + length :]) in (None, CLAIM)


@examples(max_examples=200)
@given(st.integers(0, len(TEXT)), CHARACTERS)
def test_an_added_character_is_noticed_or_changes_no_meaning(at: int, character: str) -> None:
    assert holds(TEXT[:at] + character + TEXT[at:]) in (None, CLAIM)


def leaves_of(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every value in a JSON object that is not itself one."""
    if not isinstance(value, dict):
        yield path
        return
    for name, below in value.items():
        yield from leaves_of(below, (*path, name))


@pytest.mark.parametrize("path", list(leaves_of(json.loads(TEXT))), ids="/".join)
@pytest.mark.parametrize("value", [None, "", "another", 7, -1, 1.5, True, [], {}], ids=repr)
def test_no_value_can_be_replaced(path: tuple[str, ...], value: object) -> None:
    document = json.loads(TEXT)
    at = document
    for step in path[:-1]:
        at = at[step]
    if at[path[-1]] != value:
        at[path[-1]] = value
        assert holds(json.dumps(document)) is None


SPANS = st.timedeltas(timedelta(), timedelta(days=3)).map(lambda span: span - span % timedelta(milliseconds=1))


@examples(max_examples=60, deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=8))
def test_whenever_the_key_rotates_every_receipt_holds_for_ever(pauses: list[timedelta]) -> None:
    clock = Clock()
    signer = a_signer(clock)
    receipts = []
    for pause in pauses:
        clock.pass_by(pause)
        receipts.append(signer.sign(a_body(at=clock.now)))
    for receipt in receipts:
        verify_receipt(receipt, ROOT.key)
        made = receipt.certificate.body
        assert made.not_after - made.not_before == timedelta(hours=24, minutes=5)


@examples(max_examples=100, deadline=None)
@given(SPANS, SPANS)
def test_revocation_refuses_what_is_dated_then_or_later_and_nothing_else(
    dated: timedelta, revoked_after: timedelta
) -> None:
    clock = Clock(NOW + dated)
    receipt = a_signer(clock).sign(a_body(at=clock.now))
    listed = revoked(receipt.certificate.body.serial, at=NOW + revoked_after)
    if dated < revoked_after:
        assert verify_receipt(receipt, ROOT.key, listed).revoked_later is not None
    else:
        with pytest.raises(ReceiptRefuted) as refuted:
            verify_receipt(receipt, ROOT.key, listed)
        assert refuted.value.reason is Reason.CERTIFICATE_REVOKED


DIFFERENT: dict[str, Any] = {
    "case_id": "case_01JABCDEFGHJKMNPQRSTVWXYZ9",
    "case_number": "another",
    "push_id": f"push_{'9' * 26}_009",
    "stage": "acceptance",
    "sender": "dept_another_bureau",
    "department": "dept_public_health",
    "item_id": None,
    "item_code": "another",
    "item_version": 9,
    "content_hash": "9" * 64,
    "event_id": "evt_01JABCDEFGHJKMNPQRSTVWXYZ9",
    "event_hash": "9" * 64,
}


@examples(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(sorted(DIFFERENT)), min_size=1))
def test_a_claim_half_joins_no_push_half_but_its_own(names: set[str]) -> None:
    other = a_body(**{name: DIFFERENT[name] for name in names})
    signer = a_signer()
    with pytest.raises(ReceiptRefuted) as refuted:
        verify_handover(signer.sign(other), CLAIM, ROOT.key)
    assert refuted.value.reason is Reason.HALVES_DIFFER
    verify_handover(signer.sign(other), signer.sign(a_claim_of(other)), ROOT.key)
