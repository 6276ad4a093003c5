"""Notices of changed law between a supervisor and a bureau: sent, taken note of, answered, or overdue (R-REG-7)."""

from collections.abc import Sequence

from services.registry.domain import SOURCE
from services.registry.domain.departments import answering_for
from services.registry.domain.faults import fault
from services.registry.domain.notices import (
    ACKNOWLEDGE,
    ANSWER,
    acknowledged,
    answered,
    bureau_of,
    check_notice_move,
    check_revisions,
    clocks,
    overdue_at,
    with_overdue,
)
from services.registry.ports.departments import Position
from services.registry.ports.notices import Notices
from services.registry.schemas.notices import NoticeAnswerRequest, NoticeQuery, NoticeRequest
from shared.contracts.chain import ChainHead
from shared.contracts.change import Context, Stored, change
from shared.contracts.event import Body
from shared.contracts.notices import (
    Notice,
    NoticeAcknowledged,
    NoticeAnswered,
    NoticeOverdue,
    NoticeSent,
    NoticeState,
)
from shared.kernel.errors import Refused
from shared.kernel.ids import new_id
from shared.kernel.permissions import Principal, Role


def send_notice(notices: Notices, context: Context, asked: NoticeRequest) -> Notice:
    """Tell the bureau of a change; the items stay flagged until it has answered (R-REG-7, X II(2)1).

    Raises Refused: "not_your_department" for a client without one, "invalid_fields" naming every item that is unknown,
    not supervised by the sender, or of another bureau than the rest.
    """
    sender = context.principal.department
    if sender is None:
        raise Refused("not_your_department")
    limits = clocks(context.now, asked.acknowledge_within, asked.answer_within)
    bureau = bureau_of(sender, asked.items, notices.listed(set(asked.items)), context.now)
    notice = Notice(
        notice_id=new_id("ntc"),
        version=1,
        sender=sender,
        bureau=answering_for(bureau, notices.department),
        kind=asked.kind,
        title=asked.title,
        document_number=asked.document_number,
        effective_on=asked.effective_on,
        summary=asked.summary,
        items=asked.items,
        state=NoticeState.SENT,
        sent_at=context.now,
        acknowledge_by=limits.acknowledge_by,
        answer_by=limits.answer_by,
        provisional=limits.provisional,
    )
    _save(notices, context, ChainHead(), None, notice, NoticeSent(notice=notice))
    return notice


def acknowledge_notice(notices: Notices, context: Context, notice_id: str) -> Notice:
    """The bureau takes note, in time or late. Raises Refused: "not_found", "not_your_department", "wrong_state"."""
    stored = _received(notices, context.principal, notice_id)
    check_notice_move(stored.state, ACKNOWLEDGE)
    after = acknowledged(stored.state, stored.head.not_before(context.now))
    _save(notices, context, stored.head, stored.state, after, NoticeAcknowledged(notice=after))
    return after


def answer_notice(notices: Notices, context: Context, notice_id: str, asked: NoticeAnswerRequest) -> Notice:
    """The bureau revised the list, or says why not; the items lose their flag (R-REG-7).

    Raises Refused: "not_found", "not_your_department", "wrong_state", "invalid_fields".
    """
    stored = _received(notices, context.principal, notice_id)
    check_notice_move(stored.state, ANSWER)
    found = notices.versions(frozenset(asked.revisions))
    bureaus = frozenset({stored.state.bureau, context.principal.department or ""})
    check_revisions(stored.state, asked.outcome, asked.revisions, found, bureaus)
    now = stored.head.not_before(context.now)
    after = answered(stored.state, asked.outcome, asked.reason, asked.revisions, now)
    _save(notices, context, stored.head, stored.state, after, NoticeAnswered(notice=after))
    return after


def let_notice_elapse(notices: Notices, context: Context, notice_id: str) -> bool:
    """Record that what is owed was not given in time, once for each thing owed; whether it was. Raises Outdated."""
    stored = notices.notice(notice_id)
    owed = overdue_at(stored.state, context.now) if stored else None
    if stored is None or owed is None:
        return False
    after = with_overdue(stored.state, owed)
    _save(notices, context, stored.head, stored.state, after, NoticeOverdue(notice=after, owed=owed))
    return True


def show_notice(notices: Notices, principal: Principal, notice_id: str) -> Notice:
    """A notice, for its two sides and for oversight. Raises Refused("not_found"), Refused("not_your_department")."""
    notice = _stored(notices, notice_id).state
    if principal.department != notice.sender:
        _check_reader(notices, principal, notice.bureau)
    return notice


def list_notices(
    notices: Notices, principal: Principal, asked: NoticeQuery, position: Position | None
) -> tuple[Sequence[Notice], Position | None]:
    """One page of what a department sent or received, newest first: the own one's, for oversight anybody's.

    Raises Refused: "not_your_department", "invalid_fields" where nobody's department is named.
    """
    department = asked.department or (None if Role.OVERSIGHT in principal.roles else principal.department)
    if department is None:
        raise Refused("invalid_fields", (fault("query:department", "department_unnamed"),), count=1)
    _check_reader(notices, principal, department)
    return notices.page(department, asked.role, asked.state, asked.limit, position)


def _save(
    notices: Notices, context: Context, head: ChainHead, before: Notice | None, after: Notice, body: Body
) -> None:
    notices.save_notice(change(SOURCE, after.notice_id, head, after, [body], context, response=after), before)


def _stored(notices: Notices, notice_id: str) -> Stored[Notice]:
    found = notices.notice(notice_id)
    if found is None:
        raise Refused("not_found", id=notice_id)
    return found


def _received(notices: Notices, principal: Principal, notice_id: str) -> Stored[Notice]:
    stored = _stored(notices, notice_id)
    if not _speaks_for(notices, principal, stored.state.bureau):
        raise Refused("not_your_department")
    return stored


def _check_reader(notices: Notices, principal: Principal, department: str) -> None:
    if Role.OVERSIGHT not in principal.roles and not _speaks_for(notices, principal, department):
        raise Refused("not_your_department")


def _speaks_for(notices: Notices, principal: Principal, department: str) -> bool:
    """Whether the principal is of a department, or of the one it was merged into (R-ORG-1)."""
    if principal.department is None:
        return False
    return principal.department == department or principal.department == answering_for(department, notices.department)
