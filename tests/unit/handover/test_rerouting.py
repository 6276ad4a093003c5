"""What could not be routed finds its departments by itself as soon as the registry has them (R-HND-15)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from services.handover import wiring
from services.handover.domain.waits import WAKE, Seen, item_subject
from services.handover.logic import unrouted as logic
from services.handover.store.directory import DirectoryStore
from services.handover.store.waits import WaitStore
from shared.aws.table import Row
from shared.contracts.change import AlreadyDone, Context, Once
from shared.contracts.departments import DepartmentState
from shared.contracts.items import Item
from shared.contracts.vocabulary import ItemStanding, SupervisorPart
from shared.kernel.clock import utc_now
from shared.kernel.permissions import ANONYMOUS, Role
from tests.support.acts import all_rows
from tests.support.aws import unsent_events
from tests.support.city_clock import hear, pass_time
from tests.support.crashes import Killed, Wire
from tests.support.gateway import Gateway
from tests.support.handover_builders import (
    BUREAU,
    HEALTH,
    ITEM_CODE,
    MARKET,
    acceptance,
    decision,
    department,
    item,
    supervisor,
)

TWO = (supervisor(), supervisor(HEALTH, SupervisorPart.ASSISTING))


@pytest.fixture
def bureau(gateway: Gateway) -> Gateway:
    return gateway.with_principal(BUREAU, Role.APPROVER, Role.REGISTRAR)


def inbox(gateway: Gateway, of: str = MARKET) -> list[dict[str, Any]]:
    pushes: list[dict[str, Any]] = gateway.with_principal(of, Role.LIAISON).get("/v1/inbox").json["pushes"]
    return pushes


def news_to_walk() -> list[str]:
    """News whose list of those waiting is not walked to its end; the cases' own limits are another matter."""
    return [each.subject for each in wiring.deadlines().due(utc_now()) if each.kind == WAKE]


def waiting(bureau: Gateway) -> list[str]:
    return [each["reason"] for each in bureau.get("/v1/unrouted").json["unrouted"]]


def test_a_case_without_an_item_reaches_its_departments_once_the_item_is_published(
    gateway: Gateway, bureau: Gateway, table: type[Row]
) -> None:
    """R-HND-15: with its item's version, its receipts and its clock, as if it had come later."""
    first = bureau.post("/v1/acceptances", acceptance()).json
    hear(item(supervisors=TWO))
    pass_time()
    assert waiting(bureau) == []
    pushes = [push for of in (MARKET, HEALTH) for push in inbox(gateway, of)]
    assert [push["department"] for push in pushes] == [MARKET, HEALTH]
    unrouted = first["unrouted"][0]["unrouted_id"]
    assert [(push["origin"]["kind"], push["origin"]["of"]) for push in pushes] == [("routing", unrouted)] * 2
    assert {push["content_hash"] for push in pushes} == {first["content_hash"]}
    stored = wiring.cases().case(first["case_id"])
    assert stored
    assert (stored.state.case.item_version, stored.state.clock is not None) == (1, True)
    assert stored.state.unrouted[0].pushes == tuple(push["push_id"] for push in pushes)
    told = [event.type for event in unsent_events(table) if event.type.startswith("push.")]
    assert told == ["push.unroutable.v1", "push.delivered.v1", "push.delivered.v1", "push.routed.v1"]
    assert all(wiring.cases().receipts(first["case_id"], push["push_id"]) for push in pushes)


def test_every_stage_that_waits_is_carried_with_its_own_content(gateway: Gateway, bureau: Gateway) -> None:
    """R-HND-15, R-HND-2."""
    bureau.post("/v1/acceptances", acceptance())
    bureau.post("/v1/decisions", decision())
    hear(item())
    pass_time()
    pushes = {push["stage"]: push["content_hash"] for push in inbox(gateway)}
    assert len(set(pushes.values())) == 2
    assert pushes.keys() == {"acceptance", "decision"}


