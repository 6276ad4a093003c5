"""What a stage of a case carries, and to whom: the item's version in force names the departments (R-HND-1 to 3)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from services.handover.domain import clocks
from services.handover.domain.cases import CaseFile, Outcome, StageRecord, stage_key
from services.handover.domain.claims import deliver
from services.handover.domain.licences import STAGE_WORDS
from services.handover.domain.pushes import PushedItem, new_push
from services.handover.domain.routes import Way, answers_for, way_to
from services.handover.domain.slots import Slot, slots
from services.handover.domain.waits import Seen, Wait, department_subject
from shared.contracts.cases import LATER_ACTS, Case, CaseAccepted, CaseDecided, LaterAct, OfflineRecord
from shared.contracts.departments import Department
from shared.contracts.event import Body
from shared.contracts.items import MOST_SUPERVISORS, ClaimRule, Item
from shared.contracts.model import Contract, ShortText
from shared.contracts.pushes import PushOrigin, PushUnroutable, Unrouted
from shared.contracts.vocabulary import ItemStanding, PushOriginKind, PushStage, Stage, SupervisorPart
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Refused, Words
from shared.kernel.ids import unrouted_id

PUSHED_AS: Mapping[Stage, PushStage] = {
    stage: PushStage.ACCEPTANCE if stage is Stage.ACCEPTANCE else PushStage.DECISION for stage in Stage
}
"""Under which of an item's stages an act is pushed: later acts go where decisions go (R-HND-3)."""


class Submission(Contract):
    """One stage as the bureau sent it, field by field as JSON, whatever is known of the case besides."""

    stage: Stage
    document_number: ShortText | None = None
    case_number: ShortText
    fields: dict[str, Any]

    @property
    def key(self) -> str:
        """Under which it is recorded, once."""
        return stage_key(self.stage, self.document_number)

    def field_hashes(self) -> dict[str, str]:
        """A hash for each field, so that a difference can be named later without keeping the content twice."""
        return {name: sha256_hex(canonical_json(value)) for name, value in self.fields.items()}

    def content_hash(self) -> str:
        """One hash over all of them; it goes into every push and receipt (R-HND-8)."""
        return sha256_hex(canonical_json(self.field_hashes()))


class Unroutable(StrEnum):
    """Why a stage could not be carried to anybody (R-HND-15); why not to one department: see `routes.Unreached`."""

    NO_ITEM = "no_published_item"
    SUSPENDED = "item_suspended"
    RETIRED = "item_retired"
    ANOTHER_BUREAUS = "item_of_another_bureau"
    TOO_MANY = "more_departments_than_at_once"


NOT_IN_USE: Mapping[ItemStanding, Unroutable] = {
    ItemStanding.SUSPENDED: Unroutable.SUSPENDED,
    ItemStanding.RETIRED: Unroutable.RETIRED,
}
"""Standings in which an item's version in force carries nothing to anybody (R-REG-4)."""

MOST_AT_ONCE = MOST_SUPERVISORS
"""To how many departments one change carries an act: each costs up to six of a transaction's hundred writes."""

_WHAT_A_CASE_IS_ABOUT = {"item_code", "applicant"}


class Known(NamedTuple):
    """What is known of the registry as a stage is routed: the version in force, the departments it leads to.

    `item_seen`: the item as it was read, with what is to come of it.
    """

    item: Item | None
    departments: Sequence[Department]
    item_seen: Seen

    def seen(self, departments: Iterable[str]) -> tuple[Seen, ...]:
        """These departments as they were read."""
        versions = {each.department_id: each.version for each in self.departments}
        return tuple(Seen(department_subject(each), versions.get(each)) for each in dict.fromkeys(departments))


class Addressee(NamedTuple):
    """A department a stage is to reach, the part it has there, and the slot it is for where that is one already."""

    department: str
    part: SupervisorPart
    slot: Slot | None = None


class Hindrance(NamedTuple):
    """Why a stage, or its way to one department, is not open, and what of the registry that was judged by."""

    reason: str
    seen: tuple[Seen, ...]
    addressee: Addressee | None = None


def check_same(before: CaseFile | None, submission: Submission) -> StageRecord | None:
    """What was recorded when this very content came before, None when the stage is new (R-HND-13).

    Raises Refused("case_conflict"), naming the fields that differ: from what was recorded at this stage, or from what
    the case is about.
    """
    if before is None:
        return None
    recorded = before.stage(submission.key)
    differing = _differing_stage(recorded, submission) if recorded else _differing_case(before.case, submission)
    if differing:
        raise Refused(
            "case_conflict",
            case_number=submission.case_number,
            stage=Words(STAGE_WORDS[submission.stage], submission.stage),
            difference=", ".join(sorted(differing)),
        )
    return recorded


