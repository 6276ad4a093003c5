"""Proofs and evidence over HTTP (R-AUD-5)."""

from services.audit import wiring
from services.audit.api.log import SHORTLY, TEXT
from services.audit.logic import proving
from services.audit.schemas.evidence import EvidenceFile
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.permissions import Action

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
    """Envelope and proof; nonce and payload are joined by who may read them in the owning service (R-AUD-5)."""
    return proving.evidence(wiring.log(), [call.path["event_id"]])
