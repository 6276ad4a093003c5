"""Receipts are judged offline, each check a reason of its own (R-HND-8, R-AUD-5)."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.evidence import verify_evidence
from shared.contracts.receipt_checks import (
    Reason,
    ReceiptRefuted,
    check_logged,
    verify_handover,
    verify_receipt,
    verify_revocations,
)
from shared.contracts.receipts import ReceiptBody, ReceiptError, SignedReceipt, read_receipt, read_revocations
from tests.support.audit_builders import SIGNER, local_signer
from tests.support.evidence_builders import a_chain, evidence_of
from tests.support.receipt_builders import (
    EVENTS,
    ISSUER,
    NOW,
    ROOT,
    Clock,
    a_body,
    a_claim_of,
    a_signer,
    revoked,
    the_halves,
)

PUSH, CLAIM = the_halves()
SERIAL = PUSH.certificate.body.serial
MOMENT = timedelta(milliseconds=1)


def changed(receipt: SignedReceipt, path: str, value: object) -> SignedReceipt:
    """The receipt with one value replaced, whatever was signed."""
    document: Any = json.loads(receipt.model_dump_json())
    *steps, last = path.split("/")
    at = document
    for step in steps:
        at = at[step]
    at[last] = value
    return read_receipt(json.dumps(document))


def reason_of(receipt: SignedReceipt, **how: Any) -> Reason:
    with pytest.raises(ReceiptRefuted) as refuted:
        verify_receipt(receipt, ROOT.key, **how)
    return refuted.value.reason


def test_a_receipt_holds_with_the_root_key_alone() -> None:
    fact = verify_receipt(PUSH, ROOT.key)
    assert (fact.body, fact.certificate, fact.revoked_later) == (PUSH.body, PUSH.certificate.body, None)


def test_a_receipt_survives_its_travel_as_text() -> None:
    assert verify_receipt(read_receipt(PUSH.model_dump_json()), ROOT.key).body == PUSH.body


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("signature", "A" * 85 + "B==", Reason.MALFORMED),  # a second spelling of the same bytes
        ("certificate/signature", "A" * 85 + "B==", Reason.MALFORMED),
        ("certificate/body/public_key", "A" * 42 + "B=", Reason.CERTIFICATE_UNSIGNED),
        ("body/item_version", 2**60, Reason.MALFORMED),
        ("body/issuer", "another.example/receipts", Reason.CERTIFICATE_OF_ANOTHER_ISSUER),
        ("certificate/body/issuer", "another.example/receipts", Reason.CERTIFICATE_OF_ANOTHER_ISSUER),
        ("certificate/body/serial", "crt_01JABCDEFGHJKMNPQRSTVWXYZ0", Reason.CERTIFICATE_UNSIGNED),
        ("certificate/body/not_after", "2099-12-31T00:00:00.000Z", Reason.CERTIFICATE_UNSIGNED),
        pytest.param(
            "certificate/signature", PUSH.signature, Reason.CERTIFICATE_UNSIGNED, id="another of its signatures"
        ),
        pytest.param("signature", CLAIM.signature, Reason.RECEIPT_UNSIGNED, id="the other half's signature"),
        ("body/department", "dept_public_health", Reason.RECEIPT_UNSIGNED),
        ("body/case_number", " 示审〔2026〕0001号", Reason.RECEIPT_UNSIGNED),
    ],
)
def test_each_failed_check_has_a_reason_of_its_own(path: str, value: object, reason: Reason) -> None:
    assert reason_of(changed(PUSH, path, value)) is reason


def test_another_root_key_of_the_same_name_proves_nothing() -> None:
    with pytest.raises(ReceiptRefuted) as refuted:
        verify_receipt(PUSH, local_signer("another", ISSUER).key)
    assert refuted.value.reason is Reason.CERTIFICATE_UNSIGNED


def test_a_certificate_is_no_receipt_and_a_revocation_list_no_certificate() -> None:
    """The format is part of what is signed, so that one signature is never good for another thing."""
    message = PUSH.body.message()
    assert message == b"shenguan-receipt/1\n" + PUSH.body.digest().encode() + b"\n"
    assert PUSH.certificate.body.message().startswith(b"shenguan-certificate/1\n")
    assert revoked().body.message().startswith(b"shenguan-revocations/1\n")


# --- Expiry and revocation refuse only what is dated later ---------------------------------------


def signed_at(at: timedelta) -> SignedReceipt:
    """A receipt dated some time from the certificate's making, though the key would not sign it."""
    clock = Clock()
    signer = a_signer(clock)
    signer.sign(a_body())
    certified = signer._current
    assert certified is not None
    body = a_body(at=NOW + at)
    signature = base64.b64encode(certified.sign(body.message())).decode()
    return SignedReceipt(body=body, certificate=certified.certificate, signature=signature)


@pytest.mark.parametrize("at", [timedelta(minutes=-5), timedelta(), timedelta(hours=24)])
def test_a_receipt_dated_within_its_certificate_holds(at: timedelta) -> None:
    verify_receipt(signed_at(at), ROOT.key)


def test_a_receipt_dated_before_its_certificate_is_refused() -> None:
    assert reason_of(signed_at(timedelta(minutes=-5) - MOMENT)) is Reason.BEFORE_CERTIFICATE


def test_a_receipt_dated_after_its_certificate_is_refused() -> None:
    assert reason_of(signed_at(timedelta(hours=24) + MOMENT)) is Reason.CERTIFICATE_EXPIRED


def test_a_receipt_dated_before_the_revocation_stays_good_and_says_that_it_came() -> None:
    fact = verify_receipt(PUSH, ROOT.key, revoked(SERIAL, at=NOW + MOMENT))
    assert fact.revoked_later is not None
    assert fact.revoked_later.serial == SERIAL


