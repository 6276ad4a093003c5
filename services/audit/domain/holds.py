"""Legal holds: a case whose records are kept until a court or authority lets them go (保全, R-AUD-7)."""

from typing import NamedTuple

from shared.contracts.event import CASE
from shared.contracts.model import Contract, Identifier, Instant, ShortText
from shared.kernel.ids import is_id


class Hold(Contract):
    """A hold as it stands, or as it was released. `reason` is that of its last change."""

    case_id: Identifier
    held: bool
    reason: ShortText
    changed_at: Instant


class Task(NamedTuple):
    """What is to be done with the copy for a hold: number `number` of its changes, to keep or to let go."""

    case_id: str
    number: int
    held: bool

    @property
    def name(self) -> str:
        """The name under which its progress is kept: each change begins anew."""
        return f"hold#{self.case_id}#{self.number}"


def hold_id(case_id: str) -> str:
    """The id of a case's hold, which carries the case's: its chain is not the case's own."""
    return f"hold_{case_id.removeprefix(CASE)}"


def names_a_case(text: str) -> bool:
    """Whether a text has the shape of a case's id."""
    return is_id(text, CASE.removesuffix("_"))
