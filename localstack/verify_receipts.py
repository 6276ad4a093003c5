"""The part of `shenguan verify` that judges receipts: one, several, or the two halves of a hand-over (R-HND-8)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError

from localstack.bounded import TooLongError, content, downloaded
from localstack.demo.desk import new_http
from localstack.verdict import Outcome, holds, noted, proven, refuted, when
from shared.contracts.evidence import Fact
from shared.contracts.receipt_checks import (
    Reason,
    ReceiptFact,
    ReceiptRefuted,
    check_logged,
    verify_handover,
    verify_receipt,
    verify_revocations,
)
from shared.contracts.receipts import (
    PublishedRoot,
    ReceiptError,
    ReceiptKind,
    RevocationList,
    SignedReceipt,
    read_receipt,
    read_revocations,
)
from shared.kernel.clock import to_text
from shared.kernel.notes import LARGEST_NOTE, NoteError, VerifierKey, parse_vkey

_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.MALFORMED: ("回执本身残缺", "The receipt itself is damaged."),
    Reason.CERTIFICATE_OF_ANOTHER_ISSUER: (
        "回执、证书与密钥不属同一签发者",
        "Receipt, certificate and key are not of one issuer.",
    ),
    Reason.CERTIFICATE_UNSIGNED: ("证书不是由该密钥签署", "The certificate is not signed by this key."),
    Reason.BEFORE_CERTIFICATE: ("回执时间早于证书有效期", "The receipt is dated before its certificate."),
    Reason.CERTIFICATE_EXPIRED: ("回执时间晚于证书有效期", "The receipt is dated after its certificate expired."),
    Reason.REVOCATIONS_OF_ANOTHER_ISSUER: (
        "吊销清单属于其他签发者",
        "The revocation list is another issuer's.",
    ),
    Reason.REVOCATIONS_UNSIGNED: ("吊销清单不是由该密钥签署", "The revocation list is not signed by this key."),
    Reason.CERTIFICATE_REVOKED: (
        "回执时间不早于证书吊销时间",
        "The receipt is dated after its certificate was revoked.",
    ),
    Reason.RECEIPT_UNSIGNED: ("回执内容与签名不符", "What the receipt says is not what was signed."),
    Reason.HALVES_DIFFER: ("两份回执不属同一次移交", "They are not the two halves of one hand-over."),
    Reason.EVENT_NOT_PROVEN: (
        "证据文件未证明回执所指的事件",
        "The evidence does not prove the event that the receipt names.",
    ),
    Reason.EVENT_DIFFERS: ("回执与日志所载不符", "The receipt says otherwise than the log."),
}

_ADDRESS = ("https://", "http://")
_UNSAFE = "http://"
_OWN_MACHINE = ("http://127.0.0.1:", "http://localhost:")

_TITLES = {ReceiptKind.PUSH: "推送回执 Push receipt", ReceiptKind.CLAIM: "认领回执 Claim receipt"}


class RootUnusableError(ValueError):
    """No root key was given, or it is none. The text says which."""


@dataclass(frozen=True, slots=True)
class Root:
    """What receipts are judged by."""

    key: VerifierKey
    revocations: RevocationList | None


def is_receipts(text: bytes) -> bool:
    """Whether a text is a receipt or a list of receipts, as far as one can see without judging it."""
    try:
        each = json.loads(text)
    except (ValueError, RecursionError):
        return False
    found = _found_in(each)
    return bool(found) and isinstance(found[0], dict) and {"body", "certificate"} <= found[0].keys()


def root_of(given: str, revocations: Path | None) -> Root:
    """The root key and revocation list to judge by. Raises RootUnusableError, ReceiptError or OSError."""
    if given.startswith(_UNSAFE) and not given.startswith(_OWN_MACHINE):
        raise RootUnusableError("an address without https may be anybody's")
    try:
        published = _published(given) if given.startswith(_ADDRESS) else None
        key = parse_vkey(published.key if published else given.strip())
    except (httpx.HTTPError, TooLongError, NoteError, ValidationError) as error:
        raise RootUnusableError(str(error) if given else "none was given (--receipt-key)") from error
    own = published.revocations if published else None
    return Root(key, read_revocations(content(revocations)) if revocations else own)


def judge_receipts(texts: Sequence[bytes], root: Root, logged: Sequence[Fact]) -> Outcome:
    """Judge receipts, show what they prove, and hold them against the events the log was shown to have."""
    receipts = [receipt for text in texts for receipt in receipts_in(text)]
    try:
        facts = [verify_receipt(receipt, root.key, root.revocations) for receipt in receipts]
        joined = _join(receipts, root)
        if logged:
            check_logged(facts, logged)
    except ReceiptRefuted as found:
        refuted(found.reason, _REASONS[found.reason], found.detail)
        return Outcome.REFUTED
    for fact in sorted(facts, key=lambda each: (each.body.at, each.body.event_sequence)):
        proven(_TITLES[fact.body.kind], _story(fact))
    signed = "receipt is" if len(facts) == 1 else "receipts are"
    holds(f"{len(facts)} {signed} proven by {root.key.name}")
    if joined:
        holds("the halves join: one hand-over" if joined == 1 else f"the halves join: {joined} hand-overs")
    if logged:
        holds(f"their events are in the log {logged[0].checkpoint.origin}")
    _note_what_is_not_proven(facts, root, logged)
    return Outcome.PROVEN


def _published(address: str) -> PublishedRoot:
    with new_http() as http:
        status, found = downloaded(http, address, LARGEST_NOTE)
    if status != HTTPStatus.OK:
        raise RootUnusableError(f"{address} answered {status}")
    return PublishedRoot.model_validate_json(found)


def receipts_in(text: bytes) -> list[SignedReceipt]:
    """The receipts of a text: one, a list, or an answer of handover that holds some. Raises ReceiptError."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReceiptError(str(error)) from None
    return [read_receipt(json.dumps(each)) for each in _found_in(given)]


