"""Cases with as much in them as is legal: whatever comes to them at once is never more than one write can hold."""

import pytest

from services.handover import wiring
from services.handover.domain.reviews import MOST_OPEN
from shared.contracts.items import MOST_SUPERVISORS, ClaimRule
from shared.contracts.vocabulary import OnOverdue, PushState, SupervisorPart, TimeLimit
from shared.kernel.clock import from_text, to_text, utc_now
from tests.support.announcements import SLOW, announce, recompute
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import acceptance, decision, department, item, later_act, supervisor
from tests.support.push_desk import PushDesk, know_department, know_item, lapse_at

EVERYBODY = tuple(f"dept_01OFMANY{number:018d}" for number in range(MOST_SUPERVISORS))

TWO_DAYS = TimeLimit(amount=2)


@pytest.fixture
def desk(gateway: Gateway) -> PushDesk:
    for each in EVERYBODY:
        know_department(department(each))
    return PushDesk(gateway)


def item_of_all(on_overdue: OnOverdue, limit: TimeLimit = TWO_DAYS) -> None:
    supervisors = tuple(
        supervisor(each, SupervisorPart.ASSISTING if number else SupervisorPart.LEAD)
        for number, each in enumerate(EVERYBODY)
    )
    rule = ClaimRule(limit=limit, on_overdue=on_overdue)
    know_item(item(supervisors=supervisors, claim=rule))


@pytest.mark.usefixtures("table")
def test_all_limits_of_a_case_are_set_anew_though_one_calendar_settles_them(
    desk: PushDesk, settling_year: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-14: as many supervisors as may be, at three acts, and as many opinions asked for as may be open."""
    item_of_all(OnOverdue.ESCALATE, SLOW)
    bureau = desk.bureau()
    answer = bureau.post("/v1/acceptances", acceptance(accepted_at=to_text(utc_now())))
    assert answer.status == 201, answer.text
    asked = {"kind": "hearing", "departments": EVERYBODY, "text": "联合听证", "limit": SLOW.model_dump()}
    for _ in range(MOST_OPEN):
        assert bureau.post(f"/v1/cases/{answer.json['case_id']}/reviews", asked).status == 201
    announce(monkeypatch, settling_year)
    for _ in range(MOST_OPEN):
        assert recompute() == 1
    stored = wiring.cases().case(answer.json["case_id"])
    assert stored
    assert not any(push.claim_due_provisional for push in stored.state.pushes)
    assert not any(review.provisional for review in stored.state.reviews)
    assert list(wiring.calendar().due(utc_now())) == []


def _amended(bureau: Gateway, number: int) -> Answer:
    return bureau.post("/v1/later-acts", later_act(act={"document_number": f"示审批〔2026〕{number}号"}))


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("on_overdue", OnOverdue)
def test_all_pushes_of_a_case_lapse_though_they_do_so_at_one_midnight(desk: PushDesk, on_overdue: OnOverdue) -> None:
    """R-HND-4, R-HND-5: accepted, decided and twice amended on one day, with as many supervisors as may be."""
    item_of_all(on_overdue)
    bureau = desk.bureau()
    assert bureau.post("/v1/acceptances", acceptance()).status == 201
    answer = bureau.post("/v1/decisions", decision())
    assert answer.status == 201
    for number in range(2):
        assert _amended(bureau, number).status == 201
    case_id = answer.json["case_id"]
    due = from_text(answer.json["pushes"][0]["claim_due_at"])
    for _ in range(12):
        lapse_at(due)
    stored = wiring.cases().case(case_id)
    assert stored
    lapsed = PushState.CLAIMED if on_overdue is OnOverdue.DEEMED_CLAIMED else PushState.OVERDUE_UNCLAIMED
    assert {push.state for push in stored.state.pushes} == {lapsed}
    assert not list(wiring.deadlines().due(due))
