"""What the registry's endpoints take and give."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.registry.domain import PublishedItem
from shared.contracts.model import Code, Contract, Identifier, Instant, LongText, Phone, ShortText
from shared.contracts.registry import ClaimRule, Department, Liaison, Supervisor
from shared.contracts.vocabulary import ApprovalMode, DepartmentKind, DivisionCode, Level, Stage, TimeLimit
from shared.http.pages import PageQuery

MOST_LIAISONS = 50
MOST_SUPERVISORS = 20
"""One publication writes a row for each supervisor; a transaction holds 100."""

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

_ITEM: dict[str, Any] = {
    "code": "000131016000",
    "name": "食品经营许可",
    "item_type": "01",
    "level": "city",
    "division_code": "999900",
    "legal_basis": "《中华人民共和国食品安全法》第三十五条",
    "approval_department": "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    "approval_section": "市场准入科",
    "approval_person": "王静",
    "approval_contact": "0999-5550100",
    "approval_mode": "informed_commitment",
    "statutory_limit": {"amount": 20},
    "committed_limit": {"amount": 8},
    "push_stages": ["acceptance", "decision"],
    "claim": {"mode": "confirm", "limit": {"amount": 2}, "on_overdue": "escalate"},
    "supervisors": [
        {
            "department": "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4F",
            "part": "lead",
            "supervision_item": "食品经营监督检查",
            "section": "食品经营监管科",
            "person": "李敏",
            "contact": "0999-5550101",
        }
    ],
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


class ItemRequest(Contract):
    """An item as its registrar drafts it (R-REG-1, R-REG-2); the code is opaque, only its characters are checked."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    code: Code
    name: ShortText
    item_type: Annotated[str, Field(pattern=r"^[0-9]{2}$")]
    level: Level
    division_code: DivisionCode
    legal_basis: LongText
    approval_department: Identifier
    approval_section: ShortText
    approval_person: ShortText
    approval_contact: Phone
    approval_mode: ApprovalMode = ApprovalMode.ORDINARY
    statutory_limit: TimeLimit
    committed_limit: TimeLimit
    push_stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=len(Stage))]
    claim: ClaimRule = ClaimRule()
    supervisors: Annotated[tuple[Supervisor, ...], Field(min_length=1, max_length=MOST_SUPERVISORS)]


class PublishRequest(Contract):
    """Why the draft is published and from when it is in force; now, if nothing is said (R-REG-4)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "首次发布", "effective_from": "2027-01-01T00:00:00+08:00"}]}
    )

    reason: LongText | None = None
    effective_from: Instant | None = None


class DepartmentPage(Contract):
    """Some departments, and the cursor of the next page (null at the end)."""

    departments: tuple[Department, ...]
    next: str | None


class PublicQuery(PageQuery):
    """The published list: whole, or the items that one department approves or supervises, or the one with a code."""

    code: Code | None = None
    department: Identifier | None = None


class PublicPage(Contract):
    """Some published items, and the cursor of the next page (null at the end)."""

    items: tuple[PublishedItem, ...]
    next: str | None