def _found_in(given: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON somebody hands in
    """The receipts themselves: one, an array, or an answer of handover that holds some."""
    if isinstance(given, dict):
        given = given.get("receipts", given.get("receipt", given))
    return given if isinstance(given, list) else [given]


def _join(receipts: Sequence[SignedReceipt], root: Root) -> int:
    """Join every claim half with a push half that was given, its own if that is among them; how many joined."""
    pushes = {each.body.digest(): each for each in receipts if each.body.kind is ReceiptKind.PUSH}
    claims = [each for each in receipts if each.body.kind is ReceiptKind.CLAIM] if pushes else []
    for claim in claims:
        push = pushes.get(claim.body.push_half or "") or next(iter(pushes.values()))
        verify_handover(push, claim, root.key, root.revocations)
    return len(claims)


def _story(fact: ReceiptFact) -> list[tuple[str, str | Sequence[str]]]:
    body, certificate = fact.body, fact.certificate
    claimed = [("何人 who", f"{body.claimant} · {body.rule}")] if body.claimant else []
    return [
        ("何时 when", when(body.at)),
        ("何往 from, to", f"{body.sender} → {body.department}"),
        *claimed,
        ("何案 case", f"{body.case_number} · {body.stage.value} · {body.case_id} · {body.push_id}"),
        ("事项 item", f"{body.item_code} · version {body.item_version or '—'}"),
        ("内容 content", f"SHA-256 {body.content_hash}"),
        ("何事 event", f"{body.event_id} · no. {body.event_sequence} in the case's chain · {body.event_hash[:16]}…"),
        (
            "证书 certificate",
            f"{certificate.serial} · {to_text(certificate.not_before)} – {to_text(certificate.not_after)}",
        ),
    ]


def _note_what_is_not_proven(facts: Sequence[ReceiptFact], root: Root, logged: Sequence[Fact]) -> None:
    noted(f"judged with key id {root.key.key_id.hex()}; {_known_of_revocations(root)}")
    later = sorted({fact.certificate.serial for fact in facts if fact.revoked_later})
    if later and not logged:
        noted(f"{', '.join(later)} revoked later, so dates may be forged: have the events proven, with --evidence")


def _known_of_revocations(root: Root) -> str:
    if root.revocations is None:
        return "no revocation list was given"
    return f"revocations known as of {to_text(verify_revocations(root.revocations, root.key).issued_at)}"
