"""A push nobody claims within its limit becomes a finding by itself, once."""

from typing import Any

import httpx
import pytest

from localstack.demo.desk import eventually
from tests.support.small_city import EVENTS_SECONDS, UNCLAIMED, SmallCity

pytestmark = pytest.mark.stack

Json = dict[str, Any]

SECONDS = 2 * 60 + EVENTS_SECONDS
"""A limit of one minute, and jobs that look every minute."""


@pytest.fixture(scope="module")
def finding(city: SmallCity, unclaimed: str) -> Json:
    desk = city.desk("oversight")

    def found() -> list[Json]:
        return [each for each in desk.pages("/oversight/v1/findings", "findings") if each["cause"] == unclaimed]

    findings = eventually(found, seconds=SECONDS, what="the finding")
    assert len(findings) == 1
    return findings[0]


def test_oversight_finds_the_push_that_nobody_claimed(city: SmallCity, finding: Json) -> None:
    """R-OVS-1, R-OVS-2."""
    assert (finding["department"], finding["case_number"]) == (city.departments["market"], UNCLAIMED)
    assert finding["state"] == "open"
    assert finding["opened_at"] >= finding["due_at"]


def test_the_push_itself_is_visibly_overdue(city: SmallCity, unclaimed: str) -> None:
    """R-HND-5: silence is no claim where the item says so."""

    def overdue() -> Json | None:
        push = city.desk("liaison").get(f"/handover/v1/pushes/{unclaimed}")["push"]
        return dict(push) if push["state"] == "overdue_unclaimed" else None

    assert eventually(overdue, seconds=SECONDS, what="the overdue push")["claimed_at"] is None


def test_a_finding_is_not_shown_to_departments_it_does_not_concern(city: SmallCity, finding: Json) -> None:
    desk = city.desk("stranger")
    shown = {"Authorization": f"Bearer {desk.token}"}
    refused = desk.http.get(f"{desk.base_url}/oversight/v1/findings/{finding['finding_id']}", headers=shown)

    assert (refused.status_code, refused.json()["code"]) == (httpx.codes.FORBIDDEN, "not_your_department")


def test_a_late_claim_closes_the_finding(city: SmallCity, unclaimed: str, finding: Json) -> None:
    """R-OVS-2."""
    claimed = city.desk("liaison").post(f"/handover/v1/pushes/{unclaimed}/claim", None)
    path = f"/oversight/v1/findings/{finding['finding_id']}"

    def closed() -> bool:
        return bool(city.desk("oversight").get(path)["state"] == "closed")

    assert claimed["state"] == "claimed_late"
    assert eventually(closed, seconds=SECONDS, what="the finding's end")
