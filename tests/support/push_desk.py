"""A bureau, its departments and their pushes through handover's own app, brought to any state a push can be in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from services.handover import wiring
from services.handover.domain.pushes import Move
from services.handover.events import ELAPSES
from shared.aws.due import elapse
from shared.contracts.change import Context, Once
from shared.contracts.departments import Department
from shared.contracts.items import ClaimRule, Item
from shared.contracts.vocabulary import PushState, TimeLimit
from shared.kernel.clock import from_text, utc_now
from shared.kernel.ids import new_id
from shared.kernel.permissions import ANONYMOUS, Principal, Role
from tests.support.gateway import Answer, Gateway
from tests.support.handover_builders import BUREAU, HEALTH, MARKET, acceptance, department, item

PROVINCE = "dept_01PROVINCE0000000000000000"
COUNTY = "dept_01COUNTY000000000000000000"
SCAN = "5" * 64

Push = dict[str, Any]


def know_item(given: Item) -> None:
    """Handover hears of a version of an item."""
    wiring.directory().keep_item(given, _heard())


def know_department(given: Department) -> None:
    """Handover hears of a department."""
    wiring.directory().keep_department(given, _heard())


def lapse_at(now: datetime) -> None:
    """The clock stands there, and everything that is due takes its course."""
    elapse(wiring.deadlines(), ELAPSES, lambda: Context(ANONYMOUS, now, "schedule"))


def context_of(department: str, now: datetime, *roles: Role) -> Context:
    """Somebody of a department acts at that instant."""
    return Context(Principal("cli_somebody_0000", department, frozenset(roles)), now, "correlation")


def a_line() -> None:
    """The market regulation departments of province, city and county, and the city's health commission beside them."""
    know_department(department(PROVINCE))
    know_department(department(MARKET).model_copy(update={"superior": PROVINCE}))
    know_department(department(COUNTY).model_copy(update={"superior": MARKET}))
    know_department(department(HEALTH))


@dataclass
class PushDesk:
    """Asks for every move of a push as whoever may ask for it; each push is of a case of its own."""

    gateway: Gateway
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def bureau(self, department: str = BUREAU) -> Gateway:
        return self.gateway.with_principal(department, Role.APPROVER, Role.REGISTRAR)

    def liaison(self, department: str = MARKET) -> Gateway:
        return self.gateway.with_principal(department, Role.LIAISON)

    def accept(self, **changed: Any) -> Push:
        """A new case's first push."""
        number = f"SP-2026-{next(self.numbers):06d}"
        answer = self.bureau().post("/v1/acceptances", acceptance(case_number=number, **changed))
        assert answer.status == 201, answer.text
        push: Push = answer.json["pushes"][0]
        return push

    def move(self, push: Push, move: Move, by: Gateway | None = None, **changed: Any) -> Answer:
        """Ask for a move, as the side that may: a department for what it was sent, the bureau for what it sent."""
        liaison = self.liaison(push["department"])
        if move is Move.VIEW:
            return liaison.get(f"/v1/pushes/{push['push_id']}")
        asked = MOVES_ASKED[move]
        side = by or (self.bureau() if asked.by_bureau else liaison)
        body = asked.body | changed if asked.body is not None else None
        return side.post(f"/v1/pushes/{push['push_id']}/{asked.path}", body)

    def now(self, push: Push) -> Push:
        """The push as it stands."""
        case = self.bureau().get(f"/v1/cases/{push['case_id']}").json
        return next(each for each in case["pushes"] if each["push_id"] == push["push_id"])

    def place(self, push: Push) -> list[Push]:
        """Every push of the same place, in the order of delivery."""
        case = self.bureau().get(f"/v1/cases/{push['case_id']}").json
        return [each for each in case["pushes"] if each["place"] == push["place"]]

    def event_types(self, push: Push) -> list[str]:
        """What happened in the case."""
        timeline = self.bureau().get(f"/v1/cases/{push['case_id']}/timeline").json
        assert timeline["intact"]
        return [each["envelope"]["type"] for each in timeline["entries"]]

    def done(self, push: Push, move: Move, **changed: Any) -> Push:
        """The push after a move that is legal."""
        answer = self.move(push, move, **changed)
        assert answer.status == 200, answer.text
        return self.now(push)

    def lapse(self, push: Push) -> Push:
        """The push after its claim limit has passed."""
        lapse_at(from_text(self.now(push)["claim_due_at"]))
        return self.now(push)

    def in_state(self, state: PushState) -> Push:
        """A push of a new case, brought there."""
        push = self.accept()
        for step in WAYS[state]:
            push = self.lapse(push) if step is Move.LAPSE else self.done(push, step)
        assert push["state"] == state
        return push


@dataclass(frozen=True)
class Asked:
    """How a move is asked for."""

    path: str
    by_bureau: bool
    body: Push | None


MOVES_ASKED: Mapping[Move, Asked] = {
    Move.CLAIM: Asked("claim", by_bureau=False, body=None),
    Move.WITHDRAW_CLAIM: Asked("withdraw-claim", by_bureau=False, body={"reason": "经核实不在本辖区"}),
    Move.RETURN: Asked("return", by_bureau=False, body={"reason": "other_area", "text": "经营地址不在本辖区"}),
    Move.REFER: Asked("refer", by_bureau=True, body={"text": "提请议定"}),
    Move.UPHOLD: Asked(
        "uphold", by_bureau=True, body={"text": "依三定方案", "conference_document": "示联席纪〔2026〕3号"}
    ),
    Move.REASSIGN: Asked(
        "reassign",
        by_bureau=True,
        body={"department": HEALTH, "text": "属卫健职责", "conference_document": "示联席纪〔2026〕3号"},
    ),
    Move.RELAY: Asked("relay", by_bureau=False, body={"department": PROVINCE, "reason": "由省局监管"}),
    Move.WITHDRAW: Asked("withdraw", by_bureau=True, body={"reason": "推送有误"}),
    Move.WITHDRAW_NOBODY_INSTEAD: Asked(
        "withdraw", by_bureau=True, body={"reason": "无须监管", "nobody_instead": True}
    ),
}

WAYS: Mapping[PushState, tuple[Move, ...]] = {
    PushState.DELIVERED: (),
    PushState.VIEWED: (Move.VIEW,),
    PushState.OVERDUE_UNCLAIMED: (Move.LAPSE,),
    PushState.CLAIMED: (Move.CLAIM,),
    PushState.CLAIMED_LATE: (Move.LAPSE, Move.CLAIM),
    PushState.CLAIM_WITHDRAWN: (Move.CLAIM, Move.WITHDRAW_CLAIM),
    PushState.RETURNED: (Move.RETURN,),
    PushState.REFERRED: (Move.RETURN, Move.REFER),
    PushState.UPHELD: (Move.RETURN, Move.UPHOLD),
    PushState.REASSIGNED: (Move.RETURN, Move.REASSIGN),
    PushState.WITHDRAWN: (Move.WITHDRAW,),
    PushState.RELAYED: (Move.RELAY,),
}
"""How a push comes into each state."""


def a_city(gateway: Gateway, **changed: Any) -> PushDesk:
    """The line, one item whose pushes must be claimed within an hour, and a desk to ask at."""
    a_line()
    rule = ClaimRule(limit=TimeLimit(amount=1, unit="hour"))
    know_item(item(**{"claim": rule} | changed))
    return PushDesk(gateway)


def _heard() -> Context:
    return Context(ANONYMOUS, utc_now(), "correlation", Once(f"event#{new_id('evt')}", "0"))