@pytest.mark.parametrize("before", [timedelta(), MOMENT, timedelta(hours=1)])
def test_a_receipt_dated_from_the_revocation_on_is_refused(before: timedelta) -> None:
    assert reason_of(PUSH, revocations=revoked(SERIAL, at=NOW - before)) is Reason.CERTIFICATE_REVOKED


def test_the_earliest_revocation_counts() -> None:
    later = revoked(SERIAL, at=NOW + MOMENT).body.entries
    both = revoked(SERIAL).body.model_copy(update={"entries": (*later, *revoked(SERIAL).body.entries)})
    assert both.find(SERIAL) == revoked(SERIAL).body.entries[0]


def test_another_certificate_s_revocation_changes_nothing() -> None:
    assert verify_receipt(PUSH, ROOT.key, revoked("crt_01JABCDEFGHJKMNPQRSTVWXYZ0")).revoked_later is None


def test_a_revocation_list_counts_only_with_its_issuer_s_signature() -> None:
    shortened = revoked(SERIAL).model_copy(
        update={"body": revoked().body.model_copy(update={"issued_at": NOW + MOMENT})}
    )
    foreign = revoked().model_copy(update={"body": revoked().body.model_copy(update={"issuer": "another.example"})})
    assert reason_of(PUSH, revocations=shortened) is Reason.REVOCATIONS_UNSIGNED
    assert reason_of(PUSH, revocations=foreign) is Reason.REVOCATIONS_OF_ANOTHER_ISSUER
    assert verify_revocations(read_revocations(revoked(SERIAL).model_dump_json()), ROOT.key).find(SERIAL)


# --- The two halves ------------------------------------------------------------------------------


def test_the_halves_of_a_hand_over_join() -> None:
    push, claim = verify_handover(PUSH, CLAIM, ROOT.key)
    assert claim.body.push_half == push.body.digest()


@pytest.mark.parametrize(
    "claim",
    [
        a_claim_of(a_body(), push_half="d" * 64),
        a_claim_of(a_body(), department="dept_public_health"),
        a_claim_of(a_body(), push_id=f"push_{'1' * 26}_001"),
        a_claim_of(a_body(), content_hash="e" * 64),
        a_claim_of(a_body(), item_version=4),
        a_claim_of(a_body(), event_sequence=1),
        a_claim_of(a_body(), at=NOW - MOMENT),
        a_body(),
    ],
    ids=["half", "department", "push", "content", "version", "order", "time", "kind"],
)
def test_halves_of_different_hand_overs_do_not_join(claim: ReceiptBody) -> None:
    with pytest.raises(ReceiptRefuted) as refuted:
        verify_handover(PUSH, a_signer().sign(claim), ROOT.key)
    assert refuted.value.reason is Reason.HALVES_DIFFER


def test_halves_signed_by_different_processes_join() -> None:
    verify_handover(PUSH, a_signer().sign(CLAIM.body), ROOT.key)


def test_a_forged_half_is_refused_before_it_is_joined() -> None:
    with pytest.raises(ReceiptRefuted) as refuted:
        verify_handover(PUSH, changed(CLAIM, "body/claimant", "cli_other"), ROOT.key)
    assert refuted.value.reason is Reason.RECEIPT_UNSIGNED


@pytest.mark.parametrize("name", ["rule", "claimant", "push_half"])
def test_a_claim_half_is_not_without_what_makes_it_one(name: str) -> None:
    with pytest.raises(ValidationError):
        a_claim_of(a_body(), EVENTS[1], **{name: None})
    with pytest.raises(ValidationError):
        a_body(EVENTS[0], **{name: getattr(CLAIM.body, name)})


# --- Receipts and the log ------------------------------------------------------------------------

FACTS = verify_handover(PUSH, CLAIM, ROOT.key)


@pytest.mark.parametrize("disclosed", [True, False])
def test_the_events_of_both_halves_are_in_the_log(disclosed: bool) -> None:
    check_logged(FACTS, verify_evidence(evidence_of(EVENTS, disclosed=disclosed), SIGNER.key))


def test_a_receipt_whose_event_is_not_in_the_evidence_is_not_proven() -> None:
    with pytest.raises(ReceiptRefuted) as refuted:
        check_logged(FACTS, verify_evidence(evidence_of(EVENTS[:1]), SIGNER.key))
    assert refuted.value.reason is Reason.EVENT_NOT_PROVEN


@pytest.mark.parametrize(
    "other",
    [
        {"event_hash": "f" * 64},
        {"event_sequence": 3},
        {"at": NOW + MOMENT},
        {"case_id": "case_01JABCDEFGHJKMNPQRSTVWXYZ1"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_receipt_that_says_otherwise_than_the_log_is_found_out(other: dict[str, Any]) -> None:
    fact = verify_receipt(a_signer().sign(a_body(**other)), ROOT.key)
    with pytest.raises(ReceiptRefuted) as refuted:
        check_logged([fact], verify_evidence(evidence_of(EVENTS), SIGNER.key))
    assert refuted.value.reason is Reason.EVENT_DIFFERS


def test_what_is_no_receipt_says_where_it_is_not() -> None:
    with pytest.raises(ReceiptError, match="body/kind"):
        read_receipt('{"body": {}}')
    with pytest.raises(ReceiptError):
        read_receipt("[]")
    with pytest.raises(ReceiptError, match="certificate/body"):
        changed(PUSH, "certificate/body/not_after", "2020-01-01T00:00:00.000Z")
    with pytest.raises(ReceiptError, match="body"):
        read_revocations("{}")


def test_another_case_s_events_prove_nothing_of_this_one() -> None:
    with pytest.raises(ReceiptRefuted):
        check_logged(FACTS, verify_evidence(evidence_of(a_chain(2)), SIGNER.key))
