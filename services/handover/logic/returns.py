"""Returning a push, deciding on returns, relaying and withdrawing: what each side may do (R-HND-4, R-HND-9)."""

from collections.abc import Sequence
from datetime import datetime

from services.handover.domain import returns
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.lines import LONGEST_LINE, Unfit, above, in_line, target_fault, target_faults
from services.handover.logic.access import acts_for
from services.handover.logic.known import gather
from services.handover.logic.office import Office, save
from services.handover.logic.pushes import BUREAU_DESK, find_push, moved, own_push, seen
from services.handover.schemas.returns import (
    MoveAnswer,
    PushWithdrawalRequest,
    ReassignRequest,
    ReferralRequest,
    RelayRequest,
    ReturnRequest,
    UpholdRequest,
)
from shared.contracts.change import Context, Stored
from shared.contracts.pushes import Push, Referral, Return, ReturnDecision
from shared.contracts.receipts import SignedReceipt
from shared.kernel.errors import Fault, Refused, refuse_fields
from shared.kernel.permissions import Role, department_of

DECIDES = frozenset({Role.LIAISON})
"""Who decides for a department on the return of what it relayed; for a bureau see `BUREAU_DESK`."""


def return_push(office: Office, context: Context, push_id: str, request: ReturnRequest) -> MoveAnswer:
    """A department returns a push as not its duty, with reason code and text (R-HND-4)."""
    stored, push = own_push(office, context, push_id)
    told = Return(reason=request.reason, text=request.text, at=_now(stored, context), by=context.principal.client_id)
    outcome = moved(office, stored, push, told.at, lambda file, push: returns.send_back(file, push, told))
    return _saved(office, context, stored, push, outcome)


def refer_return(office: Office, context: Context, push_id: str, request: ReferralRequest) -> MoveAnswer:
    """The sender puts a return before the joint conference (R-HND-4, R-OVS-5)."""
    stored, push = _sent_push(office, context, push_id)
    referral = Referral(text=request.text, at=_now(stored, context), by=context.principal.client_id)
    outcome = moved(office, stored, push, referral.at, lambda file, push: returns.refer(file, push, referral))
    return _saved(office, context, stored, push, outcome)


def uphold_push(office: Office, context: Context, push_id: str, request: UpholdRequest) -> MoveAnswer:
    """The sender decides that a returned push stays where it is; its claim limit runs anew (R-HND-4)."""
    stored, push = _sent_push(office, context, push_id)
    decided = _decision(request, stored, context)
    outcome = moved(office, stored, push, decided.at, lambda file, push: returns.uphold(file, push, decided))
    return _saved(office, context, stored, push, outcome)


def reassign_push(office: Office, context: Context, push_id: str, request: ReassignRequest) -> MoveAnswer:
    """The sender gives a push to another department; a relaying one, to itself or within its line (R-HND-4).

    Raises Refused: "not_found", "not_your_department", "wrong_state", "passed_on_too_often", "invalid_fields".
    """
    stored, push = _sent_push(office, context, push_id)
    giver, decided = department_of(context.principal), _decision(request, stored, context)
    outcome = moved(
        office,
        stored,
        push,
        decided.at,
        lambda file, push: returns.reassign(file, push, decided, request.department, giver),
    )
    within = None if push.sender == push.bureau else giver
    refuse_fields(_target_faults(office, request.department, within))
    return _saved(office, context, stored, push, outcome)


def relay_push(office: Office, context: Context, push_id: str, request: RelayRequest) -> MoveAnswer:
    """A department passes a push up or down its line; from then on it is the sender there (R-HND-9).

    Raises Refused: "not_found", "not_your_department", "wrong_state", "passed_on_too_often", "invalid_fields".
    """
    stored, push = own_push(office, context, push_id)
    giver, now = department_of(context.principal), _now(stored, context)
    outcome = moved(
        office,
        stored,
        push,
        now,
        lambda file, push: returns.relay(file, push, giver, request.department, request.reason, now),
    )
    refuse_fields(_target_faults(office, request.department, giver))
    return _saved(office, context, stored, push, outcome)


def withdraw_push(office: Office, context: Context, push_id: str, request: PushWithdrawalRequest) -> MoveAnswer:
    """The sender takes back a push that is not claimed; what was relayed comes back to who relayed it (R-HND-4)."""
    stored, push = _sent_push(office, context, push_id)
    giver, now = department_of(context.principal), _now(stored, context)
    outcome = moved(
        office,
        stored,
        push,
        now,
        lambda file, push: returns.withdraw(
            file, push, giver, request.reason, now, nobody_instead=request.nobody_instead
        ),
    )
    return _saved(office, context, stored, push, outcome)


def _sent_push(office: Office, context: Context, push_id: str) -> tuple[Stored[CaseFile], Push]:
    """A push that the caller's department sent, or one that was merged into it did, for whoever acts on it there."""
    stored, push = find_push(office, push_id)
    desk = BUREAU_DESK if push.sender == push.bureau else DECIDES
    if context.principal.roles.isdisjoint(desk) or not acts_for(office, context.principal, push.sender):
        raise Refused("not_your_department")
    return stored, push


def _target_faults(office: Office, department: str, within: str | None) -> list[Fault]:
    """Why a push cannot go to a department: it can take nothing, or is not in the line of `within`."""
    known = gather(office.directory, {department, within or department}, above, LONGEST_LINE if within else 0)
    strange = within is not None and within != department and not in_line(department, within, known)
    return target_faults(known.get(department)) or ([target_fault(Unfit.OTHER_LINE)] if strange else [])


def _decision(request: UpholdRequest | ReassignRequest, stored: Stored[CaseFile], context: Context) -> ReturnDecision:
    return ReturnDecision(
        text=request.text,
        at=_now(stored, context),
        by=context.principal.client_id,
        conference_document=request.conference_document,
    )


def _now(stored: Stored[CaseFile], context: Context) -> datetime:
    return stored.head.not_before(context.now)


def _saved(office: Office, context: Context, stored: Stored[CaseFile], push: Push, outcome: Outcome) -> MoveAnswer:
    def answer(file: CaseFile, receipts: Sequence[SignedReceipt]) -> MoveAnswer:
        now_so = seen(file, push.push_id)
        successor = file.push(now_so.successor) if now_so.successor else None
        return MoveAnswer(push=now_so, successor=successor, receipts=tuple(receipts))

    return save(office, context, stored, outcome, answer)
