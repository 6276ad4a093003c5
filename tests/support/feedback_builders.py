"""A noodle shop's case as handover tells of it, and what a department reports about it; all of it invented."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.cases import Applicant, Case, CaseAccepted, CaseDecided, Decision
from shared.contracts.chain import ChainHead, append
from shared.contracts.event import Actor, Body, Event
from shared.contracts.feedback import Thread
from shared.contracts.pushes import Push, PushClaimed, PushDelivered
from shared.contracts.vocabulary import (
    ApplicantKind,
    ApprovalMode,
    ClaimMode,
    DecisionResult,
    OnOverdue,
    PushState,
    Stage,
    SupervisorPart,
    TimeLimit,
)
from shared.kernel.codes import make_uscc

BUREAU = "dept_01BUREAU0000000000000000000"
MARKET = "dept_01MARKET0000000000000000000"
HEALTH = "dept_01HEALTH0000000000000000000"
STRANGER = "dept_01STRANGER00000000000000000"

CASE = "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"
SHOP = make_uscc("91990100MA000001")
ACCEPTED = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def case(**changed: Any) -> Case:
    """食品经营许可 for a noodle shop, accepted."""
    given: dict[str, Any] = {
        "case_id": CASE,
        "case_number": "SP-2026-000101",
        "bureau": BUREAU,
        "item_code": "000131001000",
        "item_id": "item_01FOOD000000000000000000000",
        "item_name": "食品经营许可",
        "item_version": 1,
        "applicant": Applicant(name="示例面馆有限公司", kind=ApplicantKind.ORGANISATION, code=SHOP),
        "approval_mode": ApprovalMode.ORDINARY,
        "accepted_at": ACCEPTED,
    }
    return Case(**given | changed)


def person() -> Applicant:
    """An applicant who is a person: the code comes masked."""
    return Applicant(name="甲某", kind=ApplicantKind.PERSON, code="990***********0019")


def decided(result: DecisionResult = DecisionResult.GRANTED, **changed: Any) -> Case:
    """The same case, decided late on 6 March in Beijing, which is still 5 March in Greenwich."""
    decision = Decision(
        result=result,
        document_number="示审批〔2026〕101号",
        decided_at=datetime(2026, 3, 5, 16, 30, tzinfo=UTC),
        valid_until=datetime(2031, 3, 5, tzinfo=UTC).date(),
    )
    return case(decision=decision, **changed)


def push(department: str = MARKET, **changed: Any) -> Push:
    """A push of that case to a department."""
    given: dict[str, Any] = {
        "push_id": "push_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
        "case_id": CASE,
        "case_number": "SP-2026-000101",
        "item_code": "000131001000",
        "item_name": "食品经营许可",
        "item_version": 1,
        "stage": Stage.ACCEPTANCE,
        "bureau": BUREAU,
        "sender": BUREAU,
        "place": "push_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
        "claim_limit": TimeLimit(amount=2),
        "department": department,
        "part": SupervisorPart.LEAD,
        "content_hash": "0" * 64,
        "state": PushState.DELIVERED,
        "delivered_at": ACCEPTED,
        "claim_mode": ClaimMode.CONFIRM,
        "claim_due_at": ACCEPTED,
        "on_overdue": OnOverdue.ESCALATE,
    }
    return Push(**given | changed)


def told(*bodies: Body, subject: str = CASE, source: str = "/shenguan/handover") -> tuple[Event, ...]:
    """Bodies as one aggregate's events."""
    actor = Actor(client_id="cli_approver_0000", department=BUREAU)
    events, _ = append(
        ChainHead(),
        bodies,
        source=source,
        subject=subject,
        actor=actor,
        correlation_id="correlation",
        now=ACCEPTED,
    )
    return events


def case_pushed_to(*departments: str) -> tuple[Event, ...]:
    """What handover tells when a case is accepted and pushed."""
    return told(CaseAccepted(case=case()), *(PushDelivered(push=push(each)) for each in departments))


def case_decided(given: Case | None = None) -> Event:
    """What handover tells when a case is decided."""
    return told(CaseDecided(case=given or decided()))[0]


def push_claimed(department: str = MARKET) -> Event:
    """What handover tells when a push is claimed."""
    return told(PushClaimed(push=push(department, state=PushState.CLAIMED)))[0]


def inspection(**changed: Any) -> dict[str, Any]:
    """A sound inspection report as JSON."""
    given: dict[str, Any] = {
        "kind": "inspection",
        "inspected_at": "2026-03-20T10:30:00+08:00",
        "result": "non_compliant",
        "handling": "timed_rectification",
        "findings": "冷藏柜温度 12℃,超过规定的 8℃。",
        "rectify_by": "2026-03-30",
    }
    return given | changed


def penalty(**changed: Any) -> dict[str, Any]:
    """A sound penalty report as JSON."""
    given: dict[str, Any] = {
        "kind": "penalty",
        "document_number": "市监处罚〔2026〕118号",
        "decided_on": "2026-04-02",
        "kinds": ["warning", "fine"],
        "facts": "逾期未整改。",
        "legal_basis": "《中华人民共和国食品安全法》第一百二十六条",
        "fine_yuan": "5000.00",
    }
    return given | changed


def thread(report: dict[str, Any] | None = None, **changed: Any) -> Thread:
    """A thread from market regulation to the bureau, with a penalty unless another report is given."""
    body = report or penalty()
    given: dict[str, Any] = {
        "thread_id": "thread_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
        "case_id": CASE,
        "case_number": "SP-2026-000101",
        "item_name": "食品经营许可",
        "applicant": case().applicant,
        "from_department": MARKET,
        "to_department": BUREAU,
        "report": body,
        "opened_at": ACCEPTED,
        "state": "open",
    }
    return Thread.model_validate(given | changed)
