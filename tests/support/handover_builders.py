"""A noodle shop, its bureau and its supervisors, all of them invented."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.departments import Department, Liaison
from shared.contracts.items import ClaimRule, Item, Supervisor
from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    DepartmentKind,
    Level,
    Stage,
    SupervisorPart,
    TimeLimit,
)

BUREAU = "dept_01BUREAU0000000000000000000"
MARKET = "dept_01MARKET0000000000000000000"
HEALTH = "dept_01HEALTH0000000000000000000"
STRANGER = "dept_01STRANGER00000000000000000"

ITEM_CODE = "000131001000"
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


def supervisor(department: str = MARKET, part: SupervisorPart = SupervisorPart.LEAD) -> Supervisor:
    return Supervisor(
        department=department,
        part=part,
        supervision_item="食品经营监督检查",
        section="食品科",
        person="甲某",
        contact="0990-5550102",
    )


def item(**changed: Any) -> Item:
    """食品经营许可 as published, with whatever a test wants changed."""
    given: dict[str, Any] = {
        "item_id": "item_01FOOD000000000000000000000",
        "version": 1,
        "code": ITEM_CODE,
        "name": "食品经营许可",
        "item_type": "01",
        "level": Level.CITY,
        "division_code": "990100",
        "legal_basis": "《中华人民共和国食品安全法》第三十五条",
        "approval_department": BUREAU,
        "approval_section": "市场准入科",
        "approval_person": "乙某",
        "approval_contact": "0990-5550103",
        "approval_mode": ApprovalMode.ORDINARY,
        "statutory_limit": TimeLimit(amount=20),
        "committed_limit": TimeLimit(amount=5),
        "push_stages": (Stage.ACCEPTANCE, Stage.DECISION),
        "claim": ClaimRule(),
        "supervisors": (supervisor(),),
        "effective_from": LONG_AGO,
    }
    return Item(**given | changed)


def urgent_item(**changed: Any) -> Item:
    """An item whose pushes must be claimed within a minute."""
    rule = ClaimRule(mode=ClaimMode.CONFIRM, limit=TimeLimit(amount=1, unit="minute"))
    return item(**{"claim": rule} | changed)


def department(identifier: str = MARKET, *, active: bool = True, version: int = 1) -> Department:
    return Department(
        department_id=identifier,
        version=version,
        name="示例市市场监督管理局",
        kind=DepartmentKind.SUPERVISION,
        level=Level.CITY,
        division_code="990100",
        leader="丙某",
        coordinating_section="审管联动科",
        liaisons=(Liaison(name="丁某", phone="13800000000", active=active),),
    )


def acceptance(**changed: Any) -> dict[str, Any]:
    """An acceptance as JSON."""
    given: dict[str, Any] = {
        "case_number": "SP-2026-000101",
        "item_code": ITEM_CODE,
        "applicant": {"name": "示例面馆有限公司", "kind": "organisation", "code": "91990100MA00000017"},
        "received_at": "2026-03-02T09:00:00+08:00",
        "accepted_at": "2026-03-02T09:30:00+08:00",
        "materials": [{"name": "申请书.pdf", "sha256": "0" * 64}],
    }
    return given | changed


def decision(**changed: Any) -> dict[str, Any]:
    """A grant as JSON."""
    given: dict[str, Any] = {
        "case_number": "SP-2026-000101",
        "decision": {
            "result": "granted",
            "document_number": "示审批〔2026〕101号",
            "decided_at": "2026-03-06T10:00:00+08:00",
            "licence_number": "JY29900000000017",
            "valid_from": "2026-03-06",
            "valid_until": "2031-03-05",
        },
    }
    return given | changed


def later_act(**changed: Any) -> dict[str, Any]:
    """An amendment of the licence as JSON; `act` adds to or replaces fields of the act."""
    act: dict[str, Any] = {
        "stage": "amendment",
        "document_number": "示审批〔2026〕201号",
        "done_at": "2026-03-20T10:00:00+08:00",
    }
    given = {"case_number": "SP-2026-000101", "act": act | changed.pop("act", {})}
    return given | changed
