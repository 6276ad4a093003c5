"""Items over HTTP: drafts, versions, lists of one's own, differences."""

from services.registry import wiring
from services.registry.domain.items import ItemAct, ItemFile
from services.registry.logic import item_lists
from services.registry.logic import items as logic
from services.registry.logic import versions as version_logic
from services.registry.schemas.items import (
    ActRequest,
    Differences,
    DifferencesQuery,
    ItemAnswer,
    ItemPage,
    ItemRequest,
    ItemsQuery,
    ItemVersionPage,
    PublicDifferencesQuery,
    PublishRequest,
)
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.permissions import Action

_REFUSALS = ("not_your_department", "department_unknown", "code_taken", "import_running")
_OF_AN_ACT = ("not_found", "not_your_department", "wrong_state", "import_running")
_ABLE = ("department_unknown", "department_inactive", "liaison_missing")

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/items",
    summary="Draft an item",
    action=Action.ITEM_WRITE,
    body=ItemRequest,
    response=ItemAnswer,
    status=201,
    once=True,
    refusals=_REFUSALS,
)
def draft_item(call: Call[ItemRequest, Nothing]) -> Reply:
    """A new linkage item, not yet in force; `warnings` say what is odd about it (R-REG-1, R-REG-2)."""
    file = logic.draft_item(wiring.items(), wiring.documents(), wiring.jurisdiction(), call.context, call.body)
    return Reply(file, version=file.revision)


@api.endpoint(
    "GET",
    "/v1/items",
    summary="List one's own items",
    action=Action.ITEM_READ,
    query=ItemsQuery,
    response=ItemPage,
    refusals=("not_your_department", "not_found", "cursor_invalid"),
)
def list_items(call: Call[Nothing, ItemsQuery]) -> ItemPage:
    """What the own department approves or, being no approval department, supervises; drafts included."""
    scope = f"items#own#{call.query.department or call.principal.department or ''}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = item_lists.list_items(wiring.items(), call.principal, call.query, position, call.context.now)
    return ItemPage(items=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/items/{item_id}",
    summary="Show an item's draft and current versions",
    action=Action.ITEM_READ,
    response=ItemFile,
    refusals=("not_found", "not_your_department"),
)
def show_item(call: Call[Nothing, Nothing]) -> Reply:
    """An item as its authors see it; the ETag is what an edit needs."""
    file = logic.show_item(wiring.items(), call.principal, call.path["item_id"])
    return Reply(file, version=file.revision)


@api.endpoint(
    "PUT",
    "/v1/items/{item_id}",
    summary="Edit an item's draft",
    action=Action.ITEM_WRITE,
    body=ItemRequest,
    response=ItemAnswer,
    once=True,
    edits=True,
    refusals=("not_found", "wrong_state", *_REFUSALS),
)
def edit_draft(call: Call[ItemRequest, Nothing]) -> Reply:
    """The draft replaced, or the draft of the next version begun; a consultation about it ends (R-REG-4)."""
    file = logic.edit_draft(
        wiring.items(),
        wiring.documents(),
        wiring.jurisdiction(),
        call.context,
        call.path["item_id"],
        call.version,
        call.body,
    )
    return Reply(file, version=file.revision)


@api.endpoint(
    "POST",
    "/v1/items/{item_id}/publish",
    summary="Publish an item's draft",
    action=Action.ITEM_WRITE,
    body=PublishRequest,
    response=ItemAnswer,
    once=True,
    edits=True,
    refusals=(*_OF_AN_ACT, *_ABLE, "consultation_missing", "consultation_open", "objections_open"),
)
def publish_item(call: Call[PublishRequest, Nothing]) -> Reply:
    """The draft becomes a version in force, readable for ever, once its supervisors were heard (R-REG-4, R-ORG-2)."""
    file = version_logic.publish_item(
        wiring.items(), wiring.jurisdiction(), call.context, call.path["item_id"], call.version, call.body
    )
    return Reply(file, version=file.revision)


@api.endpoint(
    "POST",
    "/v1/items/{item_id}/suspend",
    summary="Suspend an item",
    action=Action.ITEM_WRITE,
    body=ActRequest,
    response=ItemAnswer,
    once=True,
    edits=True,
    refusals=_OF_AN_ACT,
)
def suspend_item(call: Call[ActRequest, Nothing]) -> Reply:
    """A version that lets the item rest (暂停); versions that were to come after it are superseded (R-REG-4)."""
    return _act(call, ItemAct.SUSPEND)


@api.endpoint(
    "POST",
    "/v1/items/{item_id}/reinstate",
    summary="Take a suspended item into use again",
    action=Action.ITEM_WRITE,
    body=ActRequest,
    response=ItemAnswer,
    once=True,
    edits=True,
    refusals=(*_OF_AN_ACT, *_ABLE),
)
def reinstate_item(call: Call[ActRequest, Nothing]) -> Reply:
    """A version that ends a suspension (恢复), as the item was when it was suspended (R-REG-4)."""
    return _act(call, ItemAct.REINSTATE)


@api.endpoint(
    "POST",
    "/v1/items/{item_id}/retire",
    summary="Retire an item",
    action=Action.ITEM_WRITE,
    body=ActRequest,
    response=ItemAnswer,
    once=True,
    edits=True,
    refusals=_OF_AN_ACT,
)
def retire_item(call: Call[ActRequest, Nothing]) -> Reply:
    """The last version (废止); every one before it stays readable (R-REG-4)."""
    return _act(call, ItemAct.RETIRE)


@api.endpoint(
    "GET",
    "/v1/items/{item_id}/versions",
    summary="List an item's versions",
    action=Action.ITEM_READ,
    query=PageQuery,
    response=ItemVersionPage,
    refusals=("not_found", "cursor_invalid"),
)
def list_versions(call: Call[Nothing, PageQuery]) -> ItemVersionPage:
    """Every version one may see, newest first, with its author, reason and answers (R-REG-4)."""
    item_id = call.path["item_id"]
    scope = f"versions#{item_id}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = version_logic.list_versions(wiring.items(), call.principal, item_id, call.query.limit, position)
    return ItemVersionPage(versions=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/items/{item_id}/differences",
    summary="Compare two versions of an item, or a version and the draft",
    action=Action.ITEM_READ,
    query=DifferencesQuery,
    response=Differences,
    refusals=("not_found", "not_your_department"),
)
def item_differences(call: Call[Nothing, DifferencesQuery]) -> Differences:
    """What differs, field by field, in Chinese and English (R-REG-4)."""
    return version_logic.item_differences(
        wiring.items(), wiring.jurisdiction(), call.principal, call.path["item_id"], call.query
    )


@api.endpoint(
    "GET",
    "/v1/public/items/{code}/differences",
    summary="Compare two versions of a published item",
    action=None,
    query=PublicDifferencesQuery,
    response=Differences,
    refusals=("not_found",),
)
def public_differences(call: Call[Nothing, PublicDifferencesQuery]) -> Differences:
    """What differs between two public versions, field by field, in Chinese and English (R-REG-5)."""
    return version_logic.public_differences(wiring.items(), wiring.jurisdiction(), call.path["code"], call.query)


def _act(call: Call[ActRequest, Nothing], act: ItemAct) -> Reply:
    file = version_logic.act_on_item(
        wiring.items(), wiring.jurisdiction(), call.context, call.path["item_id"], call.version, act, call.body
    )
    return Reply(file, version=file.revision)