def record_stage(
    before: CaseFile | None,
    case: Case,
    submission: Submission,
    known: Known,
    now: datetime,
    *,
    act: LaterAct | None = None,
    offline: OfflineRecord | None = None,
) -> Outcome:
    """Record a new stage of a case and push it to every department the item's version names for it.

    Nothing is rejected for want of a route: what cannot be carried waits for a person (R-HND-15).
    """
    file = (before or CaseFile(case=case)).model_copy(update={"case": case})
    ours = (
        known.item
        if known.item and answers_for(case.bureau, known.item.approval_department, known.departments)
        else None
    )
    record = StageRecord(
        key=submission.key,
        stage=submission.stage,
        recorded_at=now,
        content_hash=submission.content_hash(),
        item_version=ours.version if ours else None,
        field_hashes=submission.field_hashes(),
        materials=case.materials,
        act=act,
        offline=offline,
    )
    if ours is not None:
        file = clocks.start_clock(file, ours)
    outcome = Outcome(file.with_part(record), (_stage_event(case, submission.stage, act),))
    in_use = ours if ours is not None and ours.standing not in NOT_IN_USE else None
    found = destinations(outcome.file, submission.stage, in_use, known.departments)
    for addressee in found.reached[:MOST_AT_ONCE]:
        outcome = outcome.then(push_to(outcome.file, _item_for(in_use, addressee), record, addressee, now))
    outcome = outcome.then(_leave_the_rest(outcome.file, record, len(found.reached), known, now))
    for hindrance in hindrances(outcome.file.case, found, known):
        outcome = outcome.then(leave_unrouted(outcome.file, record, hindrance, now))
    return outcome


def push_to(
    file: CaseFile,
    item: PushedItem,
    record: StageRecord,
    addressee: Addressee,
    now: datetime,
    origin: PushOrigin | None = None,
) -> Outcome:
    """Carry a recorded stage to one department: in the place of the slot it is for, or in one of its own.

    What was withdrawn for good is given to somebody again by that, whose place it then is (R-HND-7).
    """
    slot = addressee.slot
    if slot is not None and slot.is_closed:
        origin = PushOrigin(kind=PushOriginKind.REASSIGNMENT, of=slot.filler.push_id)
    push = new_push(
        file,
        file.case,
        item,
        stage=record.stage,
        content_hash=record.content_hash,
        department=addressee.department,
        part=addressee.part,
        now=now,
        origin=origin,
        place=slot.filler.place if slot else None,
    )
    return deliver(file, push)


class Astray(NamedTuple):
    """A department that a stage is for and does not reach, and the way on which that was learned."""

    addressee: Addressee
    way: Way


class Destinations(NamedTuple):
    """Where a stage goes, each department once, and who is not reached; `held`: whether it is for somebody's slots."""

    reached: tuple[Addressee, ...] = ()
    unreached: tuple[Astray, ...] = ()
    held: bool = False


def destinations(file: CaseFile, stage: Stage, item: Item | None, departments: Sequence[Department]) -> Destinations:
    """Those whom the item's version, if one is in use, names for the stage; of a later act, whoever supervises by now.

    A later act goes to whoever holds a slot now, or answers for them; not also to those who held it before, of whom the
    item goes on to name the first (R-HND-4, R-HND-9, R-ORG-1). Each goes by a way that is open (R-HND-15).
    """
    if item is not None and PUSHED_AS[stage] not in item.push_stages:
        return Destinations()
    every = slots(file) if stage in LATER_ACTS else ()
    held = tuple(slot for slot in every if slot.is_held)
    holders = (Addressee(slot.filler.department, slot.filler.part, slot) for slot in held)
    reached: dict[str, Addressee] = {}
    unreached: dict[str, Astray] = {}
    for each in (*_named(item, every, departments), *holders):
        way = way_to(each.department, departments)
        last = way.chain[-1]
        if way.reason is None:
            reached[last] = _as_one(reached.get(last), each._replace(department=last))
        else:
            unreached.setdefault(each.department, Astray(each, way))
    return Destinations(tuple(reached.values()), tuple(unreached.values()), bool(held))


def slot_of(file: CaseFile, stage: Stage, department: str | None) -> Slot | None:
    """The slot in which a later act is meant for a department: it holds it, or had it before."""
    if stage not in LATER_ACTS or department is None:
        return None
    had = [slot for slot in slots(file) if department in {slot.filler.department, *slot.before}]
    had.sort(key=lambda slot: (not slot.is_held, slot.filler.department != department))
    return had[0] if had else None


def _named(item: Item | None, every: Sequence[Slot], departments: Sequence[Department]) -> Iterable[Addressee]:
    """The item's supervisors, each with a slot that nobody has by now, but for those whose slot another has."""
    held = [slot for slot in every if slot.is_held]
    holding = _heirs((slot.filler.department for slot in held), departments)
    passed_on = _heirs((each for slot in held for each in slot.before), departments) - holding
    for supervisor in item.supervisors if item else ():
        chain = way_to(supervisor.department, departments).chain
        if passed_on.isdisjoint(chain):
            left = (slot for slot in every if not slot.is_held and _had(slot, departments).intersection(chain))
            yield Addressee(supervisor.department, supervisor.part, next(left, None))


