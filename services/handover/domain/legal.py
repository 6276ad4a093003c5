"""Refusing what a state does not allow, naming what it does: the same words for clocks, reviews and notices."""

from collections.abc import Iterable, Mapping

from shared.kernel.errors import Refused, Words


def illegal(state: str, move: str, legal: Iterable[str], words: Mapping[str, str]) -> Refused:
    """The refusal of a move: `words` say in Chinese what each state and move is called."""
    instead = sorted(legal)
    return Refused(
        "wrong_state",
        state=Words(words[state], state),
        move=Words(words[move], move),
        legal=Words("、".join(words[each] for each in instead) or "无", ", ".join(instead) or "none"),
    )
