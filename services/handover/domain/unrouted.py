"""What could not be routed, and how it finds its departments after all: by itself, or by a person (R-HND-15).

By itself as soon as what hindered it is gone; the bureau's coordinator may send it to somebody before that.
"""

from collections.abc import Iterable
from datetime import datetime

from services.handover.domain import clocks
from services.handover.domain.cases import CaseFile, Outcome, StageRecord
from services.handover.domain.pushes import ENDED, PushedItem
from services.handover.domain.routes import way_to
from services.handover.domain.routing import (
    Addressee,
    Hindrance,
    Known,
    Unroutable,
    destinations,
    hindrances,
    item_hindrance,
    item_of,
    leave_unrouted,
    push_to,
    slot_of,
    version_of,
)
from services.handover.domain.waits import Wait
from shared.contracts.cases import Case
from shared.contracts.items import ClaimRule, Item
from shared.contracts.model import Code, Contract, ShortText
from shared.contracts.pushes import PushOrigin, PushRouted, PushUnroutable, Unrouted
from shared.contracts.vocabulary import PushOriginKind
from shared.kernel.errors import Refused, Words

_PLACED = Words("已分派", "placed")
_ROUTE = Words("人工分派", "route")
_NONE = Words("无", "none")


class Unlisted(Contract):
    """What a push says of an item of which no version is known: what the case says, and the claim rule by default."""

    code: Code
    name: ShortText
    version: None = None
    claim: ClaimRule = ClaimRule()


def unlisted(case: Case) -> Unlisted:
    """The item of a case as nobody listed it."""
    return Unlisted(code=case.item_code, name=case.item_name or case.item_code)


def reroute(file: CaseFile, unrouted: Unrouted, known: Known, now: datetime) -> Outcome:
    """Carry an unrouted part to the departments it is for, if they can be reached now.

    If not, it waits for whatever hinders it now. A whole stage that reaches some of its departments leaves a part for
    each of the others.
    """
    if unrouted.placed_at is not None:
        return Outcome(file)
    slot = slot_of(file, unrouted.stage, unrouted.department)
    hindrance = item_hindrance(file.case, known)
    item: PushedItem
    if hindrance is None and known.item is not None:
        file, item = clocks.start_clock(_under(file, known.item), known.item), known.item
    elif slot is not None and slot.is_held:
        # Whoever supervises the licence hears what becomes of it, also when its item is in use no more.
        item = item_of(slot)
    else:
        return _waits_on(file, unrouted, hindrance)
    if unrouted.department is not None and unrouted.part is not None:
        meant = slot.filler.department if slot and slot.is_held else unrouted.department
        way = way_to(meant, known.departments)
        if way.reason is not None:
            return _waits_on(file, unrouted, Hindrance(str(way), known.seen(way.ends)))
        return _place(file, unrouted, item, [Addressee(way.chain[-1], unrouted.part, slot)], unrouted.reason, now)
    found = destinations(file, unrouted.stage, known.item, known.departments)
    outcome = _place(file, unrouted, item, found.reached, unrouted.reason, now)
    record = _record(file, unrouted)
    if unrouted.reason == Unroutable.TOO_MANY:
        # Those who could not be reached have parts of their own since the act itself.
        return outcome
    for each in hindrances(file.case, found, known):
        outcome = outcome.then(leave_unrouted(outcome.file, record, each, now))
    return outcome


def route_by_hand(
    file: CaseFile,
    unrouted: Unrouted,
    item: Item | None,
    named: Iterable[Addressee],
    reason: str,
    now: datetime,
) -> Outcome:
    """The bureau's coordinator sends a part to departments of their choice, with a reason.

    Of a later act the first of them is pushed to in the slot that it was meant for, if it was for one. Raises
    Refused("wrong_state") for one that is placed already.
    """
    if unrouted.placed_at is not None:
        raise Refused("wrong_state", state=_PLACED, move=_ROUTE, legal=_NONE)
    first, *others = named
    named = (first._replace(slot=slot_of(file, unrouted.stage, unrouted.department)), *others)
    if item is None:
        return _place(file, unrouted, unlisted(file.case), named, reason, now)
    return _place(clocks.start_clock(_under(file, item), item), unrouted, item, named, reason, now)


def _place(
    file: CaseFile,
    unrouted: Unrouted,
    item: PushedItem,
    named: Iterable[Addressee],
    reason: str,
    now: datetime,
) -> Outcome:
    record = _record(file, unrouted)
    origin = PushOrigin(kind=PushOriginKind.ROUTING, of=unrouted.unrouted_id, reason=reason)
    outcome = Outcome(file)
    placed: list[str] = []
    for addressee in named:
        has_it = _push_of(outcome.file, record, addressee.department)
        if has_it is None:
            outcome = outcome.then(push_to(outcome.file, item, record, addressee, now, origin))
            has_it = outcome.file.pushes[-1].push_id
        placed.append(has_it)
    told = unrouted.model_copy(update={"pushes": tuple(placed), "placed_at": now})
    return outcome.then(Outcome(outcome.file.with_part(told), (PushRouted(unrouted=told),)))


def _push_of(file: CaseFile, record: StageRecord, department: str) -> str | None:
    """The push by which a department has this very act already: it answers for another of the item's departments."""
    found = (
        each.push_id
        for each in file.pushes
        if each.department == department
        and each.stage is record.stage
        and each.content_hash == record.content_hash
        and each.state not in ENDED
    )
    return next(found, None)


def _waits_on(file: CaseFile, unrouted: Unrouted, hindrance: Hindrance | None) -> Outcome:
    if hindrance is None:
        return Outcome(file)
    waits = (Wait(unrouted.unrouted_id, hindrance.seen),)
    if hindrance.reason == unrouted.reason:
        return Outcome(file, (), waits)
    told = unrouted.model_copy(update={"reason": hindrance.reason})
    return Outcome(file.with_part(told), (PushUnroutable(case=file.case, unrouted=told),), waits)


def _record(file: CaseFile, unrouted: Unrouted) -> StageRecord:
    record = file.stage(unrouted.stage_key)
    if record is None:
        raise ValueError(f"{unrouted.unrouted_id} is a part of a stage that was never recorded")
    return record


def _under(file: CaseFile, item: Item) -> CaseFile:
    return file.model_copy(update={"case": file.case.model_copy(update=version_of(item))})
