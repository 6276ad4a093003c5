"""Who sees which deliveries over HTTP, page by page (R-NTF-3)."""

from datetime import timedelta

import pytest

from services.notification.app import app
from services.notification.store import NotificationStore
from shared.aws.table import Row
from shared.kernel.permissions import Role
from tests.support.aws import unsent_events
from tests.support.gateway import Gateway
from tests.support.push_builders import HEALTH, MARKET, NOON, a_department, a_liaison, a_push
from tests.unit.notification.conftest import Carrier
from tests.unit.notification.test_deliveries import changed, delivered, hear

URL = f"/v1/deliveries?department={MARKET}"


@pytest.fixture
def gateway(table: type[Row]) -> Gateway:  # noqa: ARG001
    return Gateway(app)


@pytest.fixture
def three_sent(table: type[Row], carrier: Carrier) -> None:  # noqa: ARG001
    hear(changed(a_department(a_liaison())))
    for minutes in range(3):
        hear(delivered(a_push(case_number=f"SP-{minutes}")), NOON + timedelta(minutes=minutes))


@pytest.mark.usefixtures("three_sent")
def test_a_liaison_reads_the_own_department_newest_first_page_by_page(gateway: Gateway) -> None:
    liaison = gateway.with_principal(MARKET, Role.LIAISON)
    first = liaison.get(f"{URL}&limit=2").json
    second = liaison.get(f"{URL}&limit=2&cursor={first['next']}").json
    texts = [each["text"] for page in (first, second) for each in page["deliveries"]]
    assert [text.index("尾号") > 0 and text.split("尾号")[1][:4] for text in texts] == ["SP-2", "SP-1", "SP-0"]
    assert second["next"] is None


@pytest.mark.usefixtures("three_sent")
def test_no_answer_shows_a_whole_number(gateway: Gateway) -> None:
    answer = gateway.with_principal(None, Role.OVERSIGHT).get(URL)
    assert answer.status == 200
    assert "139****0001" in answer.text
    assert "13900000001" not in answer.text


def test_another_departments_liaison_is_refused_and_the_refusal_recorded(gateway: Gateway, table: type[Row]) -> None:
    """R-AUD-1."""
    answer = gateway.with_principal(HEALTH, Role.LIAISON).get(URL)
    assert (answer.status, answer.json["code"]) == (403, "not_your_department")
    assert [event.type for event in unsent_events(table)] == ["request.refused.v1"]


def test_an_approver_may_not_read_deliveries(gateway: Gateway) -> None:
    assert gateway.with_principal(MARKET, Role.APPROVER).get(URL).json["code"] == "forbidden"


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("", {"query:department"}),
        ("?department=nonsense", {"query:department"}),
        (f"?department={MARKET}&limit=0", {"query:limit"}),
        (f"?department={MARKET}&limit=ten&state=lost&extra=1", {"query:limit", "query:state", "query:extra"}),
    ],
)
def test_every_bad_parameter_is_named_at_once(gateway: Gateway, query: str, pointers: set[str]) -> None:
    answer = gateway.with_principal(None, Role.OVERSIGHT).get(f"/v1/deliveries{query}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_fields")
    assert {fault["pointer"] for fault in answer.json["errors"]} == pointers


@pytest.mark.usefixtures("three_sent")
def test_a_cursor_of_one_list_does_not_open_another(gateway: Gateway) -> None:
    oversight = gateway.with_principal(None, Role.OVERSIGHT)
    cursor = oversight.get(f"{URL}&limit=1").json["next"]
    other = oversight.get(f"/v1/deliveries?department={HEALTH}&cursor={cursor}")
    assert (other.status, other.json["code"]) == (400, "cursor_invalid")


def test_the_human_queue_of_a_department_is_its_own_list(gateway: Gateway, store: NotificationStore) -> None:  # noqa: ARG001
    answer = gateway.with_principal(None, Role.SYSTEM_ADMIN).get(f"{URL}&state=abandoned")
    assert (answer.status, answer.json) == (200, {"deliveries": [], "next": None})
