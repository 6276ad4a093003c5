"""The items that name a liaison who handed over, and how they come to name the taker (R-ORG-2, R-REG-4).

An item names a person by name and contact. Of an item in force, what names the giver is made anew as a version; where
versions are still to come, each is made anew with its own instant, since a later version supersedes those before it. An
item of which only the draft names the giver has its draft edited. What is retired stays as it was; what will be is in
force until then.
"""

from collections.abc import Mapping
from datetime import datetime

from services.registry.domain.items import ItemAct, ItemFile, PublishedItem
from services.registry.domain.liaisons import known_liaison
from services.registry.domain.versions import with_version
from shared.contracts.departments import DepartmentChanged, LiaisonWork, LiaisonWorkState
from shared.contracts.event import Actor
from shared.contracts.items import Item, ItemPublished, ItemRetired, ItemSuspended, ItemVersionBody
from shared.contracts.vocabulary import DepartmentKind, ItemStanding

ITEMS_A_PART = 20
"""How many items one part looks at: what a function does well within its time."""

APPROVES: Mapping[DepartmentKind, bool] = {DepartmentKind.APPROVAL: True, DepartmentKind.SUPERVISION: False}
"""Which of a department's two lists of items holds what may name its people; other kinds have neither."""

_TOLD_BY: Mapping[ItemStanding, type[ItemVersionBody]] = {
    ItemStanding.PUBLISHED: ItemPublished,
    ItemStanding.SUSPENDED: ItemSuspended,
    ItemStanding.RETIRED: ItemRetired,
}


def hand_id_of(department_id: str, version: int) -> str:
    """The id of the work that the hand-over leaves which made a version of a department."""
    return f"hand_{department_id.removeprefix('dept_')}_{version:06d}"


def version_of(hand_id: str, department_id: str) -> int | None:
    """The version of a department whose hand-over left this work, or None where it is another's."""
    number = hand_id.removeprefix(hand_id_of(department_id, 0).removesuffix("000000"))
    return int(number) if number.isascii() and number.isdecimal() and len(number) == len("000000") else None


def waiting_work(hand_id: str, told: DepartmentChanged, by: Actor) -> LiaisonWork:
    """The work of a hand-over before any item was looked at. Raises ValueError where nobody handed over."""
    department, handover = told.department, told.handover
    giver = known_liaison(department, handover.giver) if handover else None
    taker = known_liaison(department, handover.taker) if handover else None
    if giver is None or taker is None:
        raise ValueError("nobody handed over")
    return LiaisonWork(
        hand_id=hand_id,
        department_id=department.department_id,
        giver=giver,
        taker=taker,
        reason=told.reason or "",
        by=by,
        state=LiaisonWorkState.WAITING,
    )


def reason_of(work: LiaisonWork) -> str:
    """Why the versions are made, in the words of the public list."""
    return f"联络员工作移交:{work.giver.name}移交{work.taker.name}。{work.reason}"


def passed_on(file: ItemFile, work: LiaisonWork, now: datetime) -> tuple[ItemFile, tuple[PublishedItem, ...]]:
    """The file after the taker stands in the giver's place, and the versions made for it, oldest instant first.

    The file itself where nothing names the giver.
    """
    versions = _in_force_and_to_come(file, now)
    if [each.item.standing for each in versions] == [ItemStanding.RETIRED]:
        return file, ()
    made: list[PublishedItem] = []
    after = file
    for each in _from_first_naming(versions, work):
        version = _anew(after, each, work, now)
        made.append(version)
        after = with_version(after, version, now)
    if after.draft is not None:
        after = after.model_copy(update={"draft": _with_taker(after.draft, work)})
    return (file, ()) if after == file else (after, tuple(made))


def names_giver(file: ItemFile, work: LiaisonWork) -> bool:
    """Whether the draft names the giver."""
    return file.draft is not None and _with_taker(file.draft, work) != file.draft


def told_of(made: PublishedItem) -> ItemVersionBody:
    """The event that tells of a version which left the item's standing as it was."""
    return _TOLD_BY[made.item.standing](item=made.item, reason=made.reason)


def owes_answer(file: ItemFile, department_id: str) -> bool:
    """Whether a consultation on the item's draft awaits the department's answer (R-REG-4)."""
    return file.consultation is not None and department_id in file.consultation.awaited()


def _in_force_and_to_come(file: ItemFile, now: datetime) -> list[PublishedItem]:
    begun = [each for each in file.current if each.item.effective_from <= now]
    return [*begun[-1:], *(each for each in file.current if each.item.effective_from > now)]


def _from_first_naming(versions: list[PublishedItem], work: LiaisonWork) -> list[PublishedItem]:
    naming = [number for number, each in enumerate(versions) if _with_taker(each.item, work) != each.item]
    return versions[naming[0] :] if naming else []


def _anew(file: ItemFile, source: PublishedItem, work: LiaisonWork, now: datetime) -> PublishedItem:
    item = _with_taker(source.item, work)
    given = {"version": file.next_version, "effective_from": max(now, item.effective_from)}
    return PublishedItem(
        item=item.model_copy(update=given),
        act=ItemAct.HAND_OVER,
        reason=reason_of(work),
        published_at=now,
        author=work.by,
    )


def _with_taker(item: Item, work: LiaisonWork) -> Item:
    giver, taker = work.giver, work.taker
    changed: dict[str, object] = {}
    if (item.approval_department, item.approval_person, item.approval_contact) == (
        work.department_id,
        giver.name,
        giver.phone,
    ):
        changed = {"approval_person": taker.name, "approval_contact": taker.phone}
    supervisors = tuple(
        each.model_copy(update={"person": taker.name, "contact": taker.phone})
        if (each.department, each.person, each.contact) == (work.department_id, giver.name, giver.phone)
        else each
        for each in item.supervisors
    )
    return item.model_copy(update={**changed, "supervisors": supervisors})
