"""Reading a case while a change of it is on its way: never half of one and half of the other (R-HND-6, ADR 16)."""

from collections.abc import Callable

import pytest

from services.handover import wiring
from services.handover.logic import pushes as push_logic
from shared.aws.table import Row
from shared.contracts.change import Outdated, Stored
from shared.contracts.vocabulary import PushState
from shared.kernel.clock import from_text, utc_now
from shared.kernel.errors import Unavailable
from shared.kernel.permissions import Role
from tests.support.acts import all_rows
from tests.support.counted import counted
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import MARKET, decision, later_act
from tests.support.push_desk import Push, PushDesk, a_city, context_of, lapse_at
from tests.support.torn import CHAIN, MIXTURES, Rows, chain_of, rows_of, torn_reads

MIXED = pytest.mark.parametrize("mixture", MIXTURES)


@pytest.fixture
def desk(gateway: Gateway) -> PushDesk:
    return a_city(gateway)


def around(table: type[Row], case_id: str, mixture: str, act: Callable[[], Answer]) -> Rows:
    """What is to be seen of a case between its rows before an act and after it."""
    before = rows_of(table, case_id)
    answer = act()
    assert answer.status in {200, 201}, answer.text
    return MIXTURES[mixture](before, rows_of(table, case_id))


def claim(desk: PushDesk, push: Push) -> Answer:
    return desk.liaison().post(f"/v1/pushes/{push['push_id']}/claim", None)


def decide(desk: PushDesk, push: Push) -> Answer:
    return desk.bureau().post("/v1/decisions", decision(case_number=push["case_number"]))


def amend(desk: PushDesk, push: Push) -> Answer:
    return desk.bureau().post("/v1/later-acts", later_act(case_number=push["case_number"]))


@MIXED
@pytest.mark.parametrize("times", [1, 4])
def test_whoever_loses_a_claim_meets_no_push_that_is_not_claimed_yet(
    desk: PushDesk, table: type[Row], mixture: str, times: int
) -> None:
    """R-HND-6: one claim wins, and the others get who and when, however they met the winner's transaction."""
    push = desk.accept()
    seen = around(table, push["case_id"], mixture, lambda: claim(desk, push))
    won = desk.now(push)["claimed_at"]
    with torn_reads(push["case_id"], seen, times) as torn:
        lost = claim(desk, push)
    assert torn.served == times
    assert (lost.status, lost.json["code"]) == (409, "already_claimed")
    assert desk.now(push)["claimed_at"] == won
    assert desk.event_types(push).count("push.claimed.v1") == 1


@MIXED
def test_an_act_takes_no_number_of_a_push_that_was_not_to_be_seen_yet(
    desk: PushDesk, table: type[Row], mixture: str
) -> None:
    """R-HND-3, R-HND-15: what the decision delivered stays as it was delivered, beside what the amendment delivers."""
    push = desk.accept()
    seen = around(table, push["case_id"], mixture, lambda: decide(desk, push))
    with torn_reads(push["case_id"], seen) as torn:
        assert amend(desk, push).status == 201
    assert torn.served == 1
    pushes = desk.bureau().get(f"/v1/cases/{push['case_id']}").json["pushes"]
    assert [each["stage"] for each in pushes] == ["acceptance", "decision", "amendment"]
    assert len({each["push_id"] for each in pushes}) == len(pushes)


@MIXED
def test_a_case_is_shown_as_it_was_before_a_change_or_after_it(desk: PushDesk, table: type[Row], mixture: str) -> None:
    """R-HND-4: the decision and its push, or neither."""
    push = desk.accept()
    seen = around(table, push["case_id"], mixture, lambda: decide(desk, push))
    truth = desk.bureau().get(f"/v1/cases/{push['case_id']}").json
    with torn_reads(push["case_id"], seen) as torn:
        assert desk.bureau().get(f"/v1/cases/{push['case_id']}").json == truth
    assert torn.served == 1


@MIXED
def test_what_only_looks_at_a_part_is_decided_on_the_part_as_it_is(
    desk: PushDesk, table: type[Row], mixture: str
) -> None:
    """R-HND-10, R-HND-15: a claimed push's case is left by the clock as it is, though the clock saw the push open."""
    push = desk.accept()
    due = from_text(push["claim_due_at"])
    seen = around(table, push["case_id"], mixture, lambda: claim(desk, push))
    with torn_reads(push["case_id"], seen):
        lapse_at(due)
    assert desk.now(push)["state"] == PushState.CLAIMED
    assert "push.overdue.v1" not in desk.event_types(push)


@MIXED
def test_what_never_belongs_together_is_refused_for_now_and_nothing_is_written(
    desk: PushDesk, table: type[Row], mixture: str
) -> None:
    """The caller is told to try again, since nothing is known of the case."""
    push = desk.accept()
    seen = around(table, push["case_id"], mixture, lambda: decide(desk, push))
    before = all_rows(table)
    with torn_reads(push["case_id"], seen, times=1_000):
        assert (amend(desk, push).status, claim(desk, push).status) == (503, 503)
        assert desk.bureau().get(f"/v1/cases/{push['case_id']}").status == 503
        with pytest.raises(Unavailable):
            wiring.cases().case(push["case_id"])
    assert all_rows(table) == before


