"""A small invented city in the deployed stack: four departments, three items, a desk for each role."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from localstack.demo.desk import Desk, eventually, sign_in
from shared.kernel.clock import BEIJING, utc_now
from shared.kernel.codes import make_uscc
from shared.kernel.ids import new_id
from shared.kernel.permissions import Role
from tests.support.deployed import Deployed
from tests.support.registry_builders import WAIVER, department_body, item_body

EVENTS_SECONDS = 600.0
"""How long an event may take from one service to another; a second or two when the machine is idle."""
SCHEDULE_SECONDS = 600.0
"""The schedule runs every minute."""
_SIGNED_IN = timedelta(minutes=30)
"""How long a desk's token is used; it is good for an hour, and the whole run may take longer."""

FOOD = "000131016000"
JOINT = "000131016001"
URGENT = "000131016002"

UNCLAIMED = "LATE-1"
"""The case whose push nobody claims."""

LIAISONS = ("李敏", "赵戊")
PHONES = "1990000010"
"""What the liaisons' phone numbers begin with; they belong to nobody."""
_MARKET_LIAISONS = [{"name": name, "phone": f"{PHONES}{n}"} for n, name in enumerate(LIAISONS, start=1)]

_HEALTH_LIAISONS = [{"name": "钱己", "phone": f"{PHONES}9"}]
# Every SMS can be delivered: none is tried again and again while a test looks at what is written.
_OTHER_LIAISONS = [{"name": "李敏", "phone": "19900000301"}]

_DEPARTMENTS: dict[str, dict[str, Any]] = {
    "bureau": {"name": "临江市行政审批局", "kind": "approval", "liaisons": _OTHER_LIAISONS},
    "market": {"name": "临江市市场监督管理局", "kind": "supervision", "liaisons": _MARKET_LIAISONS},
    "health": {"name": "临江市卫生健康委员会", "kind": "supervision", "liaisons": _HEALTH_LIAISONS},
    "watch": {"name": "临江市人民政府督查室", "kind": "oversight", "liaisons": _OTHER_LIAISONS},
}

DESKS: dict[str, tuple[str | None, Role]] = {
    "city_registrar": (None, Role.REGISTRAR),
    "registrar": ("bureau", Role.REGISTRAR),
    "approver": ("bureau", Role.APPROVER),
    "liaison": ("market", Role.LIAISON),
    "second_liaison": ("market", Role.LIAISON),
    "inspector": ("market", Role.INSPECTOR),
    "stranger": ("health", Role.LIAISON),
    "strange_registrar": ("health", Role.REGISTRAR),
    "strange_approver": ("health", Role.APPROVER),
    "homeless_approver": (None, Role.APPROVER),
    "oversight": ("watch", Role.OVERSIGHT),
    "credit": ("watch", Role.CREDIT_AUTHORITY),
    "auditor": (None, Role.AUDIT_ADMIN),
    "admin": (None, Role.SYSTEM_ADMIN),
}

_AT_ONCE = {"mode": "confirm", "limit": {"amount": 1, "unit": "minute"}, "on_overdue": "escalate"}


@dataclass(frozen=True)
class Client:
    """What somebody signs in with."""

    client_id: str
    secret: str


