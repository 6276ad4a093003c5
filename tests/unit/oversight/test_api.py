"""Who sees which findings over HTTP, page by page (R-OVS-1)."""

from datetime import timedelta

import pytest

from services.oversight.app import app
from services.oversight.store import OversightStore
from shared.aws.table import Row
from shared.kernel.permissions import Role
from tests.support.aws import unsent_events
from tests.support.gateway import Gateway
from tests.support.oversight_builders import as_claimed, as_delivered
from tests.support.push_builders import HEALTH, MARKET, NOON, a_push
from tests.unit.oversight.test_findings import hear, look

DEPARTMENTS = [MARKET, HEALTH] * 6


@pytest.fixture
def gateway(table: type[Row]) -> Gateway:  # noqa: ARG001
    return Gateway(app)


@pytest.fixture
def findings(store: OversightStore) -> list[str]:
    """Twelve open findings, one a minute, of two departments by turns; the causes, newest first."""
    pushes = [
        a_push(department=department, claim_due_at=NOON + timedelta(minutes=number))
        for number, department in enumerate(DEPARTMENTS)
    ]
    for push in pushes:
        hear(as_delivered(push))
        look(store, push.claim_due_at)
    return [push.push_id for push in reversed(pushes)]


def _pages(gateway: Gateway, url: str) -> list[str]:
    causes: list[str] = []
    cursor = ""
    while True:
        page = gateway.get(f"{url}{cursor}").json
        causes += [each["cause"] for each in page["findings"]]
        if page["next"] is None:
            return causes
        cursor = f"&cursor={page['next']}"


@pytest.mark.parametrize("limit", [1, 5, 12, 200])
def test_oversight_pages_through_the_city_newest_first_without_gap_or_repetition(
    gateway: Gateway, findings: list[str], limit: int
) -> None:
    oversight = gateway.with_principal(None, Role.OVERSIGHT)
    assert _pages(oversight, f"/v1/findings?state=open&limit={limit}") == findings


def test_a_liaison_sees_the_own_department_without_naming_it(gateway: Gateway, findings: list[str]) -> None:
    liaison = gateway.with_principal(HEALTH, Role.LIAISON)
    assert _pages(liaison, "/v1/findings?limit=4") == findings[::2]


def test_a_closed_finding_leaves_the_open_list_and_stays_readable(
    gateway: Gateway, store: OversightStore, findings: list[str]
) -> None:
    watch = store.watch(findings[0])
    assert watch is not None
    assert watch.push is not None
    hear(as_claimed(watch.push, NOON + timedelta(hours=1)))
    oversight = gateway.with_principal(None, Role.OVERSIGHT)
    assert _pages(oversight, "/v1/findings?state=open") == findings[1:]
    assert _pages(oversight, "/v1/findings?state=closed") == findings[:1]
    assert _pages(oversight, "/v1/findings?limit=7") == findings


def test_one_finding_is_read_by_its_id(gateway: Gateway, findings: list[str]) -> None:
    oversight = gateway.with_principal(None, Role.OVERSIGHT)
    newest = oversight.get("/v1/findings?limit=1").json["findings"][0]
    answer = oversight.get(f"/v1/findings/{newest['finding_id']}")
    assert (answer.status, answer.json) == (200, newest)
    assert newest["cause"] == findings[0]


@pytest.mark.usefixtures("findings")
def test_another_departments_liaison_is_refused_and_the_refusal_recorded(gateway: Gateway, table: type[Row]) -> None:
    """R-AUD-1."""
    finding = gateway.with_principal(None, Role.OVERSIGHT).get(f"/v1/findings?department={HEALTH}").json["findings"][0]
    liaison = gateway.with_principal(MARKET, Role.LIAISON)
    for url in (f"/v1/findings?department={HEALTH}", f"/v1/findings/{finding['finding_id']}"):
        answer = liaison.get(url)
        assert (answer.status, answer.json["code"]) == (403, "not_your_department")
    assert [event.type for event in unsent_events(table)].count("request.refused.v1") == 2


def test_an_approver_may_not_read_findings(gateway: Gateway) -> None:
    assert gateway.with_principal(MARKET, Role.APPROVER).get("/v1/findings").json["code"] == "forbidden"


def test_an_unknown_finding_is_not_found(gateway: Gateway) -> None:
    answer = gateway.with_principal(None, Role.OVERSIGHT).get("/v1/findings/find_0000000000")
    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_every_bad_parameter_is_named_at_once(gateway: Gateway) -> None:
    answer = gateway.with_principal(None, Role.OVERSIGHT).get("/v1/findings?state=lost&limit=0&department=x&more=1")
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
    assert {fault["pointer"] for fault in answer.json["errors"]} == {
        "query:state",
        "query:limit",
        "query:department",
        "query:more",
    }


@pytest.mark.usefixtures("findings")
def test_a_cursor_of_one_list_does_not_open_another(gateway: Gateway) -> None:
    oversight = gateway.with_principal(None, Role.OVERSIGHT)
    cursor = oversight.get("/v1/findings?limit=1").json["next"]
    other = oversight.get(f"/v1/findings?department={HEALTH}&cursor={cursor}")
    assert (other.status, other.json["code"]) == (400, "cursor_invalid")
