"""Putting a case before the public for some days, and recording what was said or that nothing was (R-HND-11, W 19).

A public notice does not stop the clock: art. 45 leaves out the time of hearings, tests, surveys and reviews, and names
no publicity. A bureau whose law says otherwise stops the clock itself, with its reason.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.handover.domain.cases import CaseFile, Outcome
from services.handover.domain.legal import illegal
from shared.contracts.model import Contract, Identifier, Instant, LongText, Phone, ShortText
from shared.contracts.public_notices import (
    ObjectionFiled,
    PublicNotice,
    PublicNoticeClosed,
    PublicNoticeEnded,
    PublicNoticeOpened,
    PublicNoticeOutcome,
    PublicNoticeState,
    PublicNoticeWithdrawn,
)
from shared.kernel.calendar import add_working_days, beijing_date, end_of
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Fault, refuse_fields
from shared.kernel.ids import public_notice_id

LONGEST_NOTICE = timedelta(days=180)
MOST_COUNTED = 10_000
"""Anybody may object, without a login: however many do, counting them takes seconds and holds up no other limit."""

MOST_NOTICES = 30
"""How often one case may be put before the public."""

DECIDED_REASON = "办件已办结"
"""Why a notice still open at the decision ends."""


class NoticeMove(StrEnum):
    """What may be done about a public notice."""

    OPEN = "open_notice"
    OBJECT = "object"
    WITHDRAW = "withdraw_notice"


NOTICE_MOVES: Mapping[PublicNoticeState, frozenset[NoticeMove]] = {
    PublicNoticeState.OPEN: frozenset({NoticeMove.OBJECT, NoticeMove.WITHDRAW}),
    PublicNoticeState.ENDED: frozenset(),
    PublicNoticeState.CLOSED: frozenset(),
    PublicNoticeState.WITHDRAWN: frozenset(),
}

_WORDS: Mapping[str, str] = {
    NoticeMove.OPEN: "发起公示",
    NoticeMove.OBJECT: "提出异议",
    NoticeMove.WITHDRAW: "撤回公示",
    PublicNoticeState.OPEN: "公示中",
    PublicNoticeState.ENDED: "公示期满",
    PublicNoticeState.CLOSED: "公示已结束",
    PublicNoticeState.WITHDRAWN: "公示已撤回",
    "not_accepted": "尚未受理",
    "decided": "已办结",
    "shown": "公示中",
    "shown_too_often": "公示次数已满",
}


class Objection(Contract):
    """What somebody says against a case that is shown: a department, or whoever reads the notice."""

    objection_id: Identifier
    notice_id: Identifier
    case_id: Identifier
    bureau: Identifier
    department: Identifier | None = None
    name: ShortText | None = None
    phone: Phone | None = None
    text: LongText
    at: Instant

    def told(self) -> ObjectionFiled:
        """Its event, which keeps back who said what."""
        said = self.model_dump(mode="json", include={"department", "name", "phone", "text"})
        return ObjectionFiled(
            objection_id=self.objection_id,
            notice_id=self.notice_id,
            case_id=self.case_id,
            bureau=self.bureau,
            department=self.department,
            content_hash=sha256_hex(canonical_json(said)),
        )


class Shown(NamedTuple):
    """What a bureau shows the public, and until which day."""

    title: str
    text: str
    until: date


def open_notice(file: CaseFile, shown: Shown, shortest: int, now: datetime) -> Outcome:
    """Put a case before the public, for at least `shortest` working days; today is not counted (R-HND-11).

    Raises Refused: "wrong_state" before the acceptance and after the decision, "invalid_fields".
    """
    hindrance = _hindrance(file)
    if hindrance:
        legal = [NoticeMove.WITHDRAW] if hindrance == "shown" else []
        raise illegal(hindrance, NoticeMove.OPEN, legal, _WORDS)
    today, case = beijing_date(now), file.case
    refuse_fields(_day_faults(shown.until, today, shortest))
    notice = PublicNotice(
        notice_id=public_notice_id(case.case_id, len(file.notices) + 1),
        case_id=case.case_id,
        case_number=case.case_number,
        item_name=case.item_name,
        bureau=case.bureau,
        title=shown.title,
        text=shown.text,
        from_day=today,
        until_day=shown.until,
        opened_at=now,
        ends_at=end_of(shown.until),
    )
    return Outcome(file.with_part(notice), (PublicNoticeOpened(notice=notice),))


def check_objection(notice: PublicNotice, now: datetime) -> None:
    """Raises Refused("wrong_state") for what comes after the end, also before the clock has recorded that end."""
    state = PublicNoticeState.ENDED if now >= notice.ends_at and is_open(notice) else notice.state
    _check(state, NoticeMove.OBJECT)


def end(file: CaseFile, notice: PublicNotice, now: datetime) -> Outcome:
    """The last day is over: from here on nothing more is written against it, and what was can be counted."""
    ended = notice.model_copy(update={"state": PublicNoticeState.ENDED, "ended_at": now})
    return Outcome(file.with_part(ended), (PublicNoticeEnded(notice=ended),))


def close(file: CaseFile, notice: PublicNotice, counted: int, now: datetime) -> Outcome:
    """Record what was said; silence is recorded as no objection (W 19).

    `counted`: the objections, up to one more than `MOST_COUNTED`, which tells that there are at least so many.
    """
    result = {
        "state": PublicNoticeState.CLOSED,
        "outcome": PublicNoticeOutcome.OBJECTIONS if counted else PublicNoticeOutcome.NO_OBJECTION,
        "objections": min(counted, MOST_COUNTED),
        "objections_at_least": counted > MOST_COUNTED,
        "closed_at": now,
    }
    closed = notice.model_copy(update=result)
    return Outcome(file.with_part(closed), (PublicNoticeClosed(notice=closed),))


def withdraw(file: CaseFile, notice: PublicNotice, reason: str, now: datetime) -> Outcome:
    """The bureau takes a notice back before its end, with its reason. Raises Refused("wrong_state")."""
    _check(notice.state, NoticeMove.WITHDRAW)
    taken_back = {"state": PublicNoticeState.WITHDRAWN, "ended_at": now, "ended_reason": reason}
    withdrawn = notice.model_copy(update=taken_back)
    return Outcome(file.with_part(withdrawn), (PublicNoticeWithdrawn(notice=withdrawn),))


def end_decided(file: CaseFile, now: datetime) -> Outcome:
    """Nothing is shown any more that is decided."""
    shown = open_notices(file) if file.case.decision else ()
    return withdraw(file, shown[0], DECIDED_REASON, now) if shown else Outcome(file)


def open_notices(file: CaseFile) -> tuple[PublicNotice, ...]:
    """What is shown to the public now; at most one notice."""
    return tuple(filter(is_open, file.notices))


def is_open(notice: PublicNotice) -> bool:
    """Whether anybody may still object."""
    return notice.state is PublicNoticeState.OPEN


def to_be_counted(file: CaseFile) -> tuple[PublicNotice, ...]:
    """The notices that have ended, of which nobody has counted yet what was said."""
    return tuple(notice for notice in file.notices if notice.state is PublicNoticeState.ENDED)


def _check(state: PublicNoticeState, move: NoticeMove) -> None:
    legal = NOTICE_MOVES[state]
    if move not in legal:
        raise illegal(state, move, legal, _WORDS)


def _hindrance(file: CaseFile) -> str | None:
    if file.case.decision is not None:
        return "decided"
    if file.case.accepted_at is None:
        return "not_accepted"
    if open_notices(file):
        return "shown"
    return "shown_too_often" if len(file.notices) >= MOST_NOTICES else None


def _day_faults(until: date, today: date, shortest: int) -> list[Fault]:
    earliest, latest = add_working_days(today, shortest), today + LONGEST_NOTICE
    if earliest <= until <= latest:
        return []
    zh = f"公示截止日应在 {earliest} 至 {latest} 之间(至少公示 {shortest} 个工作日,当日不计)"
    en = f"Between {earliest} and {latest}: at least {shortest} working days, today not counted"
    return [Fault("/until", "out_of_range", zh, en)]
