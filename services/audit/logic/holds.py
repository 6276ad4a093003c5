"""Legal holds (保全, R-AUD-7): audit administrators place and release them, the clock carries them out in the copy.

Of a case that is held, the objects of the copy that hold its entries are kept, and the checkpoint each was locked with;
entries that come later are found as they are copied. An object may be held for several cases: which, is on record, and
it is let go with the last of them. Who lets go looks again after doing so, and who holds claims before: so whichever of
two comes last, an object that a case holds is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.audit.domain import SOURCE
from services.audit.domain.copies import checkpoint_path
from services.audit.domain.holds import Hold, Task, hold_id, names_a_case
from services.audit.domain.postings import Dimension, PostingList
from services.audit.logic.copying import copied, covering
from services.audit.logic.indexing import indexed
from services.audit.ports.holds import Holds
from services.audit.ports.locked import Locked
from services.audit.ports.positions import Position, Positions
from services.audit.ports.postings import Postings
from services.audit.schemas.holds import HoldAnswer, HoldList
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Outdated, Stored, change
from shared.contracts.holds import HoldPlaced, HoldReleased
from shared.contracts.model import Contract
from shared.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Keeping:
    """What holds are carried out with."""

    holds: Holds
    locked: Locked
    positions: Positions
    postings: Postings


class _Done(Contract):
    """What was held or let go for one change of a hold: how many objects, and the path of the last range."""

    objects: int = 0
    last: str = ""


def place(keeping: Keeping, context: Context, case_id: str, reason: str) -> HoldAnswer:
    """Hold a case, or say another reason for holding it. Raises Refused("not_found") where the log has no such case."""
    if not names_a_case(case_id) or not any(True for _ in keeping.postings.rising(_entries_of(case_id))):
        raise Refused("not_found", id=case_id)
    stored = keeping.holds.hold(case_id)
    if stored and stored.state.held and stored.state.reason == reason:
        answer = _answer(keeping, stored.state, stored.head.sequence)
        if context.once:
            keeping.holds.remember(context.once, answer)
        return answer
    return _write(keeping, context, stored, Hold(case_id=case_id, held=True, reason=reason, changed_at=context.now))


def release(keeping: Keeping, context: Context, case_id: str, reason: str) -> HoldAnswer:
    """Let a case go. Raises Refused("not_found") where it is not held."""
    stored = keeping.holds.hold(case_id)
    if stored is None or not stored.state.held:
        raise Refused("not_found", id=case_id)
    return _write(keeping, context, stored, Hold(case_id=case_id, held=False, reason=reason, changed_at=context.now))


def show(keeping: Keeping, case_id: str) -> HoldAnswer:
    """A hold, also one that was released. Raises Refused("not_found")."""
    stored = keeping.holds.hold(case_id)
    if stored is None:
        raise Refused("not_found", id=case_id)
    return _answer(keeping, stored.state, stored.head.sequence)


def show_all(keeping: Keeping) -> HoldList:
    """Every hold on which there is something to do: all that last, and those not yet let go."""
    found = (keeping.holds.hold(task.case_id) for task in keeping.holds.tasks())
    return HoldList(holds=tuple(_answer(keeping, each.state, each.head.sequence) for each in found if each))


def carry_out(keeping: Keeping, clock: Callable[[], datetime], until: datetime) -> int:
    """Hold and let go in the copy whatever is to be, until the time is up; how many objects."""
    limit = min(copied(keeping.positions), indexed(keeping.positions))
    done = 0
    for task in keeping.holds.tasks():
        if clock() >= until:
            break
        done += _carry_out(keeping, task, limit, clock, until)
    return done


def _carry_out(keeping: Keeping, task: Task, limit: int, clock: Callable[[], datetime], until: datetime) -> int:
    begin = keeping.positions.read(task.name)
    before = _Done.model_validate_json(begin.state)
    done, at = before, limit
    for index in _indices(keeping, task.case_id, begin.size, limit):
        if clock() >= until:
            at = index
            break
        done = _do_entry(keeping, task, index, done)
    if at > begin.size:
        try:
            keeping.positions.move(task.name, begin, Position(at, done.model_dump_json()))
        except Outdated:
            return done.objects - before.objects
    if not task.held and at >= limit:
        keeping.holds.finish(task)
    return done.objects - before.objects


def _do_entry(keeping: Keeping, task: Task, index: int, done: _Done) -> _Done:
    """Hold or let go the ranges that hold an entry, but those that were done for one before it."""
    for found in covering(keeping.locked, index, index + 1):
        if found.path > done.last:
            for path in (found.path, checkpoint_path(found.end)):
                _keep_or_let_go(keeping, task, path)
            done = _Done(objects=done.objects + 2, last=found.path)
    return done


def _keep_or_let_go(keeping: Keeping, task: Task, path: str) -> None:
    if task.held:
        keeping.holds.claim(path, task.case_id)
        keeping.locked.hold(path, on=True)
    elif not keeping.holds.let_go(path, task.case_id):
        keeping.locked.hold(path, on=False)
        if keeping.holds.is_claimed(path):
            keeping.locked.hold(path, on=True)


def _indices(keeping: Keeping, case_id: str, start: int, end: int) -> Iterator[int]:
    """Where in the log the case's entries are, each once, from `start` up to `end`."""
    found = {index for block in keeping.postings.rising(_entries_of(case_id)) for index in block.indices}
    return iter(sorted(index for index in found if start <= index < end))


def _entries_of(case_id: str) -> PostingList:
    return PostingList(Dimension.CASE, case_id)


def _write(keeping: Keeping, context: Context, stored: Stored[Hold] | None, hold: Hold) -> HoldAnswer:
    body = (HoldPlaced if hold.held else HoldReleased)(case_id=hold.case_id, reason=hold.reason)
    head = stored.head if stored else ChainHead()
    hold = hold.model_copy(update={"changed_at": head.not_before(context.now)})
    answer = HoldAnswer(**dict(hold), objects=0, through=0)
    keeping.holds.save(change(SOURCE, hold_id(hold.case_id), head, hold, [body], context, answer))
    return answer


def _answer(keeping: Keeping, hold: Hold, number: int) -> HoldAnswer:
    at = keeping.positions.read(Task(hold.case_id, number, hold.held).name)
    return HoldAnswer(**dict(hold), objects=_Done.model_validate_json(at.state).objects, through=at.size)
