"""Notices of changed law, policy or standards: who may send one, what is owed, what may be done (R-REG-7).

The supervising department of an item owes its approval bureau the notice (X II(2)1), so only who supervises an item
flags it: as lead or assisting, in the version in force or one to come. Another department that hears of a change first
tells the supervisor. A notice goes to one bureau, so that its clocks have one debtor.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.registry.domain.faults import fault
from services.registry.domain.items import PublishedItem
from services.registry.domain.lists import Listed, PublicVersion
from shared.contracts.notices import Notice, NoticeOutcome, NoticeState, Overdue, RevisedItem
from shared.contracts.vocabulary import ItemStanding, TimeLimit
from shared.kernel.calendar import deadline
from shared.kernel.errors import Fault, Refused, refuse_fields

NOTICE = "notice"
"""The kind of a notice's deadline."""

LIMITS: Mapping[Overdue, TimeLimit] = {
    Overdue.ACKNOWLEDGEMENT: TimeLimit(amount=2),
    Overdue.ANSWER: TimeLimit(amount=10),
}
"""How long a bureau has where the sender sets no limit of its own, in working days."""

ACKNOWLEDGE, ANSWER = "acknowledge", "answer"

MOVES: Mapping[NoticeState, Sequence[str]] = {
    NoticeState.SENT: (ACKNOWLEDGE, ANSWER),
    NoticeState.ACKNOWLEDGED: (ANSWER,),
    NoticeState.ANSWERED: (),
}
"""What a bureau may do, by where the notice stands. Who answers at once has thereby taken note."""


class NoticeSide(StrEnum):
    """Which notices of a department: those it sent, or those it received."""

    SENT = "sent"
    RECEIVED = "received"


class Clocks(NamedTuple):
    """Until when what is owed, and whether a day of it may still turn out to be a holiday (R-HND-14)."""

    acknowledge_by: datetime
    answer_by: datetime
    provisional: bool


# --- Sending -------------------------------------------------------------------------------------


def clocks(now: datetime, acknowledge_within: TimeLimit | None, answer_within: TimeLimit | None) -> Clocks:
    """The limits of a notice sent now. Raises Refused("invalid_fields") where the answer is owed first."""
    acknowledge = deadline(now, (acknowledge_within or LIMITS[Overdue.ACKNOWLEDGEMENT]).limit())
    answer = deadline(now, (answer_within or LIMITS[Overdue.ANSWER]).limit())
    if answer.at < acknowledge.at:
        refuse_fields([fault("/answer_within", "answer_before_acknowledgement")])
    return Clocks(acknowledge.at, answer.at, acknowledge.provisional or answer.provisional)


def bureau_of(sender: str, codes: Sequence[str], listed: Mapping[str, Listed], now: datetime) -> str:
    """The one bureau that approves all the items.

    Raises Refused("invalid_fields") naming every item that is unknown, retired, listed twice, or not supervised by the
    sender; and where several bureaus approve them, which item is whose.
    """
    shown = {code: _shown(listed[code], now) for code in codes if code in listed}
    refuse_fields(
        [*_item_faults(codes, shown), *_supervisor_faults(sender, codes, {code: listed[code] for code in shown})]
    )
    bureaus = {code: each.item.approval_department for code, each in shown.items()}
    if len(set(bureaus.values())) > 1:
        refuse_fields(
            [
                fault(f"/items/{number}", "item_of_other_bureau", item=code, bureau=bureaus[code])
                for number, code in enumerate(codes)
            ]
        )
    return bureaus[codes[0]]


def _shown(listed: Listed, now: datetime) -> PublicVersion:
    """The version in force, or the first to come; what is listed has one of the two."""
    return listed.at(now) or listed.versions[0]


def _item_faults(codes: Sequence[str], shown: Mapping[str, PublicVersion]) -> Iterator[Fault]:
    for number, code in enumerate(codes):
        pointer = f"/items/{number}"
        if code in codes[:number]:
            yield fault(pointer, "item_twice")
        elif code not in shown:
            yield fault(pointer, "item_unpublished", item=code)
        elif shown[code].item.standing is ItemStanding.RETIRED:
            yield fault(pointer, "item_retired", item=code)


