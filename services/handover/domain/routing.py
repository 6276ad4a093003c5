"""What a stage of a case carries, and to whom: the item's version in force names the departments (R-HND-1, R-HND-2)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.handover.domain.cases import CaseFile, Outcome, Receipt, StageRecord, Unrouted
from services.handover.domain.pushes import ON_PUSH_CLAIMANT, ClaimRuleCited
from services.handover.domain.routes import answers_for, ways_to
from shared.contracts.departments import Department
from shared.contracts.event import Body
from shared.contracts.handover import Case, CaseAccepted, CaseDecided, Push, PushClaimed, PushDelivered, PushUnroutable
from shared.contracts.items import Item
from shared.contracts.model import Contract, ShortText
from shared.contracts.vocabulary import ClaimMode, ItemStanding, PushState, Stage
from shared.kernel.calendar import deadline
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Refused
from shared.kernel.ids import push_id


class Submission(Contract):
    """One stage as the bureau sent it, field by field as JSON, whatever is known of the case besides."""

    stage: Stage
    case_number: ShortText
    fields: dict[str, Any]

    def field_hashes(self) -> dict[str, str]:
        """A hash for each field, so that a difference can be named later without keeping the content twice."""
        return {name: sha256_hex(canonical_json(value)) for name, value in self.fields.items()}

    def content_hash(self) -> str:
        """One hash over all of them; it goes into every push and receipt (R-HND-8)."""
        return sha256_hex(canonical_json(self.field_hashes()))


_STAGE_EVENT: dict[Stage, type[CaseAccepted] | type[CaseDecided]] = {
    Stage.ACCEPTANCE: CaseAccepted,
    Stage.DECISION: CaseDecided,
}


_WHAT_A_CASE_IS_ABOUT = {"item_code", "applicant"}

# Where delivery is the claim, a push is told as delivered first, and then as claimed.
_AS_DELIVERED = {"state": PushState.DELIVERED, "claimed_at": None, "claimed_by": None, "claim_rule": None}


class Unroutable(StrEnum):
    """Why a stage could not be carried to anybody (R-HND-15); why not to one department: see `routes.Unreached`."""

    NO_ITEM = "no_published_item"
    SUSPENDED = "item_suspended"
    RETIRED = "item_retired"
    ANOTHER_BUREAUS = "item_of_another_bureau"


NOT_IN_USE: Mapping[ItemStanding, Unroutable] = {
    ItemStanding.SUSPENDED: Unroutable.SUSPENDED,
    ItemStanding.RETIRED: Unroutable.RETIRED,
}
"""Standings in which an item's version in force carries nothing to anybody (R-REG-4)."""


def first_receipt(before: CaseFile | None, submission: Submission) -> Receipt | None:
    """The first answer when this very content was recorded before, None when the stage is new (R-HND-13).

    Raises Refused("case_conflict"), naming the fields that differ: from what was recorded at this stage, or from what
    the case is about.
    """
    if before is None:
        return None
    recorded = before.stages.get(submission.stage)
    differing = _differing_stage(recorded, submission) if recorded else _differing_case(before.case, submission)
    if differing:
        raise Refused(
            "case_conflict",
            case_number=submission.case_number,
            stage=submission.stage,
            difference=", ".join(sorted(differing)),
        )
    return recorded.receipt if recorded else None


def record_stage(
    before: CaseFile | None,
    case: Case,
    submission: Submission,
    item: Item | None,
    departments: Sequence[Department],
    now: datetime,
) -> Outcome:
    """Record a new stage of a case and push it to every department the item's version names for it.

    Nothing is rejected for want of a route: what cannot be carried waits for a person (R-HND-15).
    """
    earlier = before or CaseFile(case=case)
    ours = item if item and _is_of(case.bureau, item, departments) else None
    pushes = _deliver(earlier, case, submission, ours, departments, now)
    unrouted = _unrouted(case, submission.stage, item, departments, now)
    receipt = Receipt(
        case_id=case.case_id,
        case_number=case.case_number,
        stage=submission.stage,
        recorded_at=now,
        content_hash=submission.content_hash(),
        item_version=ours.version if ours else None,
        pushes=pushes,
        unrouted=unrouted,
    )
    record = StageRecord(field_hashes=submission.field_hashes(), receipt=receipt)
    file = CaseFile(
        case=case,
        pushes=(*earlier.pushes, *pushes),
        stages={**earlier.stages, submission.stage: record},
        unrouted=(*earlier.unrouted, *unrouted),
    )
    return Outcome(file, tuple(_told(case, submission.stage, pushes, unrouted)))