@pytest.mark.parametrize("standing", [ItemStanding.SUSPENDED, ItemStanding.RETIRED])
def test_a_suspended_or_retired_item_that_returns_carries_what_waited(
    standing: ItemStanding, gateway: Gateway, bureau: Gateway
) -> None:
    """R-HND-15, R-REG-4."""
    hear(item(standing=standing))
    bureau.post("/v1/acceptances", acceptance())
    hear(item(version=2))
    pass_time()
    assert [push["item_version"] for push in inbox(gateway)] == [2]


def test_a_version_to_come_wakes_who_waits_when_it_is_in_force_and_not_before(
    gateway: Gateway, bureau: Gateway
) -> None:
    """R-HND-15, R-REG-4."""
    effective = utc_now() + timedelta(days=3)
    hear(item(effective_from=effective))
    bureau.post("/v1/acceptances", acceptance())
    pass_time()
    assert waiting(bureau) == ["no_published_item"]
    pass_time(effective)
    assert (len(inbox(gateway)), waiting(bureau)) == (1, [])


def test_a_version_in_force_wakes_at_once_though_a_later_one_is_still_to_come(
    gateway: Gateway, bureau: Gateway
) -> None:
    """R-HND-15: each version wakes for itself, in whichever order they are heard of."""
    hear(item(version=2, effective_from=utc_now() + timedelta(days=3)))
    bureau.post("/v1/acceptances", acceptance())
    hear(item(version=1))
    pass_time()
    assert [push["item_version"] for push in inbox(gateway)] == [1]


@pytest.mark.parametrize(
    ("hindered", "reason"),
    [
        ({"liaisons": ()}, f"department_without_liaison: {HEALTH}"),
        ({"state": DepartmentState.SUSPENDED}, f"department_suspended: {HEALTH}"),
    ],
)
def test_a_department_that_can_take_its_push_again_gets_it_and_nobody_else_gets_theirs_twice(
    hindered: dict[str, Any], reason: str, gateway: Gateway, bureau: Gateway
) -> None:
    """R-HND-15, R-ORG-2."""
    hear(item(supervisors=TWO), department(HEALTH).model_copy(update=hindered))
    bureau.post("/v1/acceptances", acceptance())
    assert waiting(bureau) == [reason]
    hear(department(HEALTH, version=2))
    pass_time()
    assert [(push["department"], push["part"]) for push in inbox(gateway, HEALTH)] == [(HEALTH, "assisting")]
    assert (len(inbox(gateway)), waiting(bureau)) == (1, [])


def test_what_waits_for_a_merged_departments_successor_is_found_through_it(gateway: Gateway, bureau: Gateway) -> None:
    """R-HND-15, R-ORG-1: the successor was never heard of, and is told of later."""
    merged = {"state": DepartmentState.MERGED, "successor": HEALTH}
    hear(item(), department(MARKET).model_copy(update=merged))
    bureau.post("/v1/acceptances", acceptance())
    assert waiting(bureau) == [f"successor_unknown: {MARKET} → {HEALTH}"]
    hear(department(HEALTH))
    pass_time()
    assert (len(inbox(gateway, HEALTH)), waiting(bureau)) == (1, [])


def test_a_successor_who_has_the_act_already_is_not_sent_it_twice(gateway: Gateway, bureau: Gateway) -> None:
    """R-HND-15, R-ORG-1: the part is placed with the push that is there."""
    hear(item(supervisors=TWO), department(MARKET, active=False))
    answer = bureau.post("/v1/acceptances", acceptance()).json
    hear(
        department(HEALTH),
        department(MARKET, version=2).model_copy(update={"state": DepartmentState.MERGED, "successor": HEALTH}),
    )
    pass_time()
    assert [push["push_id"] for push in inbox(gateway, HEALTH)] == [answer["pushes"][0]["push_id"]]
    assert waiting(bureau) == []


