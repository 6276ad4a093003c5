"""What a stage of a case carries, and to whom: the item's version in force names the departments (R-HND-1 to 3)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from services.handover.domain import clocks
from services.handover.domain.cases import CaseFile, Outcome, StageRecord, stage_key
from services.handover.domain.claims import deliver
from services.handover.domain.licences import STAGE_WORDS
from services.handover.domain.pushes import ENDED, PushedItem, new_push
from services.handover.domain.routes import answers_for, way_to, ways_to
from services.handover.domain.waits import Seen, Wait, department_subject
from shared.contracts.cases import LATER_ACTS, Case, CaseAccepted, CaseDecided, LaterAct, OfflineRecord
from shared.contracts.departments import Department
from shared.contracts.event import Body
from shared.contracts.items import MOST_SUPERVISORS, ClaimRule, Item
from shared.contracts.model import Contract, ShortText
from shared.contracts.pushes import Push, PushOrigin, PushUnroutable, Unrouted
from shared.contracts.vocabulary import ItemStanding, PushStage, Stage, SupervisorPart
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
    """A department a stage is to reach, and the part it has there."""

    department: str
    part: SupervisorPart


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
    if ours is not None and ours.standing not in NOT_IN_USE:
        named = tuple(addressees(outcome.file, ours, known.departments, submission.stage))
        for addressee in named[:MOST_AT_ONCE]:
            outcome = outcome.then(push_to(outcome.file, ours, record, addressee, now))
        outcome = outcome.then(_leave_the_rest(outcome.file, record, len(named), known, now))
    elif holders := _holders(outcome.file, submission.stage):
        # Whoever supervises the licence hears what becomes of it, also when its item is in use no more.
        for push in tuple(holders.values())[:MOST_AT_ONCE]:
            addressee = Addressee(push.department, push.part)
            outcome = outcome.then(push_to(outcome.file, _item_of(push), record, addressee, now))
        return outcome.then(_leave_the_rest(outcome.file, record, len(holders), known, now))
    for hindrance in hindrances(case, submission.stage, known):
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
    """Carry a recorded stage to one department, in a place of its own."""
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
    )
    return deliver(file, push)


def addressees(file: CaseFile, item: Item, departments: Sequence[Department], stage: Stage) -> Iterable[Addressee]:
    """Those the item's version names for the stage; and of a later act also whoever supervises the licence by now."""
    if PUSHED_AS[stage] not in item.push_stages:
        return
    named = {each.department: each.part for each in ways_to(item.supervisors, departments).reached}
    for department, push in _holders(file, stage).items():
        named.setdefault(department, push.part)
    for department, part in named.items():
        yield Addressee(department, part)


def _holders(file: CaseFile, stage: Stage) -> Mapping[str, Push]:
    """Those to whom the licence that a later act is about was pushed and stays pushed, with their latest push."""
    if stage not in LATER_ACTS:
        return {}
    live = (push for push in file.pushes if push.stage is not Stage.ACCEPTANCE and push.state not in ENDED)
    return {push.department: push for push in live}


class _HeldItem(NamedTuple):
    """An item as the push says it under which a department holds its place."""

    code: str
    name: str
    version: int | None
    claim: ClaimRule


def _item_of(push: Push) -> _HeldItem:
    rule = ClaimRule(mode=push.claim_mode, limit=push.claim_limit, on_overdue=push.on_overdue)
    return _HeldItem(push.item_code, push.item_name, push.item_version, rule)


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


def hindrances(case: Case, stage: Stage, known: Known) -> Iterable[Hindrance]:
    """Everything that keeps a stage from departments it is for: the item itself, or each department's own obstacle."""
    hindrance = item_hindrance(case, known)
    if hindrance is not None:
        yield hindrance
    elif known.item is not None and PUSHED_AS[stage] in known.item.push_stages:
        for obstacle in ways_to(known.item.supervisors, known.departments).unreached:
            addressee = Addressee(obstacle.supervisor.department, obstacle.supervisor.part)
            yield Hindrance(str(obstacle), known.seen(obstacle.way.ends), addressee)


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
