"""Feedback threads: who may open, read and acknowledge them, and how they move (R-FBK-1, R-FBK-2, R-FBK-10)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal

from services.feedback.domain.reports import check_report
from shared.contracts.cases import Applicant, Case, Material
from shared.contracts.change import Context
from shared.contracts.feedback import Report, Thread
from shared.contracts.model import Contract, Identifier, ShortText
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role

ThreadState = Literal["open", "acknowledged"]


class Move(StrEnum):
    """What can be done to a thread."""

    ACKNOWLEDGE = "acknowledge"


MOVES: Mapping[ThreadState, Mapping[Move, ThreadState]] = {
    "open": {Move.ACKNOWLEDGE: "acknowledged"},
    "acknowledged": {},
}
"""R-FBK-10: from each state, the moves that are legal and where they lead."""


class KnownCase(Contract):
    """What we keep of a case from handover's events: whom feedback goes to and what it is about."""

    case_id: Identifier
    case_number: ShortText
    bureau: Identifier
    item_name: ShortText
    applicant: Applicant


def known_case(case: Case) -> KnownCase:
    """What we keep of a case. One that could not be routed has no item's name yet, only its code (R-HND-15)."""
    return KnownCase(
        case_id=case.case_id,
        case_number=case.case_number,
        bureau=case.bureau,
        item_name=case.item_name or case.item_code,
        applicant=case.applicant,
    )


def moved(state: ThreadState, move: Move) -> ThreadState:
    """The state a move leads to. Raises Refused("wrong_state") naming the moves that are legal."""
    legal = MOVES[state]
    if move not in legal:
        raise Refused("wrong_state", state=state, move=move, legal=", ".join(legal) or "无 none")
    return legal[move]


def open_thread(
    thread_id: str, case: KnownCase, department: str, report: Report, attachments: Sequence[Material], context: Context
) -> Thread:
    """A new thread from a supervision department to the bureau that approved (R-FBK-1, R-FBK-2).

    Raises Refused("invalid_fields") naming everything the report lacks or contradicts.
    """
    check_report(report, context.now)
    return Thread(
        thread_id=thread_id,
        case_id=case.case_id,
        case_number=case.case_number,
        item_name=case.item_name,
        applicant=case.applicant,
        from_department=department,
        to_department=case.bureau,
        report=report,
        attachments=tuple(attachments),
        opened_at=context.now,
        state="open",
    )


def acknowledged(thread: Thread, reply: str | None, context: Context) -> Thread:
    """The thread after its addressee took note of it (R-FBK-10).

    Raises Refused("not_your_department") for anybody else and Refused("wrong_state") when it is not open.
    """
    if context.principal.department != thread.to_department:
        raise Refused("not_your_department")
    return thread.model_copy(
        update={
            "state": moved(thread.state, Move.ACKNOWLEDGE),
            # Two servers' clocks may disagree; no thread is answered before it was opened.
            "acknowledged_at": max(context.now, thread.opened_at),
            "acknowledged_by": context.principal.client_id,
            "reply": reply,
        }
    )


def may_read(thread: Thread, principal: Principal) -> bool:
    """Whether a thread is shown: to the two departments it runs between, and to oversight (督查)."""
    return _is_oversight(principal) or principal.department in {thread.from_department, thread.to_department}


def may_read_case(case: KnownCase, *, pushed: bool, principal: Principal) -> bool:
    """Whether somebody may ask for a case's threads: its bureau, a department it was pushed to, oversight."""
    return pushed or _is_oversight(principal) or principal.department == case.bureau


def _is_oversight(principal: Principal) -> bool:
    return Role.OVERSIGHT in principal.roles
