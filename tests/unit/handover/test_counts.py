"""Counts of an inbox are exact and cost one query, however much there is to count (R-HND-16)."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.handover import wiring
from services.handover.domain.cases import CaseFile
from services.handover.domain.ledger import GROUPS, InboxGroup, counted
from services.handover.domain.pushes import MOVES
from shared.aws.table import Row
from shared.contracts.items import ClaimRule
from shared.contracts.vocabulary import ClaimMode, PushState, SupervisorPart
from shared.kernel.permissions import Role
from tests.support import feedback_builders as told
from tests.support.city_clock import hear
from tests.support.crashes import Killed, Wire
from tests.support.gateway import Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, acceptance, decision, department, item, supervisor

TWO = (supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))


def truth(table: type[Row], of: str) -> dict[str, int]:
    """The states of a department's pushes, by reading every one of them."""
    found: Counter[str] = Counter()
    for row in table.scan(consistent_read=True):
        if row.sk.startswith("head#pushes#"):
            push = wiring.cases().case(row.pk)
            assert push
            found += Counter(
                each.state.value
                for each in push.state.pushes
                if each.push_id == row.sk.rsplit("#", 1)[1] and each.department == of
            )
    return dict(found)


def counts(gateway: Gateway, of: str = MARKET) -> dict[str, int]:
    answer = gateway.with_principal(of, Role.LIAISON).get("/v1/inbox/counts").json
    assert answer["department"] == of
    return dict(answer["states"])


def test_every_state_belongs_to_one_part_of_the_inbox() -> None:
    """R-HND-16, R-HND-4."""
    assert GROUPS.keys() == set(PushState) == MOVES.keys()


def test_delivered_viewed_claimed_and_returned_pushes_are_counted_as_they_change(
    gateway: Gateway, table: type[Row]
) -> None:
    """R-HND-16."""
    hear(item(supervisors=TWO), department(MARKET), department(HEALTH))
    bureau = gateway.with_principal(BUREAU, Role.APPROVER)
    liaison = gateway.with_principal(MARKET, Role.LIAISON)
    assert counts(gateway) == {}
    pushes = []
    for number in range(4):
        body = acceptance(case_number=f"SP-{number}")
        pushes.append(bureau.post("/v1/acceptances", body).json["pushes"][0]["push_id"])
    assert counts(gateway) == {"delivered": 4}
    liaison.get(f"/v1/pushes/{pushes[0]}")
    liaison.post(f"/v1/pushes/{pushes[1]}/claim", None)
    liaison.post(f"/v1/pushes/{pushes[2]}/return", {"reason": "not_our_duty", "text": "不属本部门职责"})
    assert counts(gateway) == truth(table, MARKET) == {"viewed": 1, "claimed": 1, "returned": 1, "delivered": 1}
    groups = liaison.get("/v1/inbox/counts").json["groups"]
    assert groups == {InboxGroup.OPEN: 3, InboxGroup.CLAIMED: 1, InboxGroup.ENDED: 0}
    for group, number in groups.items():
        assert len(liaison.get(f"/v1/inbox?group={group}").json["pushes"]) == number


def test_what_is_claimed_on_delivery_is_counted_claimed_only(gateway: Gateway, table: type[Row]) -> None:
    """R-HND-16, R-HND-5."""
    hear(item(claim=ClaimRule(mode=ClaimMode.ON_PUSH)))
    gateway.with_principal(BUREAU, Role.APPROVER).post("/v1/acceptances", acceptance())
    assert counts(gateway) == truth(table, MARKET) == {"claimed": 1}


def test_whenever_the_process_dies_the_counts_are_the_truth(
    gateway: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-16: killed before or after each call to AWS, and asked again with the same key."""
    hear(item(supervisors=TWO))
    bureau = gateway.with_principal(BUREAU, Role.APPROVER)
    moment, died = 0, True
    while died:
        died = False
        body, key = acceptance(case_number=f"SP-{moment}"), f"key-{moment}"
        with Wire(moment).cut(monkeypatch):
            try:
                bureau.post("/v1/acceptances", body, key=key)
            except Killed:
                died = True
        assert bureau.post("/v1/acceptances", body, key=key).status == 201
        moment += 1
        assert counts(gateway) == counts(gateway, HEALTH) == {"delivered": moment}
    assert counts(gateway) == truth(table, MARKET)


def test_counting_costs_one_query(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-16: counts that do not scan."""
    hear(item())
    for number in range(5):
        body = acceptance(case_number=f"SP-{number}")
        gateway.with_principal(BUREAU, Role.APPROVER).post("/v1/acceptances", body)
    wire = Wire(at=-1)
    with wire.cut(monkeypatch):
        counts(gateway)
    assert wire.passed == 2


STATES = st.sampled_from(list(PushState))
PUSHES = st.lists(st.tuples(st.sampled_from([MARKET, HEALTH]), STATES), max_size=6)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(histories=st.lists(PUSHES, min_size=1, max_size=5))
def test_whatever_happens_to_a_case_its_changes_add_up_to_what_it_is(
    histories: list[list[tuple[str, PushState]]],
) -> None:
    """R-HND-16: pushes are added and change their states, in any order."""
    before: CaseFile | None = None
    sums: Counter[tuple[str, PushState]] = Counter()
    owners: list[str] = []
    for states in histories:
        owners += [of for of, _ in states[len(owners) :]]
        pushes = tuple(
            told.push(push_id=f"push_01JD0M3Q5V8Z2K7T4B9N6R1X5C_{number:03d}", department=of, state=state)
            for number, (of, (_, state)) in enumerate(
                zip(owners, [*states, *[("", PushState.DELIVERED)] * len(owners)], strict=False)
            )
        )
        file = CaseFile(case=told.case(), pushes=pushes)
        sums.update(counted(file, before))
        before = file
    assert before
    expected = Counter((push.department, push.state) for push in before.pushes)
    assert {key: number for key, number in sums.items() if number} == dict(expected)


def test_a_decided_case_counts_each_of_its_pushes(gateway: Gateway, table: type[Row]) -> None:
    """R-HND-16, R-HND-2."""
    hear(item())
    bureau = gateway.with_principal(BUREAU, Role.APPROVER)
    bureau.post("/v1/acceptances", acceptance())
    bureau.post("/v1/decisions", decision())
    assert counts(gateway) == truth(table, MARKET) == {"delivered": 2}