def test_what_is_hindered_by_something_else_now_says_so_and_waits_for_that(gateway: Gateway, bureau: Gateway) -> None:
    """R-HND-15: a part follows its obstacle, however often that changes."""
    hear(department(MARKET, active=False))
    bureau.post("/v1/acceptances", acceptance())
    hear(item(supervisors=TWO))
    pass_time()
    assert (waiting(bureau), len(inbox(gateway, HEALTH))) == ([f"department_without_liaison: {MARKET}"], 1)
    hear(item(version=2, standing=ItemStanding.SUSPENDED), department(MARKET, version=2))
    pass_time()
    assert waiting(bureau) == ["item_suspended"]
    hear(item(version=3))
    pass_time()
    assert (waiting(bureau), len(inbox(gateway))) == ([], 1)


def test_the_bureau_that_takes_over_a_merged_ones_items_has_its_own_cases_carried(
    gateway: Gateway, bureau: Gateway
) -> None:
    """R-HND-15, R-ORG-1."""
    hear(item(approval_department=HEALTH))
    bureau.post("/v1/acceptances", acceptance())
    assert waiting(bureau) == ["item_of_another_bureau"]
    merged = {"state": DepartmentState.MERGED, "successor": BUREAU}
    hear(department(HEALTH).model_copy(update=merged), department(BUREAU))
    pass_time()
    assert (waiting(bureau), len(inbox(gateway))) == ([], 1)


