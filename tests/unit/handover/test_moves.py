"""The state machine of a push, asked through the service's own app for every move in every state (R-HND-4)."""

import pytest

from services.handover.domain.pushes import ENDED, INSTEAD, LAPSING, MOVE_WORDS, MOVES, STATE_WORDS, Move
from shared.aws.table import Row
from shared.contracts.vocabulary import PushState
from tests.support.gateway import Gateway
from tests.support.push_desk import WAYS, PushDesk, a_city

ASKED = frozenset(Move) - {Move.VIEW, Move.LAPSE}
"""The moves that somebody asks for and may be refused."""


@pytest.fixture
def desk(gateway: Gateway, table: type[Row]) -> PushDesk:  # noqa: ARG001 - the app finds it through its settings
    return a_city(gateway)


def legal_by_asking(state: PushState) -> list[Move]:
    return [move for move in MOVES[state] if move is not Move.LAPSE]


@pytest.mark.parametrize("state", PushState)
def test_a_legal_move_leads_where_the_table_says(state: PushState, desk: PushDesk) -> None:
    """R-HND-4."""
    for move in legal_by_asking(state):
        push = desk.in_state(state)
        assert desk.move(push, move).status == 200, (state, move)
        # A push that is overdue is claimed late, whatever comes between.
        assert desk.now(push)["state"] in {MOVES[state][move], INSTEAD.get(move)}, (state, move)


@pytest.mark.parametrize("state", PushState)
def test_any_other_move_is_refused_naming_the_legal_ones_and_changes_nothing(state: PushState, desk: PushDesk) -> None:
    """R-HND-4: in Chinese and English."""
    push = desk.in_state(state)
    legal = legal_by_asking(state)
    for move in sorted(ASKED - set(legal)):
        refused = desk.move(push, move)
        assert refused.status == 409, (state, move, refused.text)
        if move is Move.CLAIM and push["claimed_at"]:
            assert refused.json["code"] == "already_claimed"
            continue
        assert refused.json["code"] == "wrong_state"
        assert refused.json["detail_en"].endswith(f"from here: {', '.join(legal) or 'none'}.")
        assert refused.json["detail_zh"].endswith(f"此时可以:{'、'.join(MOVE_WORDS[each] for each in legal) or '无'}。")
        assert f"“{STATE_WORDS[state]}”" in refused.json["detail_zh"]
        assert f"“{MOVE_WORDS[move]}”" in refused.json["detail_zh"]
    assert desk.now(push) == push


@pytest.mark.parametrize("state", PushState)
def test_opening_a_push_is_recorded_the_first_time_and_never_refused(state: PushState, desk: PushDesk) -> None:
    """R-HND-4: viewed."""
    push = desk.in_state(state)
    assert desk.move(push, Move.VIEW).status == 200
    first = desk.now(push)
    assert first["state"] == MOVES[state].get(Move.VIEW, state)
    assert desk.move(push, Move.VIEW).status == 200
    assert desk.now(push) == first


@pytest.mark.parametrize("state", PushState)
def test_the_end_of_the_claim_limit_is_visible_where_a_claim_is_owed_and_nowhere_else(
    state: PushState, desk: PushDesk
) -> None:
    """R-HND-4, R-HND-5: overdue-unclaimed is a state, not a derived guess."""
    push = desk.in_state(state)
    assert desk.lapse(push)["state"] == (PushState.OVERDUE_UNCLAIMED if state in LAPSING else state)


def test_every_state_can_be_reached_and_every_ended_one_ends() -> None:
    """R-HND-4."""
    reached = {PushState.DELIVERED, *INSTEAD.values(), *(to for moves in MOVES.values() for to in moves.values())}
    assert reached == set(PushState) == set(MOVES) == set(WAYS) == set(STATE_WORDS)
    assert set(MOVE_WORDS) == set(Move)
    assert {state for state, moves in MOVES.items() if not moves} == {PushState.REASSIGNED, PushState.RELAYED}
    assert {PushState.REASSIGNED, PushState.WITHDRAWN, PushState.RELAYED} == ENDED


def test_what_was_upheld_is_not_returned_again_by_way_of_a_claim_taken_back(desk: PushDesk) -> None:
    """R-HND-4: the sender has decided."""
    push = desk.in_state(PushState.UPHELD)
    desk.done(push, Move.CLAIM)
    desk.done(push, Move.WITHDRAW_CLAIM)
    refused = desk.move(push, Move.RETURN)
    assert refused.json["code"] == "wrong_state"
    assert "退回" not in refused.json["detail_zh"].split("此时可以:")[1]
    assert desk.move(push, Move.CLAIM).status == 200
