"""The authorizer: every request is vouched for, or refused and recorded, without the log being flooded (R-AUD-1)."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from services.identity import wiring
from services.identity.domain.tokens import Token, write_token
from services.identity.events import UnauthorizedError, authorizer
from shared.aws.table import Row
from shared.http.principal import principal_of
from shared.kernel.clock import utc_now
from shared.kernel.permissions import Principal, Role
from tests.support.aws import unsent_events
from tests.support.identity_builders import API, ISSUER, bootstrap_token, gateway_question

WHO = Principal(
    "cli_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E",
    frozenset({Role.LIAISON, Role.INSPECTOR}),
    "tok_1",
)

pytestmark = pytest.mark.usefixtures("table")


def a_token(*, age: timedelta = timedelta(), life: timedelta = timedelta(hours=1), issuer: str = ISSUER) -> str:
    issued = utc_now() - age
    token = Token(WHO.token_id, WHO, issuer, issued, issued + life)
    return write_token(token, wiring.keys().public(), wiring.keys().sign)


def ask(token: str | None, address: str = "192.0.2.7") -> Any:
    return authorizer(gateway_question(token, address), None)


def refused(token: str | None, address: str = "192.0.2.7") -> None:
    with pytest.raises(UnauthorizedError, match=r"^Unauthorized$"):
        ask(token, address)


def test_a_good_token_becomes_the_principal_that_services_see() -> None:
    answer = ask(a_token())
    assert principal_of({"authorizer": answer["context"]}) == WHO
    assert all(isinstance(value, str) for value in answer["context"].values())


def test_the_policy_holds_for_every_route_of_the_api_asked() -> None:
    (statement,) = ask(a_token())["policyDocument"]["Statement"]
    assert statement == {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{API}/*"}


def test_the_first_client_has_no_department() -> None:
    assert ask(bootstrap_token())["context"]["department"] == ""


def test_clocks_may_disagree_by_half_a_minute() -> None:
    assert ask(a_token(age=timedelta(hours=1, seconds=20)))
    assert ask(a_token(age=-timedelta(seconds=20)))


def _unsigned() -> str:
    header, claims, _ = a_token().split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    assert header
    return f"{none}.{claims}."


def _with_other_claims() -> str:
    header, claims, signature = a_token().split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    read["roles"] = ["system_admin"]
    changed = base64.urlsafe_b64encode(json.dumps(read).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: None, id="missing"),
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: "not.a.token", id="nonsense"),
        pytest.param(lambda: a_token(age=timedelta(hours=2)), id="expired"),
        pytest.param(lambda: a_token(age=-timedelta(minutes=5)), id="not yet"),
        pytest.param(lambda: a_token(issuer="https://elsewhere.example"), id="another issuer"),
        pytest.param(_unsigned, id="unsigned"),
        pytest.param(_with_other_claims, id="changed"),
    ],
)
def test_any_other_token_is_refused_and_recorded(make: Any, table: type[Row]) -> None:
    refused(make())
    (event,) = unsent_events(table)
    assert event.type == "request.refused.v1"
    assert event.data.actor.client_id == "anonymous"
    assert event.data.body == {
        "method": "POST", "route": "/v1/cases", "target": "", "status": 401, "code": "unauthorized",
    }  # fmt: skip
    assert event.data.correlation_id == "request-0001"


def test_a_flood_is_one_event_a_minute_for_each_address_and_fault(
    table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now().replace(second=0)
    monkeypatch.setattr("services.identity.events.utc_now", lambda: now)
    for _ in range(20):
        refused(None)
    assert len(unsent_events(table)) == 1
    refused("nonsense")
    refused(None, address="198.51.100.9")
    assert len(unsent_events(table)) == 3
    monkeypatch.setattr("services.identity.events.utc_now", lambda: now + timedelta(minutes=1))
    refused(None)
    assert len(unsent_events(table)) == 4


def test_no_address_is_kept(table: type[Row]) -> None:
    refused(None, address="198.51.100.9")
    assert "198.51.100.9" not in "".join(f"{row.attribute_values}" for row in table.scan())


def test_a_refusal_reaches_its_caller_even_when_it_cannot_be_recorded(table: type[Row]) -> None:
    table.delete_table()
    refused(None)


def test_a_good_token_needs_nothing_from_aws_once_the_key_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    token = a_token()
    ask(token)
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda *_: pytest.fail("AWS was asked"))
    assert ask(token)
