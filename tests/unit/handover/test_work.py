"""Work in the background has a clock of its own: limits of cases never wait for it (R-HND-14, R-HND-16, R-HND-17)."""

import pytest

from services.handover import wiring
from services.handover.events import ELAPSES, JOBS
from services.handover.logic.exports import EXPORT
from shared.aws.due import Owed
from shared.kernel.clock import utc_now
from shared.kernel.permissions import Role
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU


@pytest.mark.usefixtures("table")
def test_what_is_exported_holds_up_no_limit(gateway: Gateway) -> None:
    """An export may write for minutes, and anybody may ask for many: the clock of cases sees none of them."""
    answer = gateway.with_principal(BUREAU, Role.APPROVER).post("/v1/exports", {"format": "csv"})
    assert answer.status == 202, answer.text
    assert list(wiring.deadlines().due(utc_now())) == []
    assert list(wiring.work().due(utc_now())) == [Owed(EXPORT, answer.json["export_id"])]


def test_each_kind_is_due_by_one_clock() -> None:
    assert not ELAPSES.keys() & JOBS.keys()


@pytest.mark.usefixtures("table")
def test_what_is_no_case_is_not_found_as_one(gateway: Gateway) -> None:
    """An export has a head of its own under its id; nobody is told of a failure inside for asking."""
    bureau = gateway.with_principal(BUREAU, Role.APPROVER)
    export_id = bureau.post("/v1/exports", {"format": "csv"}).json["export_id"]
    assert bureau.get(f"/v1/cases/{export_id}").status == 404
