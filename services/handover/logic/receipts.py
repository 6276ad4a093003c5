"""Receipts of what a change delivered and what was claimed in it: the two halves of a hand-over record (R-HND-8)."""

from collections.abc import Sequence

from services.handover.domain.cases import CaseFile
from services.handover.ports.cases import Cases
from shared.contracts.event import Event, body_of
from shared.contracts.pushes import Push, PushClaimed, PushDelivered
from shared.contracts.receipts import ReceiptBody, ReceiptKind, SignedReceipt, Signer
from shared.kernel.errors import Unavailable


def sign_halves(cases: Cases, signer: Signer, file: CaseFile, events: Sequence[Event]) -> tuple[SignedReceipt, ...]:
    """A signed receipt for each delivery and each claim among the events, in their order. Raises Unavailable."""
    signed: dict[str, SignedReceipt] = {}
    receipts: list[SignedReceipt] = []
    for event in events:
        if event.type == PushDelivered.TYPE:
            push = body_of(event, PushDelivered).push
            half = signer.sign(_body(signer, ReceiptKind.PUSH, file, push, event))
            signed[push.push_id] = half
            receipts.append(half)
        elif event.type == PushClaimed.TYPE:
            push = body_of(event, PushClaimed).push
            half = signed.get(push.push_id) or _first_half(cases, push)
            receipts.append(signer.sign(_body(signer, ReceiptKind.CLAIM, file, push, event, half)))
    return tuple(receipts)


def _first_half(cases: Cases, push: Push) -> SignedReceipt:
    receipts = cases.receipts(push.case_id, push.push_id)
    if not receipts:
        # Written with the push, but the rows of a transaction need not be seen at once.
        raise Unavailable
    return receipts[0]


def _body(
    signer: Signer,
    kind: ReceiptKind,
    file: CaseFile,
    push: Push,
    event: Event,
    push_half: SignedReceipt | None = None,
) -> ReceiptBody:
    return ReceiptBody(
        kind=kind,
        issuer=signer.issuer,
        case_id=push.case_id,
        case_number=push.case_number,
        push_id=push.push_id,
        stage=push.stage,
        sender=push.sender,
        department=push.department,
        # Both halves say the same, also where the case's item became known between the two.
        item_id=push_half.body.item_id if push_half else file.case.item_id,
        item_code=push.item_code,
        item_version=push.item_version,
        content_hash=push.content_hash,
        at=event.time,
        event_id=event.id,
        event_sequence=event.sequence,
        event_hash=event.hash(),
        rule=push.claim_rule if push_half else None,
        claimant=push.claimed_by if push_half else None,
        push_half=push_half.body.digest() if push_half else None,
    )