def test_a_case_whose_parts_are_seen_before_its_head_is_no_case_unknown(desk: PushDesk, table: type[Row]) -> None:
    """R-HND-1: while the first transaction of a case is on its way."""
    push = desk.accept()
    parts = {key: row for key, row in rows_of(table, push["case_id"]).items() if key != "head"}
    with torn_reads(push["case_id"], parts):
        assert desk.bureau().get(f"/v1/cases/{push['case_id']}").status == 200


def test_a_part_is_written_only_where_it_is_as_it_was_read(
    desk: PushDesk, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-6: had a reading put a new head beside an old push, even so no second claim would be written."""
    push = desk.accept()
    store = wiring.cases()
    old = store.case(push["case_id"])
    assert claim(desk, push).status == 200
    new = store.case(push["case_id"])
    assert old
    assert new
    mixed = new.state.model_copy(update={"pushes": old.state.pushes})
    before = all_rows(table)
    for read in (Stored(mixed, new.head, old.parts), Stored(mixed, new.head, {})):
        monkeypatch.setattr(type(store), "case", lambda *_, read=read: read)
        with pytest.raises(Outdated):
            push_logic.claim_push(wiring.office(), context_of(MARKET, utc_now(), Role.LIAISON), push["push_id"])
    assert all_rows(table) == before


def test_reading_a_case_is_one_query_and_writing_it_one_transaction(desk: PushDesk) -> None:
    """What tells a torn reading from a whole one costs no request."""
    push = desk.accept()
    with counted() as asked:
        assert wiring.cases().case(push["case_id"])
    assert asked.requests == {"Query": 1}
    with counted() as asked:
        push_logic.claim_push(wiring.office(), context_of(MARKET, utc_now(), Role.LIAISON), push["push_id"])
    assert asked.requests == {"Query": 2, "TransactWriteItems": 1}


def without(rows: Rows, *missing: int) -> Rows:
    """A chain's rows, some of its events left out; 0 is the head."""
    keys = [f"event#{number:010d}" if number else "head" for number in missing]
    return {key: row for key, row in rows.items() if key not in keys}


@pytest.mark.parametrize("missing", [(3,), (2,), (2, 3)])
def test_an_event_that_is_not_to_be_seen_yet_is_told_as_no_damage(
    desk: PushDesk, table: type[Row], missing: tuple[int, ...]
) -> None:
    """R-AUD-2, R-HND-7: a chain is judged, and responsibility read off it, when all of it has come."""
    push = desk.accept()
    assert claim(desk, push).status == 200
    chain = chain_of(table, push["case_id"])
    assert [*chain] == [f"event#{number:010d}" for number in (1, 2, 3)] + ["head"]
    answerable = desk.bureau().get(f"/v1/cases/{push['case_id']}/responsibility").json["story"]
    with torn_reads(push["case_id"], without(chain, *missing), of=CHAIN) as torn:
        assert desk.event_types(push)[-1] == "push.claimed.v1"
    assert torn.served == 1
    with torn_reads(push["case_id"], without(chain, *missing), of=CHAIN) as torn:
        told = desk.bureau().get(f"/v1/cases/{push['case_id']}/responsibility").json["story"]
    assert (told, torn.served) == (answerable, 1)


def test_an_event_that_stays_away_is_damage(desk: PushDesk, table: type[Row]) -> None:
    """R-AUD-2, R-AUD-4."""
    push = desk.accept()
    case_id = push["case_id"]
    with torn_reads(case_id, without(chain_of(table, case_id), 2), times=1_000, of=CHAIN):
        told = desk.bureau().get(f"/v1/cases/{case_id}/timeline").json
    assert (told["intact"], told["findings"]) == (False, ["truncated at 1"])


def test_a_chain_is_read_in_one_query(desk: PushDesk) -> None:
    """What tells a chain on its way from a damaged one costs no request."""
    push = desk.accept()
    with counted() as asked:
        assert len(wiring.cases().events(push["case_id"])) == 2
    assert asked.requests == {"Query": 1}


def test_a_claim_waits_for_the_receipt_that_came_with_the_push(
    desk: PushDesk, table: type[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-HND-8: where the first half is not to be seen yet the caller is told to try again, and nothing is written."""
    push = desk.accept()
    before = all_rows(table)
    with monkeypatch.context() as patched:
        patched.setattr(type(wiring.cases()), "receipts", lambda *_: [])
        assert claim(desk, push).status == 503
    assert all_rows(table) == before
    assert claim(desk, push).status == 200


def test_a_repeated_act_waits_for_its_first_answer(desk: PushDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HND-13: where the stage is to be seen and its answer is not yet, the caller is told to try again."""
    push = desk.accept()
    first = decide(desk, push)
    with monkeypatch.context() as patched:
        patched.setattr(type(wiring.cases()), "first_answer", lambda *_: None)
        assert decide(desk, push).status == 503
    assert decide(desk, push).json == first.json
