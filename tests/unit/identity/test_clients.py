"""Registering clients: a secret shown once, stored never, and roles that keep apart (R-AUD-7)."""

from typing import Any

import pytest

from shared.aws.table import Row
from shared.kernel.permissions import Role
from tests.support.aws import unsent_events
from tests.support.gateway import Answer
from tests.support.identity_builders import ask_token, gateway

DEPARTMENT = "dept_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E"
ADMIN = gateway().with_principal(None, Role.SYSTEM_ADMIN)

pytestmark = pytest.mark.usefixtures("table")


def register(key: str | None = None, **changed: Any) -> Answer:
    body = {"name": "办件系统", "department": DEPARTMENT, "roles": ["approver", "registrar"]} | changed
    return ADMIN.post("/v1/clients", body, key=key)


def every_text(table: type[Row]) -> str:
    return "".join(f"{row.attribute_values}" for row in table.scan())


def test_a_registered_client_can_get_a_token_with_the_secret_it_was_shown() -> None:
    made = register()
    assert made.status == 201
    answer = ask_token(made.json["client"]["client_id"], made.json["client_secret"])
    assert answer.status == 200


def test_a_client_is_shown_without_its_secret() -> None:
    made = register().json
    shown = ADMIN.get(f"/v1/clients/{made['client']['client_id']}")
    assert (shown.status, shown.json) == (200, made["client"])
    assert shown.json["roles"] == ["approver", "registrar"]


def test_the_registration_is_an_event_and_the_secret_is_in_no_row(table: type[Row]) -> None:
    """R-AUD-1: who was registered is told; the secret is stored nowhere, not even with the first answer."""
    made = register().json
    (event,) = unsent_events(table)
    assert event.type == "client.registered.v1"
    assert event.data.body["client"] == made["client"]
    assert made["client_secret"] not in every_text(table)
    assert len(made["client_secret"]) == 43


def test_a_repeated_registration_is_the_same_client_and_secret(table: type[Row]) -> None:
    first, again = register(key="k1"), register(key="k1")
    assert (again.status, again.json) == (201, first.json)
    assert len(unsent_events(table)) == 1


def test_the_same_key_for_another_client_is_refused() -> None:
    register(key="k1")
    answer = register(key="k1", name="另一系统")
    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")


def test_two_clients_have_two_secrets() -> None:
    assert register().json["client_secret"] != register().json["client_secret"]


@pytest.mark.parametrize("alone", ["system_admin", "audit_admin"])
def test_who_administers_or_audits_does_nothing_else(alone: str, table: type[Row]) -> None:
    """R-AUD-7."""
    answer = register(roles=[alone, "approver"])
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "roles_conflict")
    assert [event.type for event in unsent_events(table)] == ["request.refused.v1"]
    assert register(roles=[alone], department=None).status == 201


def test_every_bad_field_of_a_registration_is_named_at_once() -> None:
    answer = register(name="", department="nowhere", roles=["approver", "king"], colour="red")
    assert sorted(fault["pointer"] for fault in answer.json["errors"]) == [
        "/colour",
        "/department",
        "/name",
        "/roles/1",
    ]


def test_only_a_system_administrator_registers_clients() -> None:
    answer = gateway().with_principal(DEPARTMENT, Role.REGISTRAR).post("/v1/clients", {})
    assert (answer.status, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("unknown", ["cli_01J9ZQ3V6W7X8Y9Z0A1B2C3D4E", "once", "cli_bootstrap"])
def test_an_unknown_client_is_not_found(unknown: str) -> None:
    answer = ADMIN.get(f"/v1/clients/{unknown}")
    assert (answer.status, answer.json["code"]) == (404, "not_found")
