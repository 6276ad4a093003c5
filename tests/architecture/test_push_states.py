"""docs/push-states.md draws the table that pushes go by: every state, every move, under their names (R-HND-4)."""

import pytest

from infra.build import ROOT
from infra.push_states import PAGE, page
from services.handover.domain.pushes import ENDED, INSTEAD, MOVE_WORDS, MOVES, STATE_WORDS, Move
from shared.contracts.vocabulary import PushState

DIAGRAM = page().partition("```mermaid")[2].partition("```")[0]


def test_the_page_is_current() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(), f"{PAGE} is out of date: run make docs"


@pytest.mark.parametrize("state", PushState)
def test_every_state_is_drawn_with_its_chinese_name_and_every_move_out_of_it(state: PushState) -> None:
    """R-HND-4."""
    assert f'state "{STATE_WORDS[state]} {state}" as {state}\n' in DIAGRAM
    for move, to in MOVES[state].items():
        assert f"{state} --> {to}: {MOVE_WORDS[move]} {move}\n" in DIAGRAM
    assert (f"{state} --> [*]" in DIAGRAM) == (state in ENDED)


@pytest.mark.parametrize("move", INSTEAD)
def test_where_a_move_leads_in_its_other_case_is_drawn_too(move: Move) -> None:
    """R-HND-5."""
    assert f" --> {INSTEAD[move]}: {MOVE_WORDS[move]} {move}\n" in DIAGRAM
