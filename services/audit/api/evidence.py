"""Proofs and evidence over HTTP (R-AUD-5)."""

from services.audit import wiring
from services.audit.api.log import SHORTLY, TEXT
from services.audit.logic import case_evidence, proving
from services.audit.schemas.evidence import EvidenceFile, ReceiptsRequest
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.permissions import Action

LEFT_OUT = "X-Left-Out"
"""Says how many events of a case were not shown to who asked."""

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "GET",
    "/v1/events/{event_id}/proof",
    summary="The proof that an event is in the log (C2SP tlog-proof)",
    action=None,
    response=TEXT,
    refusals=("not_sealed",),
)
def read_proof(call: Call[Nothing, Nothing]) -> Reply:
    """Inclusion proof and signed checkpoint, to be verified offline with the envelope and the log's key (R-AUD-5)."""
    return Reply(proving.prove(wiring.log(), call.path["event_id"]).encode().encode(), headers=SHORTLY)


@api.endpoint(
    "GET",
    "/v1/events/{event_id}/evidence",
    summary="An event's evidence file, without disclosure",
    action=Action.EVIDENCE_READ,
    response=EvidenceFile,
    refusals=("not_sealed",),
)
def read_evidence(call: Call[Nothing, Nothing]) -> EvidenceFile:
    """Envelope and proof; of a case's own events, who may read its timeline adds nonce and payload (R-AUD-5)."""
    return proving.evidence(wiring.log(), [call.path["event_id"]])


@api.endpoint(
    "GET",
    "/v1/cases/{case_id}/evidence",
    summary="A whole case's evidence file, without disclosure (办件证据)",
    action=Action.EVIDENCE_READ,
    response=EvidenceFile,
    personal=True,
    refusals=("not_sealed", "not_your_department", "evidence_too_long"),
)
def read_case_evidence(call: Call[Nothing, Nothing]) -> Reply:
    """Every event of the case from all services, in the log's order, all proven by one checkpoint (R-AUD-5).

    A department that did not act in the case is shown the case's own chain, which is public, and what it did itself;
    `X-Left-Out` says how many events that leaves out.
    """
    found = case_evidence.case_evidence(
        wiring.log(), wiring.positions(), wiring.postings(), wiring.chains(), call.principal, call.path["case_id"]
    )
    return Reply(found.file, headers={LEFT_OUT: str(found.left_out)})


@api.endpoint(
    "POST",
    "/v1/receipts/evidence",
    summary="The evidence of receipts' events, without disclosure (回执证据)",
    action=Action.EVIDENCE_READ,
    body=ReceiptsRequest,
    response=EvidenceFile,
    refusals=("not_sealed", "receipts_differ"),
)
def prove_receipts(call: Call[ReceiptsRequest, Nothing]) -> EvidenceFile:
    """That the log holds the event each receipt names, as the receipt tells it (R-HND-8, R-AUD-5).

    Whether a receipt is signed by its issuer is for its holder to verify, offline.
    """
    return case_evidence.receipts_evidence(wiring.log(), call.body.receipts)
