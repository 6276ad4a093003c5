"""The invented city that the measured job happens in: one bureau, one supervisor, one item."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.departments import Department, DepartmentChanged, Liaison
from shared.contracts.event import GENESIS, Actor, Body, Event, make_event
from shared.contracts.items import ClaimRule, Item, ItemPublished, Supervisor
from shared.contracts.vocabulary import ApprovalMode, DepartmentKind, Level, PushStage, SupervisorPart, TimeLimit
from shared.kernel.codes import make_uscc
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role

BUREAU = "dept_01BUREAU0000000000000000000"
MARKET = "dept_01MARKET0000000000000000000"
ITEM_CODE = "000131001000"

_SINCE = datetime(2026, 1, 5, tzinfo=UTC)
_DIVISION = "990100"

APPROVER = Principal("cli_approver_0000", BUREAU, frozenset({Role.APPROVER}), "tok_0")
LIAISON = Principal("cli_liaison_0000", MARKET, frozenset({Role.LIAISON}), "tok_0")
OVERSIGHT = Principal("cli_oversight_0000", None, frozenset({Role.OVERSIGHT}), "tok_0")


def settled() -> tuple[Event, Event]:
    """What the registry tells of the supervisor and the item."""
    return told(DepartmentChanged(department=_market())), told(ItemPublished(item=_item()))


def told(body: Body) -> Event:
    """An event of another service's aggregate."""
    return make_event(
        body,
        source="/shenguan/registry",
        subject=new_id("item"),
        sequence=1,
        previous=GENESIS,
        actor=Actor(client_id="cli_registrar_0000"),
        correlation_id="bench-0000",
        time=_SINCE,
    )


def shop(number: int) -> dict[str, Any]:
    """An applicant; each number is another organisation."""
    return {"name": f"示例面馆{number}", "kind": "organisation", "code": make_uscc(f"91990100MA{number:06d}")}


def _market() -> Department:
    return Department(
        department_id=MARKET,
        version=1,
        name="示例市市场监督管理局",
        kind=DepartmentKind.SUPERVISION,
        level=Level.CITY,
        division_code=_DIVISION,
        leader="甲某",
        coordinating_section="审管联动科",
        liaisons=(Liaison(name="乙某", phone="13800000000", active=True),),
    )


def _item() -> Item:
    supervisor = Supervisor(
        department=MARKET,
        part=SupervisorPart.LEAD,
        supervision_item="食品经营监督检查",
        section="食品科",
        person="丙某",
        contact="0990-5550102",
    )
    return Item(
        item_id="item_01FOOD000000000000000000000",
        version=1,
        code=ITEM_CODE,
        name="食品经营许可",
        item_type="01",
        level=Level.CITY,
        division_code=_DIVISION,
        legal_basis="《中华人民共和国食品安全法》第三十五条",
        approval_department=BUREAU,
        approval_section="市场准入科",
        approval_person="丁某",
        approval_contact="0990-5550103",
        approval_mode=ApprovalMode.ORDINARY,
        statutory_limit=TimeLimit(amount=20),
        committed_limit=TimeLimit(amount=5),
        push_stages=(PushStage.ACCEPTANCE, PushStage.DECISION),
        claim=ClaimRule(),
        supervisors=(supervisor,),
        effective_from=_SINCE,
    )
