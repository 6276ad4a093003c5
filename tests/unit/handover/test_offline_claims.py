"""A claim made by letter, in the department's own system or at the joint conference (线下认领, R-HND-12)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.pushes import Move
from services.handover.logic.pushes import claim_offline
from services.handover.schemas.pushes import OfflineClaimRequest
from shared.aws.table import Row
from shared.contracts.cases import OfflineRecord
from shared.contracts.departments import DepartmentState
from shared.contracts.items import ClaimRule
from shared.contracts.vocabulary import OfflineChannel, PushState, TimeLimit
from shared.kernel.calendar import beijing_date
from shared.kernel.clock import from_text
from shared.kernel.errors import Refused
from shared.kernel.permissions import Role
from tests.support.file_builders import material_body, upload
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, department
from tests.support.push_desk import PROVINCE, SCAN, Push, PushDesk, a_city, context_of, know_department, lapse_at

A_DAY = timedelta(days=1)


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def delivery_day(push: Push) -> date:
    return beijing_date(from_text(push["delivered_at"]))


def letter(push: Push, **changed: Any) -> dict[str, Any]:
    given = {
        "channel": "letter",
        "document_number": "示市监函〔2026〕12号",
        "dated": delivery_day(push).isoformat(),
        "scan": SCAN,
    }
    return given | changed


def recorded(desk: PushDesk, push: Push, by: Gateway | None = None, **changed: Any) -> Answer:
    url = f"/v1/pushes/{push['push_id']}/offline-claim"
    return (by or desk.liaison()).post(url, {"offline": letter(push, **changed)})


@pytest.mark.parametrize("channel", OfflineChannel)
def test_it_is_a_claim_like_any_other_and_keeps_its_document(channel: OfflineChannel, desk: PushDesk) -> None:
    """R-HND-12, R-HND-6."""
    push = desk.accept()
    answer = recorded(desk, push, channel=channel)
    assert (answer.status, answer.json["state"]) == (200, "claimed")
    after = desk.now(push)
    assert after["claim_offline"] == letter(push, channel=channel) | {"material_id": None}
    assert after["claim_rule"] == "R-HND-12 offline"
    assert answer.json["receipt"]["body"]["rule"] == "R-HND-12 offline"
    assert desk.event_types(push)[-1] == "push.claimed.v1"
    assert desk.move(push, Move.CLAIM).json["code"] == "already_claimed"


def test_the_bureau_records_the_letter_it_received_and_is_named_as_who_recorded_it(desk: PushDesk) -> None:
    """R-HND-12."""
    push = desk.accept()
    answer = recorded(desk, push, by=desk.bureau())
    assert answer.status == 200
    assert answer.json["claimed_by"] == answer.json["receipt"]["body"]["claimant"] == "cli_approver_registrar_0000"


@pytest.mark.parametrize(
    ("someone", "role"),
    [(HEALTH, Role.LIAISON), (HEALTH, Role.APPROVER), (BUREAU, Role.LIAISON), (MARKET, Role.APPROVER)],
)
def test_nobody_else_records_it(someone: str, role: Role, desk: PushDesk) -> None:
    """R-HND-12."""
    refused = recorded(desk, desk.accept(), by=desk.gateway.with_principal(someone, role))
    assert (refused.status, refused.json["code"]) == (403, "not_your_department")


def test_the_bureau_records_it_for_a_relayed_push_as_well(desk: PushDesk) -> None:
    """R-HND-9, R-HND-12."""
    successor = desk.move(desk.accept(), Move.RELAY).json["successor"]
    assert successor["department"] == PROVINCE
    assert recorded(desk, successor, by=desk.bureau()).json["state"] == "claimed"


def test_the_successor_of_a_merged_department_records_it(desk: PushDesk) -> None:
    """R-ORG-1, R-HND-12."""
    push = desk.accept()
    merged = {"state": DepartmentState.MERGED, "successor": HEALTH}
    know_department(department(MARKET, version=2).model_copy(update=merged))
    assert recorded(desk, push, by=desk.liaison(HEALTH)).json["state"] == "claimed"


@pytest.mark.parametrize(("days", "code"), [(-1, "before_delivery"), (1, "in_future")])
def test_its_document_is_not_older_than_the_push_nor_of_tomorrow(days: int, code: str, desk: PushDesk) -> None:
    """R-HND-12."""
    push = desk.accept()
    refused = recorded(desk, push, dated=(delivery_day(push) + days * A_DAY).isoformat())
    assert refused.status == 400
    assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [("/offline/dated", code)]
    assert desk.now(push) == push


@pytest.mark.parametrize(
    ("dated_on_day", "state"),
    [(0, PushState.CLAIMED), (1, PushState.CLAIMED), (2, PushState.CLAIMED_LATE)],
)
def test_whether_it_was_late_is_judged_by_the_day_of_its_document(
    dated_on_day: int, state: PushState, gateway: Gateway
) -> None:
    """R-HND-12: recorded a week later, a letter of the last day of the limit is in time."""
    desk = a_city(gateway, claim=ClaimRule(limit=TimeLimit(amount=1)))
    push = desk.accept()
    due = from_text(push["claim_due_at"])
    lapse_at(due)
    assert desk.now(push)["state"] == "overdue_unclaimed"
    last_day = beijing_date(due) - A_DAY
    dated = (delivery_day(push), last_day, last_day + A_DAY)[dated_on_day]
    assert claimed_a_week_later(push, dated, due) is state


def test_on_the_last_day_of_a_limit_in_hours_a_document_is_in_time(desk: PushDesk) -> None:
    """R-HND-12: a document tells its day and no hour."""
    push = desk.accept()
    due = from_text(push["claim_due_at"])
    lapse_at(due)
    assert claimed_a_week_later(push, beijing_date(due), due) is PushState.CLAIMED


def claimed_a_week_later(push: Push, dated: date, due: datetime) -> PushState:
    document = OfflineRecord.model_validate(letter(push, dated=dated))
    context = context_of(MARKET, due + 7 * A_DAY, Role.LIAISON)
    request = OfflineClaimRequest(offline=document)
    return claim_offline(wiring.office(), context, push["push_id"], request).state


def test_a_scan_that_was_uploaded_is_what_it_says(desk: PushDesk) -> None:
    """R-HND-12, R-HND-1."""
    push = desk.accept()
    declared = desk.liaison().post("/v1/materials", material_body()).json
    named = {"material_id": declared["material_id"], "scan": declared["sha256"]}
    refused = recorded(desk, push, **named)
    assert refused.json["errors"][0]["code"] == "material_not_stored"
    upload(declared["upload"])
    desk.liaison().post(f"/v1/materials/{declared['material_id']}/complete", None)
    refused = recorded(desk, push, **named | {"scan": SCAN})
    assert (refused.json["errors"][0]["pointer"], refused.json["errors"][0]["code"]) == (
        "/offline/scan",
        "material_differs",
    )
    assert recorded(desk, push, **named).json["claim_offline"]["material_id"] == declared["material_id"]


def test_taken_back_it_stays_on_record_with_its_document(desk: PushDesk) -> None:
    """R-HND-4, R-HND-12."""
    push = desk.accept()
    recorded(desk, push)
    after = desk.done(push, Move.WITHDRAW_CLAIM)
    assert after["claim_offline"] is None
    assert after["claim_withdrawals"][0]["claim_offline"]["document_number"] == "示市监函〔2026〕12号"


def test_a_document_does_not_say_twice_what_was_said(desk: PushDesk) -> None:
    """R-HND-6."""
    push = desk.in_state(PushState.CLAIMED)
    assert recorded(desk, push).json["code"] == "already_claimed"
    with pytest.raises(Refused):
        claimed_a_week_later(push, delivery_day(push), from_text(push["claim_due_at"]))
