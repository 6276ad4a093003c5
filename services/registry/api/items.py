"""The making of items over HTTP: drafts, consultation, versions."""

from services.registry import wiring
from services.registry.domain.items import ItemFile
from services.registry.logic import items as logic
from services.registry.schemas.items import ItemRequest, PublishRequest
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.kernel.permissions import Action

_REFUSALS = ("not_your_department", "department_unknown", "code_taken")

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/items",
    summary="Draft an item",
    action=Action.ITEM_WRITE,
    body=ItemRequest,
    response=ItemFile,
    status=201,
    once=True,
    refusals=_REFUSALS,
)
def draft_item(call: Call[ItemRequest, Nothing]) -> Reply:
    """A new linkage item, not yet in force (R-REG-1)."""
    file = logic.draft_item(wiring.items(), call.context, call.body)
    return Reply(file, version=file.revision)


@api.endpoint(
    "GET",
    "/v1/items/{item_id}",
    summary="Show an item's draft and last publication",
    action=Action.ITEM_READ,
    response=ItemFile,
    refusals=("not_found",),
)
def show_item(call: Call[Nothing, Nothing]) -> Reply:
    """An item as its authors see it; the ETag is what an edit needs."""
    file = logic.show_item(wiring.items(), call.path["item_id"])
    return Reply(file, version=file.revision)


@api.endpoint(
    "PUT",
    "/v1/items/{item_id}",
    summary="Edit an item's draft",
    action=Action.ITEM_WRITE,
    body=ItemRequest,
    response=ItemFile,
    once=True,
    edits=True,
    refusals=("not_found", *_REFUSALS),
)
def edit_draft(call: Call[ItemRequest, Nothing]) -> Reply:
    """The draft replaced, or the draft of the next version begun (R-REG-4)."""
    file = logic.edit_draft(wiring.items(), call.context, call.path["item_id"], call.version, call.body)
    return Reply(file, version=file.revision)


@api.endpoint(
    "POST",
    "/v1/items/{item_id}/publish",
    summary="Publish an item's draft",
    action=Action.ITEM_WRITE,
    body=PublishRequest,
    response=ItemFile,
    once=True,
    edits=True,
    refusals=("not_found", "not_your_department", "department_unknown", "wrong_state", "liaison_missing"),
)
def publish_item(call: Call[PublishRequest, Nothing]) -> Reply:
    """The draft becomes a version in force, readable for ever (R-REG-4, R-ORG-2)."""
    file = logic.publish_item(wiring.items(), call.context, call.path["item_id"], call.version, call.body)
    return Reply(file, version=file.revision)
