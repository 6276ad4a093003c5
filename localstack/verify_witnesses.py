"""Which witnesses a judge relies on, and what they add to what is proven (R-AUD-5)."""

from collections.abc import Collection, Iterator, Sequence

from localstack.verdict import when
from shared.contracts.evidence import Fact
from shared.kernel.cosignatures import Panel, parse_witness_key
from shared.kernel.notes import NoteError


class PanelUnusableError(ValueError):
    """What was given is no panel of witnesses; the text says why."""


def panel_of(vkeys: Sequence[str], quorum: int | None) -> Panel:
    """The panel of some public keys; one cosignature is asked for unless another number is given.

    Raises PanelUnusableError: one is no witness's key, two are the same, or there are fewer than the quorum.
    """
    asked = min(1, len(vkeys)) if quorum is None else quorum
    try:
        return Panel(tuple(parse_witness_key(vkey.strip()) for vkey in vkeys), asked)
    except NoteError as error:
        raise PanelUnusableError(str(error)) from None


def witnessed(fact: Fact) -> Iterator[tuple[str, str]]:
    """A line for each witness that cosigned: it saw this very log at that time, and no shorter one since."""
    for each in fact.cosignatures:
        yield "见证 witness", f"{each.key.name} · {when(each.at)}"


def cosigned_by(facts: Collection[Fact], panel: Panel) -> Iterator[str]:
    """How many of the facts each witness vouches for."""
    for key in panel.witnesses:
        count = sum(key in {each.key for each in fact.cosignatures} for fact in facts)
        yield f"{key.name} cosigned the checkpoints of {count} of {len(facts)}"