def _is_of(bureau: str, item: Item, departments: Sequence[Department]) -> bool:
    return answers_for(bureau, item.approval_department, departments)


def _differing_stage(recorded: StageRecord, submission: Submission) -> set[str]:
    given = submission.field_hashes()
    names = given.keys() | recorded.field_hashes.keys()
    return {name for name in names if given.get(name) != recorded.field_hashes.get(name)}


def _differing_case(known: Case, submission: Submission) -> set[str]:
    was = known.model_dump(mode="json", include=_WHAT_A_CASE_IS_ABOUT, exclude_defaults=True)
    return {name for name in was.keys() & submission.fields.keys() if submission.fields[name] != was[name]}


def _deliver(
    earlier: CaseFile,
    case: Case,
    submission: Submission,
    item: Item | None,
    departments: Sequence[Department],
    now: datetime,
) -> tuple[Push, ...]:
    if item is None or item.standing in NOT_IN_USE or submission.stage not in item.push_stages:
        return ()
    due = deadline(now, item.claim.limit.limit())
    at_once = item.claim.mode is ClaimMode.ON_PUSH
    number = len(earlier.pushes)
    return tuple(
        Push(
            push_id=push_id(case.case_id, number + position),
            case_id=case.case_id,
            case_number=case.case_number,
            item_name=item.name,
            item_version=item.version,
            stage=submission.stage,
            bureau=case.bureau,
            department=supervisor.department,
            part=supervisor.part,
            content_hash=submission.content_hash(),
            state=PushState.CLAIMED if at_once else PushState.DELIVERED,
            delivered_at=now,
            claim_mode=item.claim.mode,
            claim_due_at=due.at,
            claim_due_provisional=due.provisional,
            on_overdue=item.claim.on_overdue,
            claimed_at=now if at_once else None,
            claimed_by=ON_PUSH_CLAIMANT if at_once else None,
            claim_rule=ClaimRuleCited.ON_PUSH if at_once else None,
        )
        for position, supervisor in enumerate(ways_to(item.supervisors, departments).reached, start=1)
    )


def _unrouted(
    case: Case, stage: Stage, item: Item | None, departments: Sequence[Department], now: datetime
) -> tuple[Unrouted, ...]:
    if item is None:
        reasons = [Unroutable.NO_ITEM.value]
    elif not _is_of(case.bureau, item, departments):
        reasons = [Unroutable.ANOTHER_BUREAUS.value]
    elif item.standing in NOT_IN_USE:
        reasons = [NOT_IN_USE[item.standing].value]
    elif stage in item.push_stages:
        reasons = list(ways_to(item.supervisors, departments).unreached)
    else:
        reasons = []
    return tuple(
        Unrouted(
            case_id=case.case_id,
            case_number=case.case_number,
            stage=stage,
            reason=reason,
            since=now,
        )
        for reason in reasons
    )


def _told(case: Case, stage: Stage, pushes: Iterable[Push], unrouted: Iterable[Unrouted]) -> Iterable[Body]:
    yield _STAGE_EVENT[stage](case=case)
    for push in pushes:
        yield PushDelivered(push=push.model_copy(update=_AS_DELIVERED))
        if push.state is PushState.CLAIMED:
            yield PushClaimed(push=push)
    for each in unrouted:
        yield PushUnroutable(case=case, stage=stage, reason=each.reason)
