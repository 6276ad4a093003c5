"""Legal holds: a case's records in the locked copy outlast their retention while it is held (R-AUD-7)."""

from dataclasses import replace
from datetime import datetime, timedelta

import boto3
import pytest

from services.audit import wiring
from services.audit.domain.copies import EntryRange, checkpoint_path
from services.audit.domain.log import Message
from services.audit.events import indexing, keeping
from services.audit.logic.holds import Keeping, carry_out
from services.audit.logic.sealing import seal
from services.audit.ports.log import Log
from shared.contracts.dockets import Docket
from shared.contracts.event import body_of
from shared.contracts.holds import HoldPlaced, HoldReleased
from shared.kernel.ids import new_id
from shared.kernel.permissions import Role
from tests.support.audit_builders import NOW, Wire, envelopes, messages
from tests.support.aws import TICK, unsent_events
from tests.support.copy_builders import tripped_at
from tests.support.crashes import Killed, kill
from tests.support.gateway import Answer, Gateway
from tests.unit.audit.conftest import LOCKED_BUCKET

CASE, OTHER = "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C", "case_01JD0M3Q5V8Z2K7T4B9N6R1X5D"
REASON = "示例市中级人民法院 (2026) 示01行初15号"
LATER = NOW + timedelta(hours=1)


def now() -> datetime:
    return NOW


def logged(log: Log, *cases: str) -> None:
    """One event of each of these cases, in one batch, indexed and copied."""
    sent: dict[str, Message] = {}
    for number, case in enumerate(cases):
        sent |= messages(envelopes(1), f"{number}-", Docket(case=case))
    seal(log, sent, NOW)
    indexing.index(TICK, None)
    keeping.keep(TICK, None)


def auditor(gateway: Gateway) -> Gateway:
    return gateway.with_principal(None, Role.AUDIT_ADMIN)


def put(gateway: Gateway, case: str = CASE, reason: str = REASON, key: str = "") -> Answer:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key or new_id("key")}
    return auditor(gateway).call("PUT", f"/v1/holds/{case}", {"reason": reason}, headers)


def release(gateway: Gateway, case: str = CASE, reason: str = "closed") -> Answer:
    return auditor(gateway).call(
        "DELETE", f"/v1/holds/{case}?reason={reason}", None, {"Idempotency-Key": new_id("key")}
    )


def held() -> set[str]:
    """The objects of the copy that are on hold."""
    s3 = boto3.client("s3")
    found = set()
    for path in (*wiring.locked().after("entries/"), *wiring.locked().after("checkpoints/")):
        if s3.head_object(Bucket=LOCKED_BUCKET, Key=path).get("ObjectLockLegalHoldStatus") == "ON":
            found.add(path)
    return found


def of_range(start: int, end: int) -> set[str]:
    return {EntryRange(start, end).path, checkpoint_path(end)}


def test_a_held_case_keeps_the_objects_that_hold_its_entries_and_those_that_come_later(
    gateway: Gateway, log: Log
) -> None:
    logged(log, CASE, OTHER)
    logged(log, OTHER)
    assert held() == set()
    placed = put(gateway)
    assert (placed.status, placed.json["held"], placed.json["reason"]) == (200, True, REASON)
    keeping.keep(TICK, None)
    assert held() == of_range(0, 2)
    logged(log, OTHER, CASE)
    assert held() == of_range(0, 2) | of_range(3, 5)
    shown = auditor(gateway).get(f"/v1/holds/{CASE}").json
    assert (shown["objects"], shown["through"]) == (4, 5)
    assert [each["case_id"] for each in auditor(gateway).get("/v1/holds").json["holds"]] == [CASE]


def test_what_is_released_is_let_go_and_stays_on_record(gateway: Gateway, log: Log) -> None:
    logged(log, CASE)
    logged(log, CASE, OTHER)
    put(gateway)
    keeping.keep(TICK, None)
    assert held() == of_range(0, 1) | of_range(1, 3)
    assert release(gateway).json["held"] is False
    keeping.keep(TICK, None)
    assert held() == set()
    assert auditor(gateway).get("/v1/holds").json == {"holds": []}
    assert auditor(gateway).get(f"/v1/holds/{CASE}").json["reason"] == "closed"
    told = [each for each in unsent_events(wiring.store().journal.table) if each.type.startswith("log.hold")]
    assert [body_of(told[0], HoldPlaced).reason, body_of(told[1], HoldReleased).reason] == [REASON, "closed"]
    assert {each.subject for each in told} == {"hold_01JD0M3Q5V8Z2K7T4B9N6R1X5C"}


def test_an_object_that_another_case_holds_stays_held(gateway: Gateway, log: Log) -> None:
    logged(log, CASE, OTHER)
    logged(log, CASE)
    put(gateway)
    put(gateway, OTHER)
    keeping.keep(TICK, None)
    release(gateway)
    keeping.keep(TICK, None)
    assert held() == of_range(0, 2)


