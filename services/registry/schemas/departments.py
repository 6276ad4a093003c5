"""What the endpoints for departments take and give."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from shared.contracts.departments import Department, Liaison
from shared.contracts.model import Code, Contract, Identifier, ShortText
from shared.contracts.vocabulary import DepartmentKind, DivisionCode, Level

MOST_LIAISONS = 50

_DEPARTMENT: dict[str, Any] = {
    "name": "临江市市场监督管理局",
    "kind": "supervision",
    "level": "city",
    "division_code": "999900",
    "credit_code": None,
    "superior": None,
    "leader": "周立新",
    "coordinating_section": "行政审批协调科",
    "liaisons": [{"name": "李敏", "phone": "0999-5550101"}],
}


class DepartmentRequest(Contract):
    """A department as its registrar describes it (R-ORG-1, R-ORG-2)."""

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


class DepartmentPage(Contract):
    """Some departments, and the cursor of the next page (null at the end)."""

    departments: tuple[Department, ...]
    next: str | None
