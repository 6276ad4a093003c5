"""Showing a case to the public, and taking what is said against it (R-HND-11)."""

from collections.abc import Sequence

from services.handover.domain import SOURCE, public_notices
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.public_notices import Objection, Shown, check_objection
from services.handover.logic.access import acts_for, bureau_asked
from services.handover.logic.clocks import bureaus_case
from services.handover.logic.office import Office, case_with, save
from services.handover.ports.cases import Position
from services.handover.ports.public_notices import PublicNotices
from services.handover.schemas.public_notices import (
    NoticeWithdrawalRequest,
    ObjectionAnswer,
    PublicNoticeRequest,
    PublicObjectionRequest,
    ShownNotice,
)
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Outdated, Stored, Taken, change
from shared.contracts.public_notices import PublicNotice
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal


def open_notice(
    office: Office, context: Context, case_id: str, asked: PublicNoticeRequest, shortest: int
) -> PublicNotice:
    """Put a case of the own bureau's before the public, for at least `shortest` working days (R-HND-11).

    Raises Refused: "not_found", "not_your_department", "invalid_fields", "wrong_state".
    """
    stored = bureaus_case(office, context, case_id)
    shown = Shown(asked.title, asked.text, asked.until)
    outcome = public_notices.open_notice(stored.state, shown, shortest, stored.head.not_before(context.now))
    return _saved(office, context, stored, outcome, outcome.file.notices[-1].notice_id)


def withdraw_notice(office: Office, context: Context, notice_id: str, asked: NoticeWithdrawalRequest) -> PublicNotice:
    """Take a notice back. Raises Refused: "not_found", "not_your_department", "wrong_state"."""
    stored = case_with(office, notice_id)
    notice = stored.state.notice(notice_id)
    if notice is None:
        raise Refused("not_found", id=notice_id)
    if not acts_for(office, context.principal, notice.bureau):
        raise Refused("not_your_department")
    outcome = public_notices.withdraw(stored.state, notice, asked.reason, stored.head.not_before(context.now))
    return _saved(office, context, stored, outcome, notice_id)


def object_to(
    notices: PublicNotices, context: Context, notice_id: str, said: PublicObjectionRequest
) -> ObjectionAnswer:
    """Take what a department or anybody says against a notice while it is open (R-HND-11).

    It is an aggregate of its own, so that however many object at once, no two wait for one another. Raises Refused:
    "not_found", "wrong_state".
    """
    notice = find_notice(notices, notice_id)
    check_objection(notice, context.now)
    objection = Objection(
        objection_id=new_id("obj"),
        notice_id=notice_id,
        case_id=notice.case_id,
        bureau=notice.bureau,
        department=context.principal.department,
        at=context.now,
        **dict(said),
    )
    answer = ObjectionAnswer(objection_id=objection.objection_id, notice_id=notice_id, at=objection.at)
    made = change(SOURCE, objection.objection_id, ChainHead(), objection, [objection.told()], context, answer)
    try:
        notices.file_objection(made)
    except Taken:
        # It ended a moment ago: look again, and be told how it stands.
        raise Outdated from None
    return answer


def find_notice(notices: PublicNotices, notice_id: str) -> PublicNotice:
    """A public notice. Raises Refused("not_found")."""
    notice = notices.notice(notice_id)
    if notice is None:
        raise Refused("not_found", id=notice_id)
    return notice


def shown(notice: PublicNotice) -> ShownNotice:
    """A notice as anybody sees it."""
    return ShownNotice.model_validate({name: getattr(notice, name) for name in ShownNotice.model_fields})


def objections(
    office: Office,
    notices: PublicNotices,
    principal: Principal,
    notice_id: str,
    *,
    limit: int,
    position: Position | None,
) -> tuple[Sequence[Objection], Position | None]:
    """A page of what was said, for its bureau and oversight. Raises Refused: "not_found", "not_your_department"."""
    bureau_asked(office, principal, find_notice(notices, notice_id).bureau)
    return notices.objections(notice_id, limit=limit, position=position)


def _saved(
    office: Office, context: Context, stored: Stored[CaseFile], outcome: Outcome, notice_id: str
) -> PublicNotice:
    def answer(file: CaseFile, _: object) -> PublicNotice:
        return next(each for each in file.notices if each.notice_id == notice_id)

    return save(office, context, stored, outcome, answer)
