"""Departments over HTTP."""

from services.registry import wiring
from services.registry.logic import departments as logic
from services.registry.schemas.departments import DepartmentPage, DepartmentRequest
from shared.contracts.departments import Department
from shared.http.endpoints import Call, Endpoints, Nothing, Reply
from shared.http.pages import PageQuery, cursor_for, position_of
from shared.kernel.permissions import Action

_REFUSALS = ("department_unknown",)

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
    refusals=_REFUSALS,
)
def register_department(call: Call[DepartmentRequest, Nothing]) -> Reply:
    """A new department with its liaisons (R-ORG-1, R-ORG-2)."""
    department = logic.register_department(wiring.departments(), call.context, call.body)
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
    found, following = logic.list_departments(wiring.departments(), call.query.limit, position)
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
    refusals=("not_found", *_REFUSALS),
)
def edit_department(call: Call[DepartmentRequest, Nothing]) -> Reply:
    """A department's next version; the old one stays in its events (R-ORG-2)."""
    department = logic.edit_department(
        wiring.departments(), call.context, call.path["department_id"], call.version, call.body
    )
    return Reply(department, version=department.version)
