"""Deliveries: what an SMS says, whom it goes to, when it is tried again, when a person must take over (R-NTF)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.departments import Department, Liaison
from shared.contracts.notification import Delivery
from shared.contracts.pushes import Push
from shared.contracts.terms import TermBody
from shared.contracts.vocabulary import ClaimMode, Moment, Stage, TermKind
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Refused
from shared.kernel.permissions import Principal, Role

SOURCE = "/shenguan/notification"

BACKOFF_MINUTES = (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1200, 1440)
"""How long after the first, second, … failed attempt the next one is due: about three days in all (R-NTF-3)."""

LEASE = timedelta(minutes=2)
"""How long one attempt has a delivery to itself; longer than any of our functions may run."""


class Obstacle(StrEnum):
    """Why an attempt ended before anything could be sent."""

    ADDRESS_UNKNOWN = "address_unknown"  # the department, or an active liaison of it, is not known yet
    LIAISON_GONE = "liaison_gone"  # the liaison is no longer on duty there, and nobody is
    PHONE_UNUSABLE = "phone_unusable"  # no number an SMS can go to


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. `reached`: the carrier took the message; `result`: an id or a code, never a number."""

    reached: bool
    result: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery in the queue and the instant it is due; the instant changes hands with the delivery."""

    delivery: Delivery
    due_at: datetime


# ── What the SMS says ───────────────────────────────────────────────────────────────────────────

_STAGES = {
    Stage.ACCEPTANCE: "受理",
    Stage.DECISION: "办结",
    Stage.AMENDMENT: "变更",
    Stage.RENEWAL: "延续",
    Stage.SUSPENSION: "暂扣",
    Stage.RESCISSION: "撤销",
    Stage.WITHDRAWAL: "撤回",
    Stage.CANCELLATION: "注销",
}

_TEXTS = {
    ClaimMode.CONFIRM: "【审管联动】收到“{item}”{stage}推送(办件尾号{tail}),认领截止{due},请登录审管联动系统认领。",
    ClaimMode.ON_PUSH: "【审管联动】收到“{item}”{stage}推送(办件尾号{tail}),推送即认领,请登录审管联动系统办理。",
}

_ITEM_CHARACTERS = 30
_TAIL_CHARACTERS = 6


_RETURNED = "【审管联动】“{item}”{stage}推送(办件尾号{tail})被退回,请登录审管联动系统处理。"

_OWED = {
    TermKind.CLAIM: "推送待认领",
    TermKind.RETURN_DECISION: "退回待处理",
    TermKind.OPINION: "意见待出具",
    TermKind.COMMITTED_LIMIT: "承诺时限内待办结",
    TermKind.STATUTORY_LIMIT: "法定时限内待办结",
    TermKind.PUBLIC_NOTICE: "公示进行中",
    TermKind.ROUTING: "推送待分派",
}
"""What a term is of, as its owner needs to hear it."""

_TERM_TEXTS = {
    Moment.BEFORE: "【审管联动】“{item}”办件(尾号{tail}){owed},将于{due}到期,请及时办理。",
    Moment.AT: "【审管联动】“{item}”办件(尾号{tail}){owed},已于{due}到期,请立即办理。",
    Moment.AFTER: "【审管联动】“{item}”办件(尾号{tail}){owed},{due}到期后仍未办理,请立即办理。",
}

_NO_ITEM = "未入清单事项"


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to a department's liaisons. `stem`: what its deliveries' ids are made of."""

    stem: str
    about: str
    department: str
    text: str


def delivered_message(push: Push) -> Message:
    """To who has to claim a push: item, end of the case number, stage, limit; nothing of the applicant (R-NTF-1)."""
    text = _said(_TEXTS[push.claim_mode], push.item_name, push.case_number, _STAGES[push.stage], push.claim_due_at)
    return Message(push.push_id.removeprefix("push_"), push.push_id, push.department, text)


def returned_message(push: Push, event_id: str) -> Message:
    """To who sent a push and has to decide on its return (R-HND-4, R-NTF-1)."""
    text = _said(_RETURNED, push.item_name, push.case_number, _STAGES[push.stage], push.claim_due_at)
    return Message(_stem(event_id), push.push_id, push.sender, text)


def term_message(told: TermBody, moment: Moment, event_id: str) -> Message:
    """To who owes what a term is of: before its end, at it, and once more after it (R-NTF-1)."""
    term = told.term
    due = term.due_at or term.since
    text = _said(_TERM_TEXTS[moment], told.item_name, told.case_number, _OWED[term.kind], due)
    return Message(_stem(event_id), term.subject, term.owner, text)


def _said(template: str, item: str | None, case_number: str, what: str, at: datetime) -> str:
    name, due = item or _NO_ITEM, at.astimezone(BEIJING)
    return template.format(
        item=name if len(name) <= _ITEM_CHARACTERS else f"{name[: _ITEM_CHARACTERS - 1]}…",
        stage=what,
        owed=what,
        tail=case_number[-_TAIL_CHARACTERS:],
        due=f"{due.year}年{due.month}月{due.day}日{due:%H:%M}",
    )


def _stem(event_id: str) -> str:
    return event_id.removeprefix("evt_")


# ── Whom it goes to ─────────────────────────────────────────────────────────────────────────────


