"""The service's README tells the truth about its states (R-HND-4)."""

from pathlib import Path

from services.handover.domain.pushes import MOVES

README = Path(__file__).parents[3] / "services" / "handover" / "README.md"


def test_the_picture_of_states_is_the_table_of_moves() -> None:
    """R-HND-4: every legal move is drawn, and nothing else."""
    drawn = {
        (left.strip(), move.strip(), right.strip())
        for line in README.read_text(encoding="utf-8").splitlines()
        if "-->" in line and "[*]" not in line
        for left, rest in [line.split("-->")]
        for right, move in [rest.split(":")]
    }
    table = {(state.value, move.value, to.value) for state, moves in MOVES.items() for move, to in moves.items()}
    assert drawn == table
