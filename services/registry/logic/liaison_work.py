"""Passing a liaison's items to the taker, part by part on the registry's own queue (R-ORG-2).

Each part looks at some items and ends with an event whose arrival begins the next. Each item is written with a mark of
the hand-over, and each part with the event that began it: killed anywhere, it goes on where it was and does nothing
twice.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from services.registry.domain import SOURCE
from services.registry.domain.changes import ChangeEntry, change_entry
from services.registry.domain.items import ItemFile, PublishedItem
from services.registry.domain.liaison_work import (
    APPROVES,
    ITEMS_A_PART,
    hand_id_of,
    names_giver,
    owes_answer,
    passed_on,
    told_of,
    version_of,
    waiting_work,
)
from services.registry.ports.departments import Departments
from services.registry.ports.liaison_work import LiaisonWorks
from shared.contracts.chain import ChainHead
from shared.contracts.change import AlreadyDone, Context, Once, change
from shared.contracts.departments import DepartmentChanged, LiaisonWork, LiaisonWorkPassed, LiaisonWorkState
from shared.contracts.event import Actor, Body, body_of
from shared.contracts.items import Item, ItemDrafted
from shared.contracts.vocabulary import DepartmentKind
from shared.kernel.errors import Refused

MARKS_KEPT = timedelta(days=90)
"""How long it is remembered that an item was passed on; a queue gives a message back for fourteen days at most."""


def begin_work(works: LiaisonWorks, context: Context, told: DepartmentChanged, by: Actor) -> None:
    """Begin to pass on what names the giver, if a department's change was a hand-over. Raises AlreadyDone, Outdated."""
    if told.handover is None:
        return
    department = told.department
    work = waiting_work(hand_id_of(department.department_id, department.version), told, by)
    _pass_part(works, context, ChainHead(), work, department.kind)


def go_on_with_work(works: LiaisonWorks, departments: Departments, context: Context, told: LiaisonWork) -> None:
    """Pass on the next part, if there is one. Raises AlreadyDone, Outdated."""
    if told.state is LiaisonWorkState.DONE:
        return
    stored = works.work(told.hand_id)
    if stored is None or stored.state.after != told.after:
        return  # another message of this part was quicker
    department = departments.department(told.department_id)
    kind = department.state.kind if department else DepartmentKind.SUPERVISION
    _pass_part(works, context, stored.head, stored.state, kind)


def show_work(works: LiaisonWorks, departments: Departments, department_id: str, hand_id: str) -> LiaisonWork:
    """How far a hand-over has come. Raises Refused("not_found")."""
    version = version_of(hand_id, department_id)
    stored = works.work(hand_id)
    if stored is not None and stored.state.department_id == department_id:
        return stored.state
    event = departments.told(department_id, version) if version else None
    told = body_of(event, DepartmentChanged) if event else None
    if event is None or told is None or told.handover is None:
        raise Refused("not_found", id=hand_id)
    return waiting_work(hand_id, told, event.data.actor)


def _pass_part(works: LiaisonWorks, context: Context, head: ChainHead, work: LiaisonWork, kind: DepartmentKind) -> None:
    found: Sequence[str] = ()
    if kind in APPROVES:
        found = works.items_after(work.department_id, approving=APPROVES[kind], after=work.after, limit=ITEMS_A_PART)
    outcomes = [_pass_item(works, context, work, item_id) for item_id in found]
    counted = {
        "looked_at": work.looked_at + len(found),
        "passed": work.passed + sum(each.passed for each in outcomes),
        "consultations": work.consultations + sum(each.owes_answer for each in outcomes),
    }
    state = LiaisonWorkState.PASSING if len(found) == ITEMS_A_PART else LiaisonWorkState.DONE
    after = found[-1] if found else work.after
    moved = work.model_copy(update={**counted, "state": state, "after": after})
    body = LiaisonWorkPassed(work=moved)
    works.save_work(change(SOURCE, work.hand_id, head, moved, [body], context))


class _Outcome(NamedTuple):
    passed: bool
    owes_answer: bool


def _pass_item(works: LiaisonWorks, context: Context, work: LiaisonWork, item_id: str) -> _Outcome:
    mark = Once(f"{work.hand_id}#{item_id}", work.hand_id, context.now + MARKS_KEPT)
    acting = replace(context, once=mark)
    stored = works.item(item_id)
    if stored is None:
        return _Outcome(passed=False, owes_answer=False)
    before = stored.state
    owes = owes_answer(before, work.department_id)
    after, made = passed_on(before, work, stored.head.not_before(context.now))
    if after is before:
        return _Outcome(works.passed_before(acting), owes)
    bodies: list[Body] = [told_of(each) for each in made]
    if after.draft is not None and names_giver(before, work):
        bodies.append(ItemDrafted(item=after.draft))
    after = after.model_copy(update={"revision": stored.head.sequence + len(bodies)})
    written = change(SOURCE, item_id, stored.head, after, bodies, acting)
    # Passed on before, and handed back since: what was done once stays done once.
    with suppress(AlreadyDone):
        works.save_item(written, before, _with_entries(before, made))
    return _Outcome(True, owes)


def _with_entries(before: ItemFile, made: Sequence[PublishedItem]) -> Sequence[tuple[PublishedItem, ChangeEntry]]:
    """Each version with its entry in the change log, beside the version made before it."""
    earlier = [before.published.item] if before.published else []
    items: list[Item | None] = [*earlier, *(each.item for each in made)]
    return [(each, change_entry(beside, each)) for each, beside in zip(made, items, strict=False)]
