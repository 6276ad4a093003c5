"""Claiming many pushes in one go: each on its own, with a result for each (R-HND-16, R-HND-6, R-HND-13)."""

import pytest

from services.handover import wiring
from services.handover.domain.pushes import Move
from services.handover.schemas.pushes import LARGEST_BATCH
from shared.aws.table import Row
from shared.contracts.access import RequestRefused
from shared.contracts.change import Change, Outdated
from shared.contracts.event import body_of
from shared.contracts.vocabulary import PushState
from shared.kernel.errors import Unavailable
from tests.support.aws import unsent_events
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import HEALTH, MARKET
from tests.support.push_desk import Push, PushDesk, a_city

NOWHERE = "push_00000000000000000000000000_001"


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def claimed(desk: PushDesk, *push_ids: str, key: str | None = None, department: str = MARKET) -> Answer:
    return desk.liaison(department).post("/v1/claims", {"push_ids": push_ids}, key=key)


def codes(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [each["problem"]["code"] if each["problem"] else "claimed" for each in answer.json["results"]]


def ids(pushes: list[Push]) -> list[str]:
    return [push["push_id"] for push in pushes]


def test_every_push_has_its_own_result_and_none_stands_in_the_way_of_another(desk: PushDesk) -> None:
    """R-HND-16: a batch never fails as a whole for one push."""
    taken = desk.in_state(PushState.CLAIMED)
    withdrawn = desk.in_state(PushState.WITHDRAWN)
    waiting = [desk.accept(), desk.accept()]
    asked = [waiting[0]["push_id"], taken["push_id"], NOWHERE, withdrawn["push_id"], waiting[1]["push_id"]]
    answer = claimed(desk, *asked)
    assert codes(answer) == ["claimed", "already_claimed", "not_found", "wrong_state", "claimed"]
    results = answer.json["results"]
    assert [each["push_id"] for each in results] == asked
    assert results[0]["claimed"]["receipt"]["body"]["kind"] == "claim"
    assert results[1]["problem"]["status"] == 409
    assert results[1]["problem"]["zh"] != results[1]["problem"]["en"]
    assert [desk.now(push)["state"] for push in waiting] == ["claimed", "claimed"]


def test_a_batch_that_comes_again_gives_every_push_its_first_answer(desk: PushDesk, table: type[Row]) -> None:
    """R-HND-13."""
    pushes = ids([desk.accept(), desk.accept()])
    first = claimed(desk, *pushes, key="batch")
    written = len(unsent_events(table))
    again = claimed(desk, *pushes, key="batch")
    assert again.json == first.json
    assert len(unsent_events(table)) == written


def test_a_batch_that_was_cut_off_is_finished_when_it_comes_again(
    desk: PushDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-13: what was claimed before is answered as it was then."""
    pushes = ids([desk.accept(), desk.accept(), desk.accept()])
    store = wiring.cases()
    save, left = store.save, iter([True])

    def save_one(*given: object, **named: object) -> None:
        if not next(left, False):
            raise Unavailable
        save(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "save", save_one)
    assert codes(claimed(desk, *pushes, key="batch")) == ["claimed", "unavailable", "unavailable"]
    monkeypatch.undo()
    assert codes(claimed(desk, *pushes, key="batch")) == ["claimed", "claimed", "claimed"]


def test_another_batch_under_the_same_key_is_refused_and_claims_nothing(desk: PushDesk) -> None:
    """R-HND-13: also when no push is in both."""
    first, second = desk.accept(), desk.accept()
    claimed(desk, first["push_id"], key="batch")
    refused = claimed(desk, second["push_id"], key="batch")
    assert (refused.status, refused.json["code"]) == (422, "idempotency_key_reused")
    assert desk.now(second)["state"] == "delivered"


def test_a_push_whose_case_changed_meanwhile_is_decided_again(desk: PushDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-6: as a claim by itself would be."""
    push = desk.accept()
    store = wiring.cases()
    save, times = store.save, iter(range(3))

    def save_at_last(change: Change, *given: object, **named: object) -> None:  # type: ignore[type-arg]
        if next(times, None) is not None:
            raise Outdated
        save(change, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "save", save_at_last)
    assert codes(claimed(desk, push["push_id"])) == ["claimed"]


def test_what_keeps_changing_is_told_so_and_the_rest_is_claimed(
    desk: PushDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-16."""
    busy, calm = desk.accept(), desk.accept()
    store = wiring.cases()
    save = store.save

    def save_but_one(change: Change, *given: object, **named: object) -> None:  # type: ignore[type-arg]
        if change.aggregate == busy["case_id"]:
            raise Outdated
        save(change, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "save", save_but_one)
    assert codes(claimed(desk, busy["push_id"], calm["push_id"])) == ["changed_meanwhile", "claimed"]


def test_every_refusal_in_a_batch_is_on_record(desk: PushDesk, table: type[Row]) -> None:
    """R-AUD-1."""
    push = desk.accept()
    assert codes(claimed(desk, push["push_id"], NOWHERE, department=HEALTH)) == ["not_your_department", "not_found"]
    told = [body_of(each, RequestRefused) for each in unsent_events(table) if each.type == RequestRefused.TYPE]
    assert {(each.route, each.target, each.code) for each in told} == {
        ("/v1/claims", push["push_id"], "not_your_department"),
        ("/v1/claims", NOWHERE, "not_found"),
    }


@pytest.mark.parametrize("number", [0, LARGEST_BATCH + 1])
def test_a_batch_holds_one_to_fifty_pushes(number: int, desk: PushDesk) -> None:
    """R-HND-16."""
    refused = claimed(desk, *(NOWHERE[:-3] + f"{each:03d}" for each in range(number)))
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/push_ids")


def test_a_batch_names_each_push_once(desk: PushDesk) -> None:
    """R-HND-16."""
    push = desk.done(desk.accept(), Move.VIEW)["push_id"]
    refused = claimed(desk, push, push)
    assert refused.json["errors"][0]["pointer"] == "/push_ids"
