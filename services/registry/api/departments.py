"""Departments over HTTP (R-ORG-1, R-ORG-2)."""

from services.registry import wiring
from services.registry.api.caching import public_reply
from services.registry.domain.departments import DepartmentMove
from services.registry.logic import departments as logic
from services.registry.schemas.departments import (
    DepartmentHistory,
    DepartmentPage,
    DepartmentQuery,
    DepartmentRequest,
    DepartmentVersion,
    MergeRequest,
    PublicDepartmentPage,
    ReasonRequest,
    SuperiorLine,
)
from shared.contracts.departments import Department
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.permissions import Action

_CONTENT = ("department_unknown", "name_taken")
_ACT = ("not_found", "city_registrar_only", "wrong_state")

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
    refusals=_CONTENT,
)
def register_department(call: Call[DepartmentRequest, Nothing]) -> Reply:
    """A new department with its sections, people and liaisons (R-ORG-1, R-ORG-2)."""
    department = logic.register_department(wiring.departments(), call.context, call.body)
    return Reply(department, version=department.version)


@api.endpoint(
    "GET",
    "/v1/departments",
    summary="List the departments",
    action=Action.DEPARTMENT_READ,
    query=DepartmentQuery,
    response=DepartmentPage,
    refusals=("cursor_invalid",),
)
def list_departments(call: Call[Nothing, DepartmentQuery]) -> DepartmentPage:
    """All departments, those of one kind, or those directly below a superior, page by page."""
    scope = f"departments#{call.query.superior or ''}#{call.query.kind or ''}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_departments(wiring.departments(), call.query, position)
    return DepartmentPage(departments=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/public/departments",
    summary="Read the public list of departments",
    action=None,
    query=PageQuery,
    response=PublicDepartmentPage,
    refusals=("cursor_invalid",),
)
def list_public_departments(call: Call[Nothing, PageQuery]) -> Reply:
    """Every department by name, without persons and phones: what a search of the public list chooses from (R-REG-5)."""
    scope = "public#departments"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.list_public(wiring.departments(), call.query.limit, position)
    following_cursor = cursor_for(following, scope, wiring.cursor_key)
    return public_reply(PublicDepartmentPage(departments=tuple(found), next=following_cursor))


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
    department = logic.show_department(wiring.departments(), call.path["department_id"])
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
    refusals=("not_found", "wrong_state", *_CONTENT),
)
def edit_department(call: Call[DepartmentRequest, Nothing]) -> Reply:
    """A department's next version; the old one stays readable (R-ORG-2). Another name is kept as the former one."""
    department = logic.edit_department(
        wiring.departments(), call.context, call.path["department_id"], call.version, call.body
    )
    return Reply(department, version=department.version)


@api.endpoint(
    "POST",
    "/v1/departments/{department_id}/suspend",
    summary="Suspend a department",
    action=Action.DEPARTMENT_WRITE,
    body=ReasonRequest,
    response=Department,
    once=True,
    edits=True,
    refusals=_ACT,
)
def suspend_department(call: Call[ReasonRequest, Nothing]) -> Reply:
    """Out of service for now: no item newly names it, and what would be pushed to it waits for a person (R-HND-15)."""
    return _move(call, DepartmentMove.SUSPEND)


@api.endpoint(
    "POST",
    "/v1/departments/{department_id}/resume",
    summary="Let a suspended department take up work again",
    action=Action.DEPARTMENT_WRITE,
    body=ReasonRequest,
    response=Department,
    once=True,
    edits=True,
    refusals=_ACT,
)
def resume_department(call: Call[ReasonRequest, Nothing]) -> Reply:
    """In service again, as it was."""
    return _move(call, DepartmentMove.RESUME)


@api.endpoint(
    "POST",
    "/v1/departments/{department_id}/merge",
    summary="Merge a department into another",
    action=Action.DEPARTMENT_WRITE,
    body=MergeRequest,
    response=Department,
    once=True,
    edits=True,
    refusals=("department_unknown", *_ACT),
)
def merge_department(call: Call[MergeRequest, Nothing]) -> Reply:
    """Merged for good: its successor answers for it, and gets what would be pushed to it."""
    return _move(call, DepartmentMove.MERGE, call.body.successor)


@api.endpoint(
    "GET",
    "/v1/departments/{department_id}/versions/{version}",
    summary="Show a department as it was",
    action=Action.DEPARTMENT_READ,
    response=DepartmentVersion,
    refusals=("not_found",),
)
def show_department_version(call: Call[Nothing, Nothing]) -> DepartmentVersion:
    """One version with what made it: the act, why, when, by whom (R-ORG-2)."""
    return logic.show_version(wiring.departments(), call.path["department_id"], call.path["version"])


@api.endpoint(
    "GET",
    "/v1/departments/{department_id}/history",
    summary="List a department's changes",
    action=Action.DEPARTMENT_READ,
    query=PageQuery,
    response=DepartmentHistory,
    refusals=("not_found", "cursor_invalid"),
)
def show_department_history(call: Call[Nothing, PageQuery]) -> DepartmentHistory:
    """What was done to a department, why, when and by whom, latest first (R-ORG-2)."""
    department_id = call.path["department_id"]
    scope = f"departments#history#{department_id}"
    position = position_of(call.query, scope, wiring.cursor_key)
    found, following = logic.show_history(wiring.departments(), department_id, call.query.limit, position)
    return DepartmentHistory(changes=tuple(found), next=cursor_for(following, scope, wiring.cursor_key))


@api.endpoint(
    "GET",
    "/v1/departments/{department_id}/line",
    summary="Show a department's superior line",
    action=Action.DEPARTMENT_READ,
    response=SuperiorLine,
    refusals=("not_found",),
)
def show_superior_line(call: Call[Nothing, Nothing]) -> SuperiorLine:
    """The superior line (同条线上级部门), nearest first (R-ORG-1)."""
    return logic.show_line(wiring.departments(), call.path["department_id"])


def _move(
    call: Call[ReasonRequest, Nothing] | Call[MergeRequest, Nothing], move: DepartmentMove, to: str | None = None
) -> Reply:
    department = logic.move_department(
        wiring.departments(), call.context, call.path["department_id"], call.version, move, call.body.reason, to
    )
    return Reply(department, version=department.version)
