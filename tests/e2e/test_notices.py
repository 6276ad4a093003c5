"""A notice of changed law flags its item; late, it becomes findings; answered, both go (R-REG-7, R-OVS-1)."""

from typing import Any

from localstack.demo.desk import eventually
from tests.support.notice_builders import notice_body
from tests.support.small_city import EVENTS_SECONDS, JOINT, SmallCity

_MINUTE = {"amount": 1, "unit": "minute"}

SECONDS = 3 * 60 + EVENTS_SECONDS
"""A limit of a minute, the registry's look every minute, and oversight's."""


def test_a_notice_that_is_late_is_found_and_answered_closes_what_was_found(city: SmallCity) -> None:
    body = notice_body(JOINT, acknowledge_within=_MINUTE, answer_within=_MINUTE)
    notice = city.desk("liaison").post("/registry/v1/notices", body)
    url = f"/registry/v1/notices/{notice['notice_id']}"
    assert _flags(city) == [notice["notice_id"]]

    def both() -> set[str] | None:
        kinds = {each["kind"] for each in _findings(city, notice, "open")}
        return kinds if len(kinds) > 1 else None

    found = eventually(both, seconds=2 * SECONDS, what="findings of a late notice")
    assert found == {"notice_unacknowledged", "notice_unanswered"}
    late = city.desk("approver").get(url)
    assert (late["state"], sorted(late["overdue"])) == ("sent", ["acknowledgement", "answer"])

    answer = {"outcome": "no_revision_needed", "reason": "清单条件与修订后的规定一致。"}
    assert city.desk("approver").post(f"{url}/answer", answer)["state"] == "answered"
    assert _flags(city) == []
    closed = eventually(
        lambda: not _findings(city, notice, "open"), seconds=EVENTS_SECONDS, what="the findings to be closed"
    )
    assert closed
    assert len(_findings(city, notice, "closed")) == 2


def _flags(city: SmallCity) -> list[str]:
    shown = city.stack.http.get(f"{city.stack.base_url}/registry/v1/public/items/{JOINT}")
    return list(shown.json()["open_notices"])


def _findings(city: SmallCity, notice: dict[str, Any], state: str) -> list[dict[str, Any]]:
    page = city.desk("oversight").get("/oversight/v1/findings", state=state, department=notice["bureau"])
    return [each for each in page["findings"] if each["cause"] == notice["notice_id"]]
