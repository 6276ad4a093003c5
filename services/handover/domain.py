"""Cases, pushes and claims: states and moves as tables, and pure functions that return the new state and its events.

The heart of the product is in `responsibility.py`; here is what may happen to a push (R-HND-4, R-HND-5, R-HND-6).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.contracts.event import Body
from shared.contracts.handover import (
    Case,
    CaseAccepted,
    CaseDecided,
    Push,
    PushClaimed,
    PushDelivered,
    PushOverdue,
    PushUnroutable,
    PushViewed,
)
from shared.contracts.model import Contract, Identifier, Instant, Sha256, ShortText
from shared.contracts.registry import Department, Item
from shared.contracts.vocabulary import ClaimMode, OnOverdue, PushState, Stage
from shared.kernel.calendar import deadline
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused
from shared.kernel.ids import push_id

SOURCE = "/shenguan/handover"


class Unrouted(Contract):
    """A stage that could not be carried to a department and waits for the bureau's coordinator (R-HND-15)."""

    case_id: Identifier
    case_number: ShortText
    stage: Stage
    reason: ShortText
    since: Instant


class Receipt(Contract):
    """What the bureau gets back for one push call, whatever came of it (R-HND-1, R-HND-8, R-HND-15)."""

    case_id: Identifier
    case_number: ShortText
    stage: Stage
    recorded_at: Instant
    content_hash: Sha256
    item_version: int | None
    pushes: tuple[Push, ...]
    unrouted: tuple[Unrouted, ...]


class StageRecord(Contract):
    """What was pushed at one stage: the hash of each field, to name a later difference, and the first answer."""

    field_hashes: dict[str, Sha256]
    receipt: Receipt


class CaseFile(Contract):
    """A case with everything handover knows of it: the aggregate that every change goes through."""

    case: Case
    pushes: tuple[Push, ...] = ()
    stages: dict[Stage, StageRecord] = Field(default_factory=dict)
    unrouted: tuple[Unrouted, ...] = ()

    def push(self, identifier: str) -> Push | None:
        """The push with that id, or None."""
        return next((push for push in self.pushes if push.push_id == identifier), None)

    def with_push(self, changed: Push) -> "CaseFile":
        """The case with one push replaced."""
        pushes = tuple(changed if push.push_id == changed.push_id else push for push in self.pushes)
        return self.model_copy(update={"pushes": pushes})

    def departments(self) -> frozenset[str]:
        """Everybody who may read the case: its bureau and the departments it was pushed to."""
        return frozenset({self.case.bureau, *(push.department for push in self.pushes)})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule decided: the new state of the case and the events that tell it."""

    file: CaseFile
    bodies: tuple[Body, ...]


# ── What is pushed, and to whom ─────────────────────────────────────────────────────────────────


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


# ── What may happen to a push ───────────────────────────────────────────────────────────────────


class Move(StrEnum):
    """Everything that can happen to a push once it is delivered."""

    VIEW = "view"
    CLAIM = "claim"
    LAPSE = "lapse"


class ClaimRuleCited(StrEnum):
    """Under which rule responsibility passed; evidence cites it (R-HND-5)."""

    ON_PUSH = "R-HND-5 on_push"
    CONFIRMED = "R-HND-5 confirm"
    DEEMED = "R-HND-5 deemed_claimed"


ON_PUSH_CLAIMANT = "system:on_push"
DEEMED_CLAIMANT = "system:deemed"

MOVES: dict[PushState, dict[Move, PushState]] = {
    PushState.DELIVERED: {
        Move.VIEW: PushState.VIEWED,
        Move.CLAIM: PushState.CLAIMED,
        Move.LAPSE: PushState.OVERDUE_UNCLAIMED,
    },
    PushState.VIEWED: {
        Move.CLAIM: PushState.CLAIMED,
        Move.LAPSE: PushState.OVERDUE_UNCLAIMED,
    },
    PushState.OVERDUE_UNCLAIMED: {Move.CLAIM: PushState.CLAIMED_LATE},
    PushState.CLAIMED: {},
    PushState.CLAIMED_LATE: {},
}
"""From each state, the legal moves and where they lead. `after` turns a claim past its limit into a late one."""

UNCLAIMED = frozenset(state for state, moves in MOVES.items() if Move.CLAIM in moves)


def after(push: Push, move: Move, now: datetime) -> PushState:
    """The state a move leads to. Raises Refused("already_claimed") or Refused("wrong_state") naming the legal moves."""
    state = MOVES[push.state].get(move)
    if state is None:
        raise _illegal(push, move)
    late = move is Move.CLAIM and now >= push.claim_due_at
    return PushState.CLAIMED_LATE if late else state


def _illegal(push: Push, move: Move) -> Refused:
    if move is Move.CLAIM and push.claimed_at is not None:
        at = push.claimed_at.astimezone(BEIJING).isoformat(timespec="milliseconds")
        return Refused("already_claimed", by=push.claimed_by or "", at=at)
    legal = ", ".join(MOVES[push.state]) or "—"
    return Refused("wrong_state", state=push.state, move=move, legal=legal)


def view(file: CaseFile, push: Push, now: datetime) -> Outcome:
    """A department opened a push: recorded the first time, nothing afterwards."""
    if push.viewed_at is not None or push.state is not PushState.DELIVERED:
        return Outcome(file, ())
    changed = push.model_copy(update={"state": after(push, Move.VIEW, now), "viewed_at": now})
    return Outcome(file.with_push(changed), (PushViewed(push=changed),))


def claim(file: CaseFile, push: Push, claimant: str, now: datetime, rule: ClaimRuleCited) -> Outcome:
    """Responsibility passes to the department, once (R-HND-6). Raises Refused when it has passed already."""
    changed = push.model_copy(
        update={
            "state": after(push, Move.CLAIM, now),
            "claimed_at": now,
            "claimed_by": claimant,
            "claim_rule": rule.value,
        }
    )
    return Outcome(file.with_push(changed), (PushClaimed(push=changed),))


def lapse(file: CaseFile, push: Push, now: datetime) -> Outcome:
    """The claim limit has passed: deemed claimed, or visibly overdue, as the item's version says (R-HND-5)."""
    if push.state not in UNCLAIMED or Move.LAPSE not in MOVES[push.state] or now < push.claim_due_at:
        return Outcome(file, ())
    if push.on_overdue is OnOverdue.DEEMED_CLAIMED:
        return _deem(file, push, now)
    changed = push.model_copy(update={"state": after(push, Move.LAPSE, now)})
    return Outcome(file.with_push(changed), (PushOverdue(push=changed),))


def _deem(file: CaseFile, push: Push, now: datetime) -> Outcome:
    # Silence is the claim here, so it is not a late one.
    changed = push.model_copy(
        update={
            "state": PushState.CLAIMED,
            "claimed_at": now,
            "claimed_by": DEEMED_CLAIMANT,
            "claim_rule": ClaimRuleCited.DEEMED.value,
        }
    )
    return Outcome(file.with_push(changed), (PushClaimed(push=changed),))
