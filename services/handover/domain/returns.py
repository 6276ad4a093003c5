"""Passing a push on, or back: returned, decided, relayed up or down the line, withdrawn (R-HND-4, R-HND-9).

Where a push is passed on, it ends and another one fills its place in the same change, so that a place never has two
live pushes and never has none, until the bureau withdraws what it sent.
"""

from collections.abc import Iterator
from datetime import datetime

from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.claims import deliver, with_new_limit
from services.handover.domain.lines import Unfit, target_fault
from services.handover.domain.pushes import BY_CONFERENCE, Move, after
from services.handover.domain.slots import of_one_act
from shared.contracts.pushes import (
    Push,
    PushBody,
    PushOrigin,
    PushReassigned,
    PushReferred,
    PushRelayed,
    PushReturned,
    PushUpheld,
    PushWithdrawn,
    Referral,
    Return,
    ReturnDecision,
)
from shared.contracts.vocabulary import PushOriginKind, PushState
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.ids import push_id

MOST_PASSED_ON = 9
"""How often an act changes hands in its place; then those who hold it must settle it."""

_DOCUMENT_MISSING = (
    "已提请联席会议的,或已认领的,须写明联席会议议定文件的文号",
    "It was referred to the joint conference, or is claimed: give the number of the document in which it decided",
)
_HANDED_ON = frozenset(
    {
        "case_id", "case_number", "item_code", "item_name", "item_version", "stage", "bureau", "part", "place",
        "content_hash", "claim_mode", "claim_limit", "claim_due_at", "on_overdue",
    }
)  # fmt: skip
"""What a push that takes another's place has of it; the claim limit then runs anew."""


def send_back(file: CaseFile, push: Push, told: Return) -> Outcome:
    """A department returns a push as not its duty (退回, R-HND-4). Raises Refused("wrong_state")."""
    changed = push.model_copy(update={"state": after(push, Move.RETURN), "returned": told})
    return _told(file, PushReturned, changed)


def refer(file: CaseFile, push: Push, referral: Referral) -> Outcome:
    """The sender puts a return before the joint conference (R-HND-4, R-OVS-5). Raises Refused("wrong_state")."""
    changed = push.model_copy(update={"state": after(push, Move.REFER), "referral": referral})
    return _told(file, PushReferred, changed)


def uphold(file: CaseFile, push: Push, decision: ReturnDecision) -> Outcome:
    """It stays with the department, whose claim limit runs anew (R-HND-4).

    Raises Refused: "wrong_state", "invalid_fields" where the conference's document is missing.
    """
    changed = push.model_copy(update={"state": after(push, Move.UPHOLD), "decided": decision})
    _check_conference(push, decision)
    return _told(file, PushUpheld, with_new_limit(changed, decision.at))


def reassign(file: CaseFile, push: Push, decision: ReturnDecision, department: str, giver: str) -> Outcome:
    """Another department gets it instead, from the same sender (R-HND-4); what is claimed, as the conference decided.

    `giver` is who acts for the sender. What it relayed and takes back itself has the sender it had before the relay:
    nobody decides on a return of its own.

    Raises Refused: "wrong_state", "passed_on_too_often", "invalid_fields" where the conference's document is missing or
    the department has it.
    """
    moved = {"state": after(push, Move.REASSIGN), "decided": decision, "to_be_placed": False}
    ended = push.model_copy(update=moved)
    _check_conference(push, decision)
    if department == push.department and push.state is not PushState.WITHDRAWN:
        refuse_fields([target_fault(Unfit.HAS_IT)])
    origin = PushOrigin(kind=PushOriginKind.REASSIGNMENT, of=push.push_id, reason=decision.text)
    before = relayed(file, push)
    sender = before.sender if before and department == giver else push.sender
    return _pass_on(file, ended, PushReassigned, origin, sender, department, decision.at)


