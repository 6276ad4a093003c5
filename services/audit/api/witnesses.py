"""Witnesses over HTTP: anybody sees who they are, audit administrators say who they are (R-AUD-3, R-AUD-7)."""

from services.audit import wiring
from services.audit.api.log import SHORTLY, TEXT
from services.audit.logic import reading
from services.audit.logic import witnesses as logic
from services.audit.schemas.witnesses import RegisteredWitness, WitnessList, WitnessRequest
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.permissions import Action

api = Endpoints(__name__, wiring.desk)


@api.endpoint("GET", "/v1/witnesses", summary="Who watches the log from outside", action=None, response=WitnessList)
def list_witnesses(_: Call[Nothing, Nothing]) -> Reply:
    """Every witness, the key its cosignatures are judged by, how far it has come and what is in its way (R-AUD-3)."""
    return Reply(logic.shown_to_all(wiring.witnesses(), wiring.settings().quorum), headers=SHORTLY)


@api.endpoint(
    "GET",
    "/v1/checkpoint/cosigned",
    summary="The log's last checkpoint that enough witnesses cosigned",
    action=None,
    response=TEXT,
    refusals=("not_found",),
)
def read_cosigned_checkpoint(_: Call[Nothing, Nothing]) -> Reply:
    """The checkpoint that events are proven by; it may be some minutes behind the last one (R-AUD-5)."""
    return Reply(reading.cosigned(wiring.log()).encode(), headers=SHORTLY)


@api.endpoint(
    "PUT",
    "/v1/witnesses/{name}",
    summary="Register a witness",
    action=Action.WITNESS_WRITE,
    body=WitnessRequest,
    response=RegisteredWitness,
    once=True,
    refusals=("invalid_fields", "witness_key_taken", "too_many_witnesses"),
)
def register_witness(call: Call[WitnessRequest, Nothing]) -> RegisteredWitness:
    """From the next minute on it is asked to cosign; under a known name, its address or key is replaced (R-AUD-3)."""
    return logic.register(wiring.witnesses(), wiring.log(), call.context, call.path["name"], call.body)


@api.endpoint(
    "GET",
    "/v1/witnesses/{name}",
    summary="Read how a witness is registered",
    action=Action.WITNESS_WRITE,
    response=RegisteredWitness,
    refusals=("not_found",),
)
def show_witness(call: Call[Nothing, Nothing]) -> RegisteredWitness:
    """Where it is asked, and the key it cosigns with."""
    return logic.show(wiring.witnesses(), call.path["name"])


@api.endpoint(
    "DELETE",
    "/v1/witnesses/{name}",
    summary="Remove a witness",
    action=Action.WITNESS_WRITE,
    response=RegisteredWitness,
    once=True,
    refusals=("not_found",),
)
def remove_witness(call: Call[Nothing, Nothing]) -> RegisteredWitness:
    """It is not asked any more; what it cosigned stays true and stays (R-AUD-3)."""
    return logic.remove(wiring.witnesses(), call.context, call.path["name"])
