"""The transfer catalogue over HTTP; anybody reads it."""

from services.registry import wiring
from services.registry.api.caching import Answered, public_reply
from services.registry.domain.transfers import TransferEntry
from services.registry.logic import transfers as logic
from services.registry.schemas.transfers import TransferCorrection, TransferPage, TransferQuery, TransferRequest
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import cursor_for, position_of
from shared.kernel.permissions import Action

_REFUSALS = ("not_your_department", "department_unknown", "transfer_recorded")

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/transfers",
    summary="Enter a transfer",
    action=Action.TRANSFER_WRITE,
    body=TransferRequest,
    response=TransferEntry,
    status=201,
    once=True,
    refusals=_REFUSALS,
)
def record_transfer(call: Call[TransferRequest, Nothing]) -> Reply:
    """An item moved from one department to another (R-REG-8)."""
    entry = logic.record_transfer(wiring.transfers(), call.context, call.body)
    return Reply(entry, version=entry.version)


@api.endpoint(
    "PUT",
    "/v1/transfers/{transfer_id}",
    summary="Correct a transfer",
    action=Action.TRANSFER_WRITE,
    body=TransferCorrection,
    response=TransferEntry,
    once=True,
    edits=True,
    refusals=("not_found", *_REFUSALS),
)
def correct_transfer(call: Call[TransferCorrection, Nothing]) -> Reply:
    """What the entry should have said, and why it did not; the old version stays readable (R-REG-8)."""
    entry = logic.correct_transfer(wiring.transfers(), call.context, call.path["transfer_id"], call.version, call.body)
    return Reply(entry, version=entry.version)


@api.endpoint(
    "GET",
    "/v1/public/transfers",
    summary="Read the transfer catalogue",
    action=None,
    query=TransferQuery,
    response=TransferPage,
    refusals=("cursor_invalid",),
)
def list_transfers(call: Call[Nothing, TransferQuery]) -> Reply:
    """The catalogue everybody may read, the latest transfers first (R-REG-8).

    With two filters a page may hold fewer than `limit` entries, even none, while `next` is not null.
    """
    asked = call.query
    scope = f"transfers#{asked.code}#{asked.giver}#{asked.taker}"
    position = position_of(asked, scope, wiring.cursor_key)
    found, following = logic.list_transfers(wiring.transfers(), asked, position)
    return public_reply(TransferPage(transfers=tuple(found), next=cursor_for(following, scope, wiring.cursor_key)))


@api.endpoint(
    "GET",
    "/v1/public/transfers/{transfer_id}",
    summary="Read one transfer",
    action=None,
    response=TransferEntry,
    refusals=("not_found",),
)
def show_transfer(call: Call[Nothing, Nothing]) -> Reply:
    """An entry as it stands; an edit needs its `version` as the ETag `"v<version>"` (R-REG-8)."""
    return public_reply(logic.show_transfer(wiring.transfers(), call.path["transfer_id"]), Answered.ITEM)


@api.endpoint(
    "GET",
    "/v1/public/transfers/{transfer_id}/versions/{version}",
    summary="Read one version of a transfer",
    action=None,
    response=TransferEntry,
    refusals=("not_found",),
)
def show_transfer_version(call: Call[Nothing, Nothing]) -> Reply:
    """An entry as it was written then, for ever (R-REG-8)."""
    entry = logic.show_transfer_version(wiring.transfers(), call.path["transfer_id"], call.path["version"])
    return public_reply(entry, Answered.VERSION)