def _supervisor_faults(sender: str, codes: Sequence[str], listed: Mapping[str, Listed]) -> Iterator[Fault]:
    for number, code in enumerate(codes):
        if code in listed and code not in codes[:number]:
            supervisors = {each.department for version in listed[code].versions for each in version.item.supervisors}
            if sender not in supervisors:
                named = ", ".join(sorted(supervisors))
                yield fault(f"/items/{number}", "item_not_supervised", item=code, departments=named)


# --- What the bureau does ------------------------------------------------------------------------


def check_notice_move(notice: Notice, move: str) -> None:
    """Raises Refused("wrong_state") naming what is legal instead."""
    legal = MOVES[notice.state]
    if move not in legal:
        raise Refused("wrong_state", state=notice.state, move=move, legal=", ".join(legal) or "—")


def acknowledged(notice: Notice, now: datetime) -> Notice:
    """The notice after the bureau took note of it."""
    return _next(notice, state=NoticeState.ACKNOWLEDGED, acknowledged_at=now)


def answered(
    notice: Notice, outcome: NoticeOutcome, reason: str, revisions: Sequence[RevisedItem], now: datetime
) -> Notice:
    """The notice after the bureau's answer, which is also its acknowledgement where there was none."""
    return _next(
        notice,
        state=NoticeState.ANSWERED,
        acknowledged_at=notice.acknowledged_at or now,
        answered_at=now,
        outcome=outcome,
        reason=reason,
        revisions=tuple(revisions),
    )


def check_revisions(
    notice: Notice,
    outcome: NoticeOutcome,
    revisions: Sequence[RevisedItem],
    found: Mapping[RevisedItem, PublishedItem],
    bureaus: frozenset[str],
) -> None:
    """Raises Refused("invalid_fields") unless the versions named are the bureau's, made since the notice was sent.

    They need not be of the items the notice names: a changed law may make a new item.
    """
    revised = outcome is NoticeOutcome.LIST_REVISED
    if revised and not revisions:
        refuse_fields([fault("/revisions", "revision_missing")])
    if revisions and not revised:
        refuse_fields([fault("/revisions", "revision_unasked")])
    faults = (
        _revision_fault(notice, f"/revisions/{number}", each, found.get(each), bureaus)
        for number, each in enumerate(revisions)
    )
    refuse_fields([each for each in faults if each is not None])


def _revision_fault(
    notice: Notice, pointer: str, named: RevisedItem, found: PublishedItem | None, bureaus: frozenset[str]
) -> Fault | None:
    if found is None:
        return fault(pointer, "revision_unknown", item=named.code, version=str(named.version))
    if found.item.approval_department not in bureaus:
        return fault(pointer, "revision_of_others", item=named.code)
    if found.published_at < notice.sent_at:
        return fault(pointer, "revision_before_notice", item=named.code, version=str(named.version))
    return None


# --- What the clock does -------------------------------------------------------------------------


def next_due(notice: Notice) -> tuple[datetime, Overdue] | None:
    """What is owed next and until when; None when nothing is, or all that is has been recorded as overdue."""
    owed = {
        Overdue.ACKNOWLEDGEMENT: notice.acknowledge_by if notice.acknowledged_at is None else None,
        Overdue.ANSWER: notice.answer_by if notice.answered_at is None else None,
    }
    waiting = [(by, what) for what, by in owed.items() if by is not None and what not in notice.overdue]
    return min(waiting, default=None)


def overdue_at(notice: Notice, now: datetime) -> Overdue | None:
    """What has become overdue and is not recorded as such; the earlier of two."""
    waiting = next_due(notice)
    return waiting[1] if waiting and waiting[0] <= now else None


def with_overdue(notice: Notice, owed: Overdue) -> Notice:
    """The notice with the fact that something was not given in time."""
    return _next(notice, overdue=(*notice.overdue, owed))


def _next(notice: Notice, **changed: object) -> Notice:
    return notice.model_copy(update=changed | {"version": notice.version + 1})
