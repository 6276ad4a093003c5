"""Receipts over HTTP: the hand-over record of a push, and what anybody judges receipts by (R-HND-8)."""

from services.handover import wiring
from services.handover.logic import handover_records, revocations
from services.handover.schemas.receipts import HandoverRecord
from shared.contracts.receipts import PublishedRoot
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.permissions import Action

SHORTLY = {"Cache-Control": "public, max-age=60"}

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/pushes/{push_id}/receipts",
    summary="The hand-over record of a push (移交回执)",
    action=Action.CASE_READ,
    response=HandoverRecord,
    refusals=("not_found", "not_your_department"),
)
def read_record(call: Call[Nothing, Nothing]) -> HandoverRecord:
    """The signed halves: that it was delivered, and that responsibility passed (R-HND-8)."""
    return handover_records.show_record(wiring.office(), call.context, call.path["push_id"])


@api.endpoint(
    "GET",
    "/v1/public/receipt-key",
    summary="The root key of receipts, and the certificates revoked (回执根公钥与吊销清单)",
    action=None,
    response=PublishedRoot,
)
def read_root(_: Call[Nothing, Nothing]) -> Reply:
    """What receipts are judged by; compare the key with the one published elsewhere (R-HND-8)."""
    return Reply(revocations.published_root(wiring.revocations(), wiring.receipt_issuer()), headers=SHORTLY)