def _had(slot: Slot, departments: Sequence[Department]) -> frozenset[str]:
    return _heirs((slot.filler.department, *slot.before), departments)


def _heirs(departments: Iterable[str], known: Sequence[Department]) -> frozenset[str]:
    """These departments and everybody who answers for them, one after the other."""
    return frozenset(each for department in departments for each in way_to(department, known).chain)


def _as_one(known: Addressee | None, other: Addressee) -> Addressee:
    """Who is meant twice is pushed to once: leads if one of the two led, and in the slot that is held if one is."""
    if known is None:
        return other
    part = SupervisorPart.LEAD if SupervisorPart.LEAD in {known.part, other.part} else known.part
    given = [each.slot for each in (known, other) if each.slot]
    given.sort(key=lambda slot: not slot.is_held)
    return Addressee(known.department, part, given[0] if given else None)


class _HeldItem(NamedTuple):
    """An item as the push says it under which a department holds its place."""

    code: str
    name: str
    version: int | None
    claim: ClaimRule


def item_of(slot: Slot) -> PushedItem:
    """The item under which a slot is held: it is pushed under that when it is in use no more."""
    push = slot.filler
    rule = ClaimRule(mode=push.claim_mode, limit=push.claim_limit, on_overdue=push.on_overdue)
    return _HeldItem(push.item_code, push.item_name, push.item_version, rule)


def _item_for(in_use: Item | None, addressee: Addressee) -> PushedItem:
    if in_use is not None:
        return in_use
    if addressee.slot is None:
        raise ValueError(f"{addressee.department} is named by no item and holds nothing")
    return item_of(addressee.slot)


def item_hindrance(case: Case, known: Known) -> Hindrance | None:
    """Why nothing at all is carried under the case's item now, or None (R-HND-15)."""
    item = known.item
    if item is None:
        return Hindrance(Unroutable.NO_ITEM, (known.item_seen,))
    if not answers_for(case.bureau, item.approval_department, known.departments):
        way = way_to(item.approval_department, known.departments)
        return Hindrance(Unroutable.ANOTHER_BUREAUS, (known.item_seen, *known.seen(way.ends)))
    if item.standing in NOT_IN_USE:
        return Hindrance(NOT_IN_USE[item.standing], (known.item_seen,))
    return None


def hindrances(case: Case, found: Destinations, known: Known) -> Iterable[Hindrance]:
    """Everything that keeps a stage from departments it is for: the item, where nobody holds a slot; each one's own."""
    hindrance = None if found.held else item_hindrance(case, known)
    if hindrance is not None:
        yield hindrance
    for addressee, way in found.unreached:
        yield Hindrance(str(way), known.seen(way.ends), addressee)


def _leave_the_rest(file: CaseFile, record: StageRecord, named: int, known: Known, now: datetime) -> Outcome:
    """What one act cannot be carried to at once waits for the coordinator: old supervisors beside twelve new ones."""
    if named <= MOST_AT_ONCE:
        return Outcome(file)
    return leave_unrouted(file, record, Hindrance(Unroutable.TOO_MANY, (known.item_seen,)), now)


def leave_unrouted(file: CaseFile, record: StageRecord, hindrance: Hindrance, now: datetime) -> Outcome:
    """Keep a part of a stage for the bureau's coordinator, and for news of what hinders it (R-HND-15)."""
    case, addressee = file.case, hindrance.addressee
    unrouted = Unrouted(
        unrouted_id=unrouted_id(case.case_id, len(file.unrouted) + 1),
        case_id=case.case_id,
        case_number=case.case_number,
        item_code=case.item_code,
        stage=record.stage,
        stage_key=record.key,
        reason=hindrance.reason,
        department=addressee.department if addressee else None,
        part=addressee.part if addressee else None,
        since=now,
    )
    told = PushUnroutable(case=case, unrouted=unrouted)
    return Outcome(file.with_part(unrouted), (told,), (Wait(unrouted.unrouted_id, hindrance.seen),))


def version_of(item: Item | None) -> dict[str, Any]:
    """What a case says of the item's version that applied at its latest stage (R-REG-4)."""
    return {"item_id": item.item_id, "item_name": item.name, "item_version": item.version} if item else {}


def _stage_event(case: Case, stage: Stage, act: LaterAct | None) -> Body:
    if act is not None:
        return LATER_ACTS[stage](case=case, act=act)
    return CaseAccepted(case=case) if stage is Stage.ACCEPTANCE else CaseDecided(case=case)


def _differing_stage(recorded: StageRecord, submission: Submission) -> set[str]:
    given = submission.field_hashes()
    names = given.keys() | recorded.field_hashes.keys()
    return {name for name in names if given.get(name) != recorded.field_hashes.get(name)}


def _differing_case(known: Case, submission: Submission) -> set[str]:
    was = known.model_dump(mode="json", include=_WHAT_A_CASE_IS_ABOUT, exclude_defaults=True)
    return {name for name in was.keys() & submission.fields.keys() if submission.fields[name] != was[name]}
