"""What the endpoints for departments take and give."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.registry.domain.people import PersonGiven, SectionGiven
from shared.contracts.departments import (
    Department,
    DepartmentAct,
    DepartmentState,
    Liaison,
    LiaisonHandover,
)
from shared.contracts.event import Actor
from shared.contracts.model import Code, Contract, Identifier, Instant, LongText, ShortText
from shared.contracts.vocabulary import DepartmentKind, DivisionCode, Level
from shared.http.pages import PageQuery

MOST_LIAISONS = 40
"""An edit that replaces every liaison ends and begins two terms for each; a transaction holds 100 writes."""
MOST_PEOPLE = 200
MOST_SECTIONS = 50

_DEPARTMENT: dict[str, Any] = {
    "name": "临江市市场监督管理局",
    "kind": "supervision",
    "level": "city",
    "division_code": "999900",
    "credit_code": None,
    "superior": None,
    "leader": "周立新",
    "coordinating_section": "行政审批协调科",
    "sections": [{"name": "食品经营监管科"}],
    "people": [{"name": "何静", "phone": "0999-5550103", "section": "食品经营监管科", "post": "科长"}],
    "liaisons": [{"name": "李敏", "phone": "0999-5550101"}],
    "reason": "联络员调整",
}
_SUCCESSOR = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4F"


class DepartmentRequest(Contract):
    """A department as its registrar describes it (R-ORG-1, R-ORG-2); `reason` says why it is as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DEPARTMENT]})

    name: ShortText
    kind: DepartmentKind
    level: Level
    division_code: DivisionCode
    credit_code: Code | None = None
    superior: Identifier | None = None
    leader: ShortText
    coordinating_section: ShortText
    liaisons: Annotated[tuple[Liaison, ...], Field(max_length=MOST_LIAISONS)] = ()
    sections: Annotated[tuple[SectionGiven, ...], Field(max_length=MOST_SECTIONS)] = ()
    people: Annotated[tuple[PersonGiven, ...], Field(max_length=MOST_PEOPLE)] = ()
    reason: LongText | None = None


class ReasonRequest(Contract):
    """Why a department is suspended or takes up work again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "机构改革期间停用"}]})

    reason: LongText


class MergeRequest(Contract):
    """Which department answers for this one from now on, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"successor": _SUCCESSOR, "reason": "机构改革,职责并入市场监督管理局"}]}
    )

    successor: Identifier
    reason: LongText


class DepartmentQuery(PageQuery):
    """All departments, those of one kind, or those directly below a superior."""

    superior: Identifier | None = None
    kind: DepartmentKind | None = None


class DepartmentPage(Contract):
    """Some departments, and the cursor of the next page (null at the end)."""

    departments: tuple[Department, ...]
    next: str | None


class DepartmentChange(Contract):
    """What made a version of a department: what was done, why, when, by whom."""

    version: int
    act: DepartmentAct
    reason: LongText | None
    handover: LiaisonHandover | None
    at: Instant
    by: Actor


class DepartmentHistory(Contract):
    """Some of a department's changes, latest first, and the cursor of the next page (null at the end)."""

    changes: tuple[DepartmentChange, ...]
    next: str | None


class DepartmentVersion(DepartmentChange):
    """A department as it was, and what made it so."""

    department: Department


class LineDepartment(Contract):
    """One department of a superior line."""

    department_id: Identifier
    name: ShortText
    level: Level
    state: DepartmentState
    successor: Identifier | None


class SuperiorLine(Contract):
    """The superior line (同条线上级部门) of a department, nearest first."""

    department_id: Identifier
    line: tuple[LineDepartment, ...]


class PublicDepartment(Contract):
    """What anybody may know of a department; no person and no phone."""

    department_id: Identifier
    name: ShortText
    kind: DepartmentKind
    level: Level
    division_code: DivisionCode
    state: DepartmentState


class PublicDepartmentPage(Contract):
    """Some departments, and the cursor of the next page (null at the end)."""

    departments: tuple[PublicDepartment, ...]
    next: str | None
