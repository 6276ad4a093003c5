"""The largest changes of a case fit into one transaction (R-REG-1: twelve supervisors; DynamoDB: a hundred writes)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.store import waits
from shared.aws import journal
from shared.aws.transactions import MAX_WRITES, Write, transact
from shared.contracts.departments import DepartmentState
from shared.contracts.items import MOST_SUPERVISORS, ClaimRule
from shared.contracts.vocabulary import ClaimMode, Stage, SupervisorPart
from shared.kernel.clock import to_text, utc_now
from shared.kernel.permissions import Role
from tests.support.city_clock import hear, pass_time
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import BUREAU, acceptance, decision, department, item, supervisor

OTHERS = tuple(f"dept_01OTHER{number:020d}" for number in range(MOST_SUPERVISORS))
HEIRS = tuple(f"dept_01HEIR{number:021d}" for number in range(MOST_SUPERVISORS))
LEAD, *ASSISTING = OTHERS
ALL = (supervisor(LEAD), *(supervisor(each, SupervisorPart.ASSISTING) for each in ASSISTING))
AT_ONCE: dict[str, Any] = {"supervisors": ALL, "claim": ClaimRule(mode=ClaimMode.ON_PUSH)}


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many writes each transaction had."""
    found: list[int] = []

    def counting(client: Any, writes: Sequence[Write]) -> None:
        found.append(len(writes))
        transact(client, writes)

    for module in (journal, waits):
        monkeypatch.setattr(module, "transact", counting)
    return found


@pytest.fixture
def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)


def done(answer: Answer) -> Any:
    assert answer.status in {200, 201}, answer.text
    return answer.json


def test_a_stage_claimed_on_delivery_by_twelve(bureau: Gateway, sizes: list[int]) -> None:
    """R-HND-1, R-HND-2, R-HND-5: with every delivery's and every claim's event, receipt, list and count."""
    hear(item(**AT_ONCE))
    assert len(done(bureau.post("/v1/acceptances", acceptance()))["pushes"]) == MOST_SUPERVISORS
    pass_time()
    assert len(done(bureau.post("/v1/decisions", decision()))["pushes"]) == MOST_SUPERVISORS
    assert max(sizes) <= MAX_WRITES


def test_a_stage_that_reaches_none_of_twelve_merged_departments(bureau: Gateway, sizes: list[int]) -> None:
    """R-HND-15, R-ORG-1: each part waits for the department and for the one that answers for it."""
    hear(item(**AT_ONCE))
    for number, each in enumerate(OTHERS):
        merged = {"state": DepartmentState.MERGED, "successor": HEIRS[number]}
        hear(department(each).model_copy(update=merged), department(HEIRS[number], active=False))
    assert len(done(bureau.post("/v1/acceptances", acceptance()))["unrouted"]) == MOST_SUPERVISORS
    assert max(sizes) <= MAX_WRITES


def test_what_waited_for_its_item_and_is_carried_to_twelve(bureau: Gateway, sizes: list[int]) -> None:
    """R-HND-15: by itself."""
    done(bureau.post("/v1/acceptances", acceptance()))
    hear(item(**AT_ONCE))
    pass_time()
    assert bureau.get("/v1/unrouted").json["unrouted"] == []
    assert max(sizes) <= MAX_WRITES


def test_a_later_act_that_twelve_new_and_twelve_old_supervisors_must_hear_of(bureau: Gateway, sizes: list[int]) -> None:
    """R-HND-3, R-HND-15: what does not fit waits for the coordinator, and for the item's next version."""
    hear(item(**AT_ONCE))
    done(bureau.post("/v1/acceptances", acceptance()))
    done(bureau.post("/v1/decisions", decision()))
    hear(item(**AT_ONCE | {"supervisors": tuple(supervisor(each) for each in HEIRS)}, version=2))
    act = {
        "stage": "suspension",
        "document_number": "示审批〔2026〕7号",
        "done_at": to_text(utc_now()),
        "reason": "整改",
        "legal_basis": "《行政许可法》",
        "valid_until": (utc_now() + timedelta(days=365)).date().isoformat(),
    }
    answer = done(bureau.post("/v1/later-acts", {"case_number": "SP-2026-000101", "act": act}))
    assert len(answer["pushes"]) == MOST_SUPERVISORS
    assert [part["reason"] for part in answer["unrouted"]] == ["more_departments_than_at_once"]
    hear(item(**AT_ONCE | {"supervisors": tuple(supervisor(each) for each in HEIRS)}, version=3))
    pass_time()
    stored = wiring.cases().case(answer["case_id"])
    assert stored
    heard = [push.department for push in stored.state.pushes if push.stage is Stage.SUSPENSION]
    assert sorted(heard) == sorted({*OTHERS, *HEIRS})
    assert all(part.placed_at for part in stored.state.unrouted)
    assert max(sizes) <= MAX_WRITES


def test_what_is_carried_to_twelve_by_hand(bureau: Gateway, sizes: list[int]) -> None:
    """R-HND-15: by the coordinator, under an item that is suspended and claimed on delivery."""
    hear(*(department(each) for each in OTHERS))
    part = done(bureau.post("/v1/acceptances", acceptance()))["unrouted"][0]["unrouted_id"]
    named = [{"department": each} for each in OTHERS]
    routed = done(bureau.post(f"/v1/unrouted/{part}/route", {"departments": named, "reason": "经协调"}))
    assert len(routed["pushes"]) == MOST_SUPERVISORS
    assert max(sizes) <= MAX_WRITES