def active_liaisons(department: Department | None) -> tuple[Liaison, ...]:
    """Who can be reached in a department; nobody while we have not heard of it."""
    return tuple(liaison for liaison in department.liaisons if liaison.active) if department else ()


def deliveries_for(message: Message, liaisons: tuple[Liaison, ...], now: datetime) -> tuple[Delivery, ...]:
    """One delivery for each liaison; a single one without an address while there is nobody to send to."""
    unaddressed = Delivery(
        delivery_id=_delivery_id(message.stem, 0),
        about=message.about,
        department=message.department,
        liaison=None,
        phone_masked=None,
        text=message.text,
        state="pending",
        attempts=0,
        created_at=now,
    )
    return addressed(unaddressed, liaisons) or (unaddressed,)


def addressed(unaddressed: Delivery, liaisons: tuple[Liaison, ...]) -> tuple[Delivery, ...]:
    """The same message to each liaison: the first takes the place of the one without an address."""
    stem = unaddressed.delivery_id.removeprefix("dlv_").rpartition("_")[0]
    fresh = unaddressed.model_copy(update={"attempts": 0, "last_attempt_at": None, "last_result": None})
    return tuple(
        (fresh if number else unaddressed).model_copy(
            update={"delivery_id": _delivery_id(stem, number)} | _address(liaison)
        )
        for number, liaison in enumerate(liaisons)
    )


def readdressed(delivery: Delivery, department: Department | None) -> Delivery:
    """The same message to whoever stands in the place of a liaison who is no longer on duty (R-ORG-2, R-NTF-3).

    A taker takes the giver's place in the list, so that it is the taker; where nobody did, another liaison gets it, who
    may have had it already: twice is better than never. With nobody on duty it goes on waiting.
    """
    liaisons = active_liaisons(department)
    if not liaisons or address_of(delivery, department) is not Obstacle.LIAISON_GONE:
        return delivery
    number = int(delivery.delivery_id.rpartition("_")[2])
    return delivery.model_copy(update=_address(liaisons[number % len(liaisons)]))


def address_of(delivery: Delivery, department: Department | None) -> str | Obstacle:
    """The number to send to, as the department names its liaison now, so that a corrected phone is used."""
    if delivery.liaison is None:
        return Obstacle.ADDRESS_UNKNOWN
    named = [liaison for liaison in active_liaisons(department) if liaison.name == delivery.liaison]
    same_phone = [liaison for liaison in named if masked(liaison.phone) == delivery.phone_masked]
    liaison = next(iter(same_phone or named), None)
    if liaison is None:
        return Obstacle.LIAISON_GONE
    return dialable(liaison.phone) or Obstacle.PHONE_UNUSABLE


_DIALABLE = re.compile(r"^(?:\+86|86)?(1[0-9]{10})$")
_ABROAD = re.compile(r"^\+[1-9][0-9]{7,14}$")
_MASKABLE_DIGITS = 9


def dialable(phone: str) -> str | None:
    """A number as SMS carriers want it (E.164), or None: a land line takes no SMS."""
    digits = phone.replace("-", "")
    mainland = _DIALABLE.match(digits)
    if mainland:
        return f"+86{mainland.group(1)}"
    return digits if _ABROAD.match(digits) and not digits.startswith("+86") else None


def masked(phone: str) -> str:
    """A number as events and lists show it: four digits hidden before the last four; a short one hidden whole."""
    digits = phone.replace("-", "")
    return f"{digits[:-8]}****{digits[-4:]}" if len(digits) >= _MASKABLE_DIGITS else "****"


# ── When it is tried again ──────────────────────────────────────────────────────────────────────


def attempted(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """A delivery after one more attempt: sent, still pending, or left to a person once the table is used up."""
    attempts = delivery.attempts + 1
    spent = attempts > len(BACKOFF_MINUTES)
    failed = "abandoned" if spent else "pending"
    # A message that reached its liaison has reached him, whatever a second, late attempt met.
    reached = outcome.reached or delivery.state == "sent"
    return delivery.model_copy(
        update={
            "state": "sent" if reached else failed,
            "attempts": attempts,
            "last_attempt_at": now,
            "last_result": outcome.result,
        }
    )


def due_at(delivery: Delivery) -> datetime | None:
    """When a delivery is to be tried next; None once it is sent or left to a person."""
    if delivery.state != "pending":
        return None
    if delivery.last_attempt_at is None:
        return delivery.created_at
    return delivery.last_attempt_at + timedelta(minutes=BACKOFF_MINUTES[delivery.attempts - 1])


# ── Who may see it ──────────────────────────────────────────────────────────────────────────────

_SEE_ALL = frozenset({Role.OVERSIGHT, Role.SYSTEM_ADMIN})


def refuse_other_department(principal: Principal, department: str) -> None:
    """Raise Refused("not_your_department") unless the principal may see that department's deliveries."""
    if principal.department != department and principal.roles.isdisjoint(_SEE_ALL):
        raise Refused("not_your_department")


def _delivery_id(stem: str, number: int) -> str:
    return f"dlv_{stem}_{number:03d}"


def _address(liaison: Liaison) -> dict[str, str]:
    return {"liaison": liaison.name, "phone_masked": masked(liaison.phone)}