@dataclass
class SmallCity:
    """The settled city: department ids by name, and the clients at its desks."""

    stack: Deployed
    departments: dict[str, str]
    clients: dict[str, Client]
    tokens: set[str] = field(default_factory=set)
    """Every token that any desk ever had."""
    _desks: dict[str, tuple[Desk, datetime]] = field(default_factory=dict)
    """Each desk, and until when its token is used."""

    def desk(self, name: str) -> Desk:
        """A desk that is signed in."""
        desk, until = self._desks[name]
        return desk if utc_now() < until else self.sign_in(name)

    def sign_in(self, name: str) -> Desk:
        """A desk with a new token."""
        desk = _desk(self.stack, self.clients[name])
        self._desks[name] = desk, utc_now() + _SIGNED_IN
        self.tokens.add(desk.token)
        return desk

    def accept(self, number: str, item: str = FOOD, *, key: str | None = None, **changed: Any) -> httpx.Response:
        """The bureau accepts a case."""
        body = acceptance_body(number, item, **changed)
        return self.desk("approver").send("/handover/v1/acceptances", body, key=key)

    def accepted(self, number: str, item: str = FOOD, **changed: Any) -> dict[str, Any]:
        """The receipt of an accepted case."""
        answer = self.accept(number, item, **changed)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return dict(answer.json())

    def publish(self, code: str, supervisors: Sequence[str], **changed: Any) -> None:
        """List an item under these departments' supervision; handover hears of it a moment later."""
        ids = [self.departments[name] for name in supervisors]
        desk = self.desk("registrar")
        item = desk.post("/registry/v1/items", item_body(self.departments["bureau"], *ids, code=code, **changed))
        waived = {"consultation_waived": WAIVER}
        published = desk.send(f"/registry/v1/items/{item['item_id']}/publish", waived, version=1)
        assert published.status_code == httpx.codes.OK, published.text

    def add_department(self, known_as: str, /, **given: Any) -> None:
        """Register another department, by which name it is known here from then on."""
        body = department_body(**given)
        self.departments[known_as] = self.desk("city_registrar").post("/registry/v1/departments", body)["department_id"]

    def await_event(self, path: str, desk: str) -> Any:
        """What a service answers once it has heard of something."""
        return eventually(lambda: self.desk(desk).try_get(path), seconds=EVENTS_SECONDS, what=path)

    def sms_of(self, push_id: str) -> list[dict[str, Any]]:
        """Messages to the market department's liaisons about a push."""
        return [each for each in self.all_sms() if each["about"] == push_id]

    def all_sms(self, name: str = "market") -> list[dict[str, Any]]:
        """Every message to a department's liaisons."""
        desk, found, cursor = self.desk("oversight"), [], None
        while True:
            query = {"department": self.departments[name], "limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = desk.get("/notification/v1/deliveries", **query)
            found += page["deliveries"]
            cursor = page["next"]
            if cursor is None:
                return found


def settle(stack: Deployed) -> SmallCity:
    """Register departments, clients and items, and wait until handover has heard of the items."""
    root = stack.administrator()
    founder = _desk(stack, _registered(root, "founder", None, Role.REGISTRAR))
    departments = {}
    for name, given in _DEPARTMENTS.items():
        departments[name] = founder.post("/registry/v1/departments", department_body(**given))["department_id"]
    clients = {
        name: _registered(root, name, departments[home] if home else None, role) for name, (home, role) in DESKS.items()
    }
    city = SmallCity(stack, departments, clients)
    for name in clients:
        city.sign_in(name)
    city.publish(FOOD, ["market"])
    city.publish(JOINT, ["market", "health"])
    city.publish(URGENT, ["market"], claim=_AT_ONCE)
    for code in (FOOD, JOINT, URGENT):
        city.await_event(f"/handover/v1/routes/{code}", "approver")
    return city


def insist(send: Callable[[], httpx.Response], *, seconds: float = EVENTS_SECONDS) -> httpx.Response:
    """Send the same request again until something other than "try again" is answered, as a client should (R-HND-13)."""
    ends = time.monotonic() + seconds
    while True:
        answer = send()
        if not answer.is_server_error or time.monotonic() > ends:
            return answer
        time.sleep(0.2)


def acceptance_body(number: str, item: str = FOOD, **changed: Any) -> dict[str, Any]:
    """An accepted case of a noodle shop."""
    now = datetime.now(UTC).astimezone(BEIJING).replace(microsecond=0)
    return {
        "case_number": number,
        "item_code": item,
        "applicant": shop(),
        "received_at": (now - timedelta(minutes=20)).isoformat(),
        "accepted_at": now.isoformat(),
        "materials": [{"name": "申请书.pdf", "sha256": "0" * 64}],
    } | changed


def decision_body(number: str, **changed: Any) -> dict[str, Any]:
    """A licence granted."""
    now = datetime.now(UTC).astimezone(BEIJING).replace(microsecond=0)
    return {
        "case_number": number,
        "decision": {
            "result": "granted",
            "document_number": f"临审批〔{now.year}〕{number}号",
            "decided_at": now.isoformat(),
            "licence_number": f"JY29{number}",
            "licence_name": "食品经营许可证",
            "valid_from": now.date().isoformat(),
            "valid_until": (now + timedelta(days=5 * 365)).date().isoformat(),
        },
    } | changed


def shop(number: int = 1) -> dict[str, str]:
    """An invented noodle shop; each number is another one."""
    return {
        "name": f"临江市老街面馆{number}号",
        "kind": "organisation",
        "code": make_uscc(f"92990102MA{number:06d}"),
        "phone": "0999-5550199",
    }


def inspection_body(case_id: str) -> dict[str, Any]:
    """An inspection that finds a fault."""
    now = datetime.now(UTC).astimezone(BEIJING).replace(microsecond=0)
    report = {
        "kind": "inspection",
        "inspected_at": now.isoformat(),
        "result": "non_compliant",
        "handling": "timed_rectification",
        "findings": "冷藏柜温度超标。",
        "rectify_by": (now + timedelta(days=15)).date().isoformat(),
    }
    return {"case_id": case_id, "report": report}


def penalty_body(case_id: str, document: str) -> dict[str, Any]:
    """A penalty."""
    report = {
        "kind": "penalty",
        "document_number": document,
        "decided_on": datetime.now(UTC).astimezone(BEIJING).date().isoformat(),
        "kinds": ["warning", "fine"],
        "facts": "逾期未整改。",
        "legal_basis": "《中华人民共和国食品安全法》第一百二十六条",
        "fine_yuan": "5000.00",
    }
    return {"case_id": case_id, "report": report}


def _registered(root: Desk, name: str, department: str | None, role: Role) -> Client:
    body = {"name": name, "department": department, "roles": [role]}
    made = root.post("/identity/v1/clients", body, key=new_id("key"))
    return Client(made["client"]["client_id"], made["client_secret"])


def _desk(stack: Deployed, client: Client) -> Desk:
    return sign_in(stack.http, stack.base_url, client.client_id, client.secret)
