"""What a stage of a case carries, and to whom: the item's version in force names the departments (R-HND-1, R-HND-2)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from services.handover.domain.cases import CaseFile, Outcome, Receipt, StageRecord, Unrouted
from services.handover.domain.pushes import ON_PUSH_CLAIMANT, ClaimRuleCited
from shared.contracts.event import Body
from shared.contracts.handover import Case, CaseAccepted, CaseDecided, Push, PushClaimed, PushDelivered, PushUnroutable
from shared.contracts.model import Contract
from shared.contracts.registry import Department, Item
from shared.contracts.vocabulary import ClaimMode, PushState, Stage
from shared.kernel.calendar import deadline
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Refused
from shared.kernel.ids import push_id


class Content(Contract):
    """One stage as the bureau sent it: the case as it now stands, and what of it this stage is about."""

    case: Case
    stage: Stage

    def field_hashes(self) -> dict[str, str]:
        """A hash for each field that the stage carries, so that a difference can be named (R-HND-13)."""
        given = self.case.model_dump(mode="json", include=_CARRIED[self.stage])
        return {name: sha256_hex(canonical_json(value)) for name, value in given.items()}

    def content_hash(self) -> str:
        """One hash over all of them; it goes into every push and receipt (R-HND-8)."""
        return sha256_hex(canonical_json(self.field_hashes()))


# The materials of a decision are all the materials, so a decision carries them again (R-HND-2).
_CARRIED: dict[Stage, set[str]] = {
    Stage.ACCEPTANCE: {
        "case_number", "item_code", "applicant", "approval_mode", "received_at", "accepted_at",
        "promises", "materials", "credit_lookup",
    },
    Stage.DECISION: {"case_number", "item_code", "decision", "materials"},
}  # fmt: skip

_STAGE_EVENT: dict[Stage, type[CaseAccepted] | type[CaseDecided]] = {
    Stage.ACCEPTANCE: CaseAccepted,
    Stage.DECISION: CaseDecided,
}


class Unroutable(StrEnum):
    """Why a stage could not be carried to anybody (R-HND-15)."""

    NO_ITEM = "no_published_item"
    NO_LIAISON = "department_without_liaison"


def record_stage(
    before: CaseFile | None,
    content: Content,
    item: Item | None,
    departments: Sequence[Department],
    now: datetime,
) -> Outcome:
    """Record one stage of a case and push it to every department the item's version names for it.

    Nothing is rejected for want of a route: what cannot be carried waits for a person (R-HND-15). Raises
    Refused("case_conflict") when the stage was recorded with other content.
    """
    first = refuse_other_content(before, content)
    if first is not None and before is not None:
        return Outcome(before, ())
    pushes = _deliver(before, content, item, departments, now)
    unrouted = _unrouted(content, item, departments, now)
    receipt = Receipt(
        case_id=content.case.case_id,
        case_number=content.case.case_number,
        stage=content.stage,
        recorded_at=now,
        content_hash=content.content_hash(),
        item_version=item.version if item else None,
        pushes=pushes,
        unrouted=unrouted,
    )
    stages = before.stages if before else {}
    record = StageRecord(field_hashes=content.field_hashes(), receipt=receipt)
    file = CaseFile(
        case=content.case,
        pushes=(*(before.pushes if before else ()), *pushes),
        stages={**stages, content.stage: record},
        unrouted=(*(before.unrouted if before else ()), *unrouted),
    )
    return Outcome(file, tuple(_told(content, pushes, unrouted)))


def refuse_other_content(before: CaseFile | None, content: Content) -> Receipt | None:
    """The first answer when this very content was recorded before, None when the stage is new (R-HND-13).

    Raises Refused("case_conflict"), naming the fields that differ, when it was recorded with other content.
    """
    recorded = before.stages.get(content.stage) if before else None
    if recorded is None:
        return None
    given = content.field_hashes()
    differing = sorted(name for name in given if given[name] != recorded.field_hashes.get(name))
    if differing:
        raise Refused(
            "case_conflict",
            case_number=content.case.case_number,
            stage=content.stage,
            difference=", ".join(differing),
        )
    return recorded.receipt


def _deliver(
    before: CaseFile | None,
    content: Content,
    item: Item | None,
    departments: Sequence[Department],
    now: datetime,
) -> tuple[Push, ...]:
    if item is None or content.stage not in item.push_stages:
        return ()
    without = _without_liaison(departments)
    due = deadline(now, item.claim.limit.limit())
    at_once = item.claim.mode is ClaimMode.ON_PUSH
    number = len(before.pushes) if before else 0
    reached = [each for each in item.supervisors if each.department not in without]
    return tuple(
        Push(
            push_id=push_id(content.case.case_id, number + position),
            case_id=content.case.case_id,
            case_number=content.case.case_number,
            item_name=item.name,
            item_version=item.version,
            stage=content.stage,
            bureau=content.case.bureau,
            department=supervisor.department,
            part=supervisor.part,
            content_hash=content.content_hash(),
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
        for position, supervisor in enumerate(reached, start=1)
    )


def _unrouted(
    content: Content, item: Item | None, departments: Sequence[Department], now: datetime
) -> tuple[Unrouted, ...]:
    if item is None:
        reasons = [Unroutable.NO_ITEM.value]
    elif content.stage in item.push_stages:
        without = _without_liaison(departments)
        named = [each.department for each in item.supervisors if each.department in without]
        reasons = [f"{Unroutable.NO_LIAISON}: {name}" for name in named]
    else:
        reasons = []
    return tuple(
        Unrouted(
            case_id=content.case.case_id,
            case_number=content.case.case_number,
            stage=content.stage,
            reason=reason,
            since=now,
        )
        for reason in reasons
    )


def _without_liaison(departments: Iterable[Department]) -> frozenset[str]:
    # A department we have not heard of yet is only late news: its item could not be published without a liaison.
    return frozenset(each.department_id for each in departments if not any(liaison.active for liaison in each.liaisons))


def _told(content: Content, pushes: Iterable[Push], unrouted: Iterable[Unrouted]) -> Iterable[Body]:
    yield _STAGE_EVENT[content.stage](case=content.case)
    for push in pushes:
        delivered = {"state": PushState.DELIVERED, "claimed_at": None, "claimed_by": None, "claim_rule": None}
        yield PushDelivered(push=push.model_copy(update=delivered))
        if push.state is PushState.CLAIMED:
            yield PushClaimed(push=push)
    for each in unrouted:
        yield PushUnroutable(case=content.case, stage=content.stage, reason=each.reason)