def relay(file: CaseFile, push: Push, sender: str, department: str, reason: str, now: datetime) -> Outcome:
    """A department passes it up or down its line, and decides from now on what becomes of it there (R-HND-9).

    Raises Refused: "wrong_state", "passed_on_too_often", "invalid_fields" where the department has it or had it.
    """
    ended = push.model_copy(update={"state": after(push, Move.RELAY), "ended_reason": reason})
    if department in {push.department, sender}:
        refuse_fields([target_fault(Unfit.HAS_IT)])
    if department in held_by(file, push):
        refuse_fields([target_fault(Unfit.HAD_IT)])
    origin = PushOrigin(kind=PushOriginKind.RELAY, of=push.push_id, reason=reason)
    return _pass_on(file, ended, PushRelayed, origin, sender, department, now)


def withdraw(
    file: CaseFile, push: Push, giver: str, reason: str, now: datetime, *, nobody_instead: bool = False
) -> Outcome:
    """The sender takes back what is not claimed (R-HND-4). Raises Refused: "wrong_state", "passed_on_too_often".

    What a department relayed comes back to `giver`, who acts for it: nobody is rid of a duty by relaying it and
    thinking better of it. What a bureau withdraws it owes to somebody else, unless it says that nobody is to have it.
    That may be said later as well, and only that: what is owed since it was withdrawn is owed since then.
    """
    move = Move.WITHDRAW_NOBODY_INSTEAD if nobody_instead else Move.WITHDRAW
    told = {"state": after(push, move), "ended_reason": reason, "ended_at": push.ended_at or now}
    ended = push.model_copy(update=told)
    before = relayed(file, push)
    if before is None:
        owed = ended.model_copy(update={"to_be_placed": not nobody_instead})
        return _told(file, PushWithdrawn, owed)
    origin = PushOrigin(kind=PushOriginKind.REASSIGNMENT, of=push.push_id, reason=reason)
    return _pass_on(file, ended, PushWithdrawn, origin, before.sender, giver, now)


def relayed(file: CaseFile, push: Push) -> Push | None:
    """The push that its sender relayed, of which this one came however often reassigned since; None: none."""
    for before in _origins(file, push):
        first = file.push(before.successor) if before.successor else None
        if before.state is PushState.RELAYED and first is not None and first.sender == push.sender:
            return before
    return None


def held_by(file: CaseFile, push: Push) -> frozenset[str]:
    """Everybody who ever had the act of a push in its place."""
    return frozenset(each.department for each in of_one_act(file, push))


def _origins(file: CaseFile, push: Push) -> Iterator[Push]:
    before = file.push(push.origin.of) if push.origin else None
    while before is not None:
        yield before
        before = file.push(before.origin.of) if before.origin else None


def _pass_on(
    file: CaseFile,
    ended: Push,
    body: type[PushBody],
    origin: PushOrigin,
    sender: str,
    department: str,
    now: datetime,
) -> Outcome:
    if len(of_one_act(file, ended)) > MOST_PASSED_ON:
        raise Refused("passed_on_too_often", most=MOST_PASSED_ON)
    successor = with_new_limit(
        Push(
            **ended.model_dump(include=set(_HANDED_ON)),
            push_id=push_id(ended.case_id, len(file.pushes) + 1),
            sender=sender,
            department=department,
            origin=origin,
            state=PushState.DELIVERED,
            delivered_at=now,
        ),
        now,
    )
    outcome = _told(file, body, ended.model_copy(update={"successor": successor.push_id}))
    return outcome.then(deliver(outcome.file, successor))


def _check_conference(push: Push, decision: ReturnDecision) -> None:
    if push.state in BY_CONFERENCE and decision.conference_document is None:
        refuse_fields([Fault("/conference_document", "missing", *_DOCUMENT_MISSING)])


def _told(file: CaseFile, body: type[PushBody], push: Push) -> Outcome:
    return Outcome(file.with_part(push), (body(push=push),))
