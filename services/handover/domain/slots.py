"""The slots of supervisors in a case, as its file shows them: who holds each place by now (R-HND-4, R-HND-7, R-HND-9).

A slot (监管位) is opened by the push of the result, and is held by whoever that push was passed on to. A later act is
pushed in the slots that are held, and changes no holder. `places` tells the same of the chain, with every instant.
"""

from collections.abc import Iterable
from typing import NamedTuple

from services.handover.domain.cases import CaseFile
from services.handover.domain.pushes import ENDED
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import PushState, Stage


class Slot(NamedTuple):
    """A slot, by the push that fills it now; `before`: the departments that held it before it was passed on."""

    filler: Push
    before: frozenset[str] = frozenset()

    @property
    def is_held(self) -> bool:
        """Whether a department has it; what was withdrawn nobody has."""
        return self.filler.state not in ENDED

    @property
    def is_closed(self) -> bool:
        """Whether it was withdrawn, and nobody was to have it instead."""
        return self.filler.state is PushState.WITHDRAWN and not self.filler.to_be_placed


def slots(file: CaseFile) -> tuple[Slot, ...]:
    """Every slot of a case, in the order in which they were opened."""
    found: dict[str, Slot] = {}
    for push in file.pushes:
        slot = found.get(push.place)
        if slot is None and push.stage is not Stage.ACCEPTANCE:
            found[push.place] = Slot(push)
        elif slot is not None and push.origin is not None and push.origin.of == slot.filler.push_id:
            found[push.place] = Slot(push, slot.before | {slot.filler.department})
    return tuple(found.values())


def of_one_act(file: CaseFile, push: Push) -> tuple[Push, ...]:
    """The pushes by which one act went through one place, from department to department."""
    return tuple(each for each in file.pushes if _act(each) == _act(push))


def concerned(file: CaseFile) -> frozenset[str]:
    """Everybody who holds a slot or ever did."""
    return frozenset(each for slot in slots(file) for each in (slot.filler.department, *slot.before))


def _act(push: Push) -> Iterable[str]:
    return push.place, push.stage, push.content_hash
