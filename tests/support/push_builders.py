"""Pushes, departments and the events that tell of them, with values a test may change one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.departments import Department, Liaison
from shared.contracts.event import GENESIS, Actor, Body, Event, make_event
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import (
    ClaimMode,
    DepartmentKind,
    Level,
    OnOverdue,
    PushState,
    Stage,
    SupervisorPart,
    TimeLimit,
)
from shared.kernel.ids import new_id, push_id

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Monday 2 March 2026, 12:00 in Beijing."""

MARKET = "dept_01KMARKETREGULATION000000"
HEALTH = "dept_01KHEALTHCOMMISSION000000"


def a_liaison(name: str = "联络员甲", phone: str = "13900000001", *, active: bool = True) -> Liaison:
    return Liaison(name=name, phone=phone, active=active)


def a_department(*liaisons: Liaison, department_id: str = MARKET, version: int = 1) -> Department:
    return Department(
        department_id=department_id,
        version=version,
        name="市场监督管理局",
        kind=DepartmentKind.SUPERVISION,
        level=Level.CITY,
        division_code="999900",
        leader="分管领导",
        coordinating_section="信用监管科",
        liaisons=liaisons or (a_liaison(),),
    )


def a_push(**changes: Any) -> Push:
    """A push delivered at NOON, to be claimed within a day."""
    case_id = new_id("case")
    given: dict[str, Any] = {
        "push_id": push_id(case_id, 1),
        "case_id": case_id,
        "case_number": "SP-2026-000123",
        "item_code": "000131001000",
        "item_name": "食品经营许可",
        "item_version": 1,
        "stage": Stage.ACCEPTANCE,
        "bureau": "dept_01KAPPROVALBUREAU0000000",
        "sender": "dept_01KAPPROVALBUREAU0000000",
        "place": push_id(case_id, 1),
        "claim_limit": TimeLimit(amount=1),
        "department": MARKET,
        "part": SupervisorPart.LEAD,
        "content_hash": "0" * 64,
        "state": PushState.DELIVERED,
        "delivered_at": NOON,
        "claim_mode": ClaimMode.CONFIRM,
        "claim_due_at": NOON + timedelta(days=1),
        "on_overdue": OnOverdue.ESCALATE,
    }
    return Push.model_validate(given | changes)


def told(body: Body, *, subject: str = "", sequence: int = 1, time: datetime = NOON) -> Event:
    """The event in which another service tells it."""
    return make_event(
        body,
        source="/shenguan/elsewhere",
        subject=subject or new_id("case"),
        sequence=sequence,
        previous=GENESIS,
        actor=Actor(client_id="cli_0123456789"),
        correlation_id="correlation-1",
        time=time,
    )