def test_a_long_list_is_walked_a_part_a_run_and_the_news_is_kept_until_its_end(
    gateway: Gateway, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-15: a run is bounded, whatever waits."""
    monkeypatch.setattr(logic, "PARTS_A_RUN", 2)
    for number in range(5):
        bureau.post("/v1/acceptances", acceptance(case_number=f"SP-{number}"))
    hear(item())
    counts = []
    for _ in range(4):
        pass_time()
        counts.append(len(inbox(gateway)))
    assert counts == [2, 4, 5, 5]
    assert news_to_walk() == []


def test_one_case_that_fails_holds_up_no_other_and_is_tried_again(
    gateway: Gateway, bureau: Gateway, table: type[Row]
) -> None:
    """R-HND-15."""
    cases = [bureau.post("/v1/acceptances", acceptance(case_number=f"SP-{number}")).json["case_id"] for number in "12"]
    head = table.get(cases[0], "head")
    whole, head.body = head.body, "no JSON"
    head.save()
    hear(item())
    pass_time()
    assert [push["case_id"] for push in inbox(gateway)] == [cases[1]]
    head.body = whole
    head.save()
    pass_time()
    pass_time()
    assert {push["case_id"] for push in inbox(gateway)} == set(cases)


@pytest.fixture
def overtaking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something happen once, right after the registry's news were read for a stage."""

    def arrange(happens: Callable[[], object]) -> None:
        read, left = DirectoryStore.item_seen, [happens]

        def overtaken(self: DirectoryStore, *asked: Any) -> tuple[Item | None, Seen]:
            found = read(self, *asked)
            if left:
                left.pop()()
            return found

        monkeypatch.setattr(DirectoryStore, "item_seen", overtaken)

    return arrange


def _heard_and_walked(told: Item) -> None:
    hear(told)
    pass_time()


def test_news_that_comes_while_a_stage_is_being_judged_makes_it_judged_anew(
    gateway: Gateway, bureau: Gateway, overtaking: Callable[[Callable[[], object]], None]
) -> None:
    """R-HND-15: the item is published, and its list walked, between reading and writing that there is none."""
    overtaking(lambda: _heard_and_walked(item()))
    answer = bureau.post("/v1/acceptances", acceptance())
    assert (answer.status, answer.json["unrouted"]) == (201, [])
    assert len(inbox(gateway)) == 1


def test_an_older_version_told_late_is_news_too(
    gateway: Gateway, bureau: Gateway, overtaking: Callable[[Callable[[], object]], None]
) -> None:
    """R-HND-15: the highest version known stays the same, yet another is in force now."""
    hear(item(version=2, effective_from=utc_now() + timedelta(days=3)))
    overtaking(lambda: _heard_and_walked(item(version=1)))
    assert bureau.post("/v1/acceptances", acceptance()).json["unrouted"] == []
    assert len(inbox(gateway)) == 1


def test_where_another_machines_clock_is_ahead_and_walked_the_list_before_the_part_was_in_it_nothing_is_left_in_it(
    gateway: Gateway, bureau: Gateway, table: type[Row], overtaking: Callable[[Callable[[], object]], None]
) -> None:
    """R-HND-15: nobody would ever wake it again; so the bureau is told to send it again, a moment later."""
    effective = utc_now() + timedelta(hours=1)
    hear(item(effective_from=effective))
    overtaking(lambda: pass_time(effective + timedelta(seconds=1)))
    answer = bureau.post("/v1/acceptances", acceptance())
    assert (answer.status, answer.json["code"]) == (409, "changed_meanwhile")
    assert not [row for row in all_rows(table) if row["pk"]["S"].startswith(("case_", "waits#"))]
    assert inbox(gateway) == []


def test_a_department_that_is_told_of_while_a_stage_is_being_judged_makes_it_judged_anew(
    gateway: Gateway, bureau: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-15: its liaison is back, and its list walked, before it is written that there is none."""
    hear(item(), department(active=False))
    read, left = DirectoryStore.departments, [True]

    def overtaken(self: DirectoryStore, asked: Any) -> Any:
        found = read(self, asked)
        if left and found:
            left.clear()
            hear(department(version=2))
            pass_time()
        return found

    monkeypatch.setattr(DirectoryStore, "departments", overtaken)
    assert bureau.post("/v1/acceptances", acceptance()).json["unrouted"] == []
    assert len(inbox(gateway)) == 1


def test_whenever_the_process_dies_nothing_that_waits_is_lost_or_sent_twice(
    gateway: Gateway, bureau: Gateway, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-15: killed before or after each call of the news and of the walk; the next run goes on."""
    bureau.post("/v1/acceptances", acceptance())
    before = all_rows(table)
    moment = 0
    while True:
        _restore(table, before)
        wire = Wire(moment)
        died = False
        given = item(supervisors=TWO)
        with wire.cut(monkeypatch):
            try:
                wiring.directory().keep_item(given, _redelivered(moment))
                pass_time()
            except Killed:
                died = True
        if not died:
            break
        with suppress(AlreadyDone):
            wiring.directory().keep_item(given, _redelivered(moment))
        pass_time()
        assert [push["department"] for of in (MARKET, HEALTH) for push in inbox(gateway, of)] == [MARKET, HEALTH]
        assert waiting(bureau) == []
        assert news_to_walk() == []
        moment += 1
    assert moment > 10


def _redelivered(number: int) -> Context:
    return Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#evt_{number}", "0"))


def _restore(table: type[Row], rows: list[dict[str, Any]]) -> None:
    with table.batch_write() as batch:
        for row in table.scan():
            batch.delete(row)
    with table.batch_write() as batch:
        for each in rows:
            row = table()
            row.deserialize(each)
            batch.save(row)


def test_nobody_waits_for_news_of_what_hinders_nothing(bureau: Gateway, table: type[Row]) -> None:
    """R-HND-15: what is reached costs no row of waiting."""
    hear(item(), department())
    bureau.post("/v1/acceptances", acceptance())
    pass_time()
    assert not [row for row in all_rows(table) if row["pk"]["S"].startswith(("waits#", "wake#"))]


def test_a_placed_part_leaves_the_lists_it_was_in(bureau: Gateway, table: type[Row]) -> None:
    """R-HND-15."""
    bureau.post("/v1/acceptances", acceptance())
    assert WaitStore(wiring.journal()).waiting(f"wake#{item_subject(ITEM_CODE)}#000001", "!", 10)
    hear(item())
    pass_time()
    assert not [row for row in all_rows(table) if row["pk"]["S"].startswith("waits#")]
