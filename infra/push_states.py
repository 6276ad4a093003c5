"""docs/push-states.md: what may happen to a push, drawn from the table that the service goes by (R-HND-4)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.build import ROOT
from services.handover.domain.pushes import ENDED, INSTEAD, MOVE_WORDS, MOVES, STATE_WORDS, Move
from shared.contracts.vocabulary import PushState

PAGE = Path("docs") / "push-states.md"

_DRAWN: Mapping[Move, PushState] = {Move.CLAIM: PushState.OVERDUE_UNCLAIMED, Move.LAPSE: PushState.DELIVERED}
"""From which state a move is drawn to where it leads instead; from all others it would only hide the rest."""


def page() -> str:
    """The page in Markdown."""
    return "\n".join([_HEAD, "```mermaid", *_diagram(), "```", "", *_table()]) + "\n"


def push_states(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is out of date; exit 1 if so.")] = False,
) -> None:
    """Draw docs/push-states.md from the table of states and moves."""
    console = Console()
    made, path = page(), ROOT / PAGE
    if path.exists() and path.read_text(encoding="utf-8") == made:
        return
    if check:
        console.print(f"out of date: {PAGE}; run: python -m infra push-states", highlight=False)
        raise typer.Exit(1)
    path.write_text(made, encoding="utf-8")
    console.print(f"written: {PAGE}", highlight=False)


_HEAD = """# States of a push (推送状态)

What may happen to a push, and where it leads (R-HND-4). Drawn by `python -m infra push-states` from `MOVES` in
`services/handover/domain/pushes.py`, the table that the service itself goes by; do not edit it.

* Whatever is not drawn is refused, and the refusal names what is legal.
* A claim past the limit leads to 逾期认领 `claimed_late`, from whatever state; the diagram draws it once, the table
  each time. For a claim made off-line the day of its document counts (R-HND-12).
* 期限届满 `lapse` is the clock's. Where silence is the claim, it leads to 已认领 `claimed`, unless nobody
  could have claimed: the department is suspended or has no liaison (R-HND-5).
* Late is a fact by the limit: whoever moves a push meets what the limit's end left, recorded in the same act if it was
  not yet.
* Where delivery is the claim (推送即认领), a push is claimed in the instant of its delivery (R-HND-5).
* A claim can be taken back for one working day, three times at most, and both entries stay (R-HND-4).
* What is claimed is reassigned only as the joint conference decided, with the number of its document (R-OVS-5).
* What was upheld (维持) is not returned again, not by way of a claim taken back either.
* What the bureau withdrew (撤回推送) it owes to another department, until it reassigns it or says that nobody is to
  have it: `withdraw_nobody_instead` is `withdraw` with `nobody_instead`, the only way in which it is withdrawn again.
* Returns are decided by who sent the push: the bureau, or the department that relayed it (R-HND-9).
* 重新指派 `reassign` and 转送 `relay` end the push and deliver another one in its place in the same act. So does
  撤回推送 `withdraw` by a department that relayed it: the push comes back to it.
"""


def _diagram() -> Iterator[str]:
    yield "stateDiagram-v2"
    for state, words in STATE_WORDS.items():
        yield f'    state "{words} {state}" as {state}'
    yield f"    [*] --> {PushState.DELIVERED}"
    yield f"    [*] --> {PushState.CLAIMED}: 推送即认领 on_push"
    for state, moves in MOVES.items():
        for move, to in moves.items():
            yield f"    {state} --> {to}: {MOVE_WORDS[move]} {move}"
    for move, state in _DRAWN.items():
        yield f"    {state} --> {INSTEAD[move]}: {MOVE_WORDS[move]} {move}"
    for state in sorted(ENDED):
        yield f"    {state} --> [*]"


def _table() -> Iterator[str]:
    yield "| state | 状态 | moves |"
    yield "|---|---|---|"
    for state, moves in MOVES.items():
        legal = "<br>".join(f"{MOVE_WORDS[move]} `{move}` → {_led_to(move, to)}" for move, to in moves.items())
        yield f"| `{state}` | {STATE_WORDS[state]} | {legal or '– (ended)'} |"


def _led_to(move: Move, to: PushState) -> str:
    states = (to, INSTEAD[move]) if move in INSTEAD else (to,)
    return " or ".join(f"{STATE_WORDS[state]} `{state}`" for state in states)