def test_a_case_held_again_is_kept_again_from_its_beginning(gateway: Gateway, log: Log) -> None:
    logged(log, CASE)
    put(gateway)
    keeping.keep(TICK, None)
    release(gateway)
    keeping.keep(TICK, None)
    put(gateway, reason="appeal")
    keeping.keep(TICK, None)
    assert held() == of_range(0, 1)


def test_released_and_held_again_before_the_clock_came_by_it_is_never_let_go(gateway: Gateway, log: Log) -> None:
    logged(log, CASE)
    put(gateway)
    keeping.keep(TICK, None)
    release(gateway)
    put(gateway, reason="appeal")
    keeping.keep(TICK, None)
    assert held() == of_range(0, 1)


def test_the_same_request_again_changes_nothing(gateway: Gateway, log: Log) -> None:
    logged(log, CASE)
    first = put(gateway, key="key-1")
    assert put(gateway, key="key-1").text == first.text
    assert put(gateway).json["reason"] == REASON
    told = [each for each in unsent_events(wiring.store().journal.table) if each.type == HoldPlaced.TYPE]
    assert len(told) == 1


def test_another_reason_is_another_entry_on_record(gateway: Gateway, log: Log) -> None:
    logged(log, CASE)
    put(gateway)
    put(gateway, reason="a second order")
    assert auditor(gateway).get(f"/v1/holds/{CASE}").json["reason"] == "a second order"
    told = [each for each in unsent_events(wiring.store().journal.table) if each.type == HoldPlaced.TYPE]
    assert [each.sequence for each in told] == [1, 2]


@pytest.mark.parametrize("case", ["case_01JD0M3Q5V8Z2K7T4B9N6R1X5E", "push_01JD0M3Q5V8Z2K7T4B9N6R1X5C", "x"])
def test_what_the_log_does_not_know_cannot_be_held(gateway: Gateway, log: Log, case: str) -> None:
    logged(log, CASE)
    assert put(gateway, case).json["code"] == "not_found"
    assert auditor(gateway).get(f"/v1/holds/{case}").json["code"] == "not_found"


@pytest.mark.usefixtures("log")
def test_what_is_not_held_cannot_be_released(gateway: Gateway) -> None:
    assert release(gateway).json["code"] == "not_found"


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.APPROVER, Role.OVERSIGHT, Role.LIAISON])
def test_holds_are_for_audit_administrators(gateway: Gateway, role: Role) -> None:
    """R-AUD-7: who runs the system does not decide what is kept."""
    assert gateway.with_principal("dept_market_regulation", role).get("/v1/holds").status == 403


@pytest.mark.usefixtures("log")
def test_a_release_says_why(gateway: Gateway) -> None:
    answer = auditor(gateway).call("DELETE", f"/v1/holds/{CASE}", None, {"Idempotency-Key": "key"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "query:reason")


def tripped(wire: Wire) -> Keeping:
    whole = wiring.keeping()
    return replace(
        whole,
        holds=tripped_at(whole.holds, wire),
        locked=tripped_at(whole.locked, wire),
        positions=tripped_at(whole.positions, wire),
    )


@pytest.mark.parametrize("at", range(0, 40, 5))
def test_killed_at_any_moment_all_is_held_and_later_let_go(gateway: Gateway, log: Log, at: int) -> None:
    logged(log, CASE)
    logged(log, CASE, OTHER)
    put(gateway)
    for wanted in (of_range(0, 1) | of_range(1, 3), set[str]()):
        try:
            carry_out(tripped(Wire(at, kill)), now, LATER)
        except Killed:
            carry_out(wiring.keeping(), now, LATER)
        assert held() == wanted
        release(gateway)


@pytest.mark.parametrize("at", range(0, 24, 2))
def test_whenever_one_lets_go_and_another_holds_the_object_is_kept(gateway: Gateway, log: Log, at: int) -> None:
    """The other case is placed and carried out from beginning to end at one moment of the first one's release."""
    logged(log, CASE, OTHER)
    put(gateway)
    keeping.keep(TICK, None)
    release(gateway)

    def other() -> None:
        put(gateway, OTHER)
        carry_out(wiring.keeping(), now, LATER)

    wire = Wire(at, other)
    carry_out(tripped(wire), now, LATER)
    assert held() == (of_range(0, 2) if wire.tripped else set())


def test_when_the_time_is_up_the_next_run_goes_on(gateway: Gateway, log: Log) -> None:
    logged(log, CASE)
    logged(log, CASE)
    put(gateway)
    times = iter([NOW, NOW, LATER])
    assert carry_out(wiring.keeping(), lambda: next(times), LATER) == 2
    assert carry_out(wiring.keeping(), now, LATER) == 2
    assert held() == of_range(0, 1) | of_range(1, 2)
