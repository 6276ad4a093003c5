"""The registry over HTTP: departments, the making of items, and the public list."""

from pydantic import BaseModel

from services.registry import logic, wiring
from services.registry.domain import ItemFile, PublishedItem
from services.registry.schemas import (
    DepartmentPage,
    DepartmentRequest,
    ItemRequest,
    PublicPage,
    PublicQuery,
    PublishRequest,
)
from shared.contracts.registry import Department
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.canonical import sha256_hex
from shared.kernel.permissions import Action

PUBLIC_MAX_AGE = 60
"""Seconds for which anyone may keep a public answer."""

_DEPARTMENT_REFUSALS = ("department_unknown",)
_ITEM_REFUSALS = ("not_your_department", "department_unknown", "code_taken")

api = Endpoints(__name__, wiring.desk)


@api.endpoint(
    "POST",
    "/v1/departments",
    summary="Register a department",
    action=Action.DEPARTMENT_WRITE,
    body=DepartmentRequest,
    response=Department,
    status=201,
    once=True,
    refusals=_DEPARTMENT_REFUSALS,
)
def register_department(call: Call[DepartmentRequest, Nothing]) -> Reply:
    """A new department with its liaisons (R-ORG-1, R-ORG-2)."""
    department = logic.register_department(wiring.store(), call.context, call.body)
    return Reply(department, version=department.version)


@api.endpoint(
    "GET",
    "/v1/departments",
    summary="List the departments",
    action=Action.DEPARTMENT_READ,
    query=PageQuery,
    response=DepartmentPage,
    refusals=("cursor_invalid",),
)
def list_departments(call: Call[Nothing, PageQuery]) -> DepartmentPage:
    """All departments, page by page."""
    position = position_of(call.query, "departments", wiring.cursor_key)
    found, following = logic.list_departments(wiring.store(), call.query.limit, position)
    return DepartmentPage(departments=tuple(found), next=cursor_for(following, "departments", wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/departments/{department_id}",
    summary="Show a department",
    action=Action.DEPARTMENT_READ,
    response=Department,
    refusals=("not_found",),
)
def show_department(call: Call[Nothing, Nothing]) -> Reply:
    """A department; the ETag is what an edit needs."""
    department = logic.show_department(wiring.store(), call.path["department_id"])
    return Reply(department, version=department.version)


@api.endpoint(
    "PUT",
    "/v1/departments/{department_id}",
    summary="Edit a department",
    action=Action.DEPARTMENT_WRITE,
    body=DepartmentRequest,
    response=Department,
    once=True,
    edits=True,
    refusals=("not_found", *_DEPARTMENT_REFUSALS),
)
def edit_department(call: Call[DepartmentRequest, Nothing]) -> Reply:
    """A department's next version; the old one stays in its events (R-ORG-2)."""
    department = logic.edit_department(
        wiring.store(), call.context, call.path["department_id"], call.version, call.body
    )
    return Reply(department, version=department.version)


@api.endpoint(
    "POST",
    "/v1/items",
    summary="Draft an item",
    action=Action.ITEM_WRITE,
    body=ItemRequest,
    response=ItemFile,
    status=201,
    once=True,
    refusals=_ITEM_REFUSALS,
)
def draft_item(call: Call[ItemRequest, Nothing]) -> Reply:
    """A new linkage item, not yet in force (R-REG-1)."""
    file = logic.draft_item(wiring.store(), call.context, call.body)
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
    file = logic.show_item(wiring.store(), call.path["item_id"])
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
    refusals=("not_found", *_ITEM_REFUSALS),
)
def edit_draft(call: Call[ItemRequest, Nothing]) -> Reply:
    """The draft replaced, or the draft of the next version begun (R-REG-4)."""
    file = logic.edit_draft(wiring.store(), call.context, call.path["item_id"], call.version, call.body)
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
    file = logic.publish_item(wiring.store(), call.context, call.path["item_id"], call.version, call.body)
    return Reply(file, version=file.revision)


@api.endpoint(
    "GET",
    "/v1/public/items",
    summary="Read the published item list",
    action=None,
    query=PublicQuery,
    response=PublicPage,
    refusals=("cursor_invalid",),
)
def list_published(call: Call[Nothing, PublicQuery]) -> Reply:
    """The list everybody may read (R-REG-5): whole, of one department, or one code."""
    scope = f"items#{call.query.department or ''}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_published(wiring.store(), call.query, position)
    return _public(PublicPage(items=tuple(found), next=cursor_for(following, scope, wiring.cursor_key)))


@api.endpoint(
    "GET",
    "/v1/public/items/{code}",
    summary="Read a published item",
    action=None,
    response=PublishedItem,
    refusals=("not_found",),
)
def show_published(call: Call[Nothing, Nothing]) -> Reply:
    """The version published last; `effective_from` says when it comes into force (R-REG-5)."""
    return _public(logic.show_published(wiring.store(), call.path["code"]))


@api.endpoint(
    "GET",
    "/v1/public/items/{code}/versions/{version}",
    summary="Read one version of a published item",
    action=None,
    response=PublishedItem,
    refusals=("not_found",),
)
def show_published_version(call: Call[Nothing, Nothing]) -> Reply:
    """A version as it was published, for ever (R-REG-4)."""
    return _public(logic.show_published_version(wiring.store(), call.path["code"], call.path["version"]))


def _public(body: BaseModel) -> Reply:
    tag = sha256_hex(body.model_dump_json().encode())[:32]
    headers = {"Cache-Control": f"public, max-age={PUBLIC_MAX_AGE}", "ETag": f'"{tag}"'}
    return Reply(body, headers=headers)
