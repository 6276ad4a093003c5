"""Settle the invented city in a running stack: departments, their clients, the published list.

What is there already is left alone, and every write carries a key made from its content, so that settling again, or
after an interruption, changes nothing.
"""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from localstack.demo.data import BUREAU, DEPARTMENTS, DIVISION, ITEMS, LIST_DOCUMENT, DepartmentSeed, ItemSeed
from localstack.demo.desk import Desk, answered, eventually, sign_in
from shared.kernel.permissions import Role

Report = Callable[[str, int, int], None]
"""What is being settled, how many are done, how many there are."""

_AT_ONCE = 3
"""Items drafted at once."""

BOOTSTRAP_CLIENT = "cli_bootstrap"

_LIST_SECONDS = 120.0
"""How long the whole list may take to reach handover right after the first deployment."""

# One desk for each role, and a second liaison for the race: whose it is (None: the city's own operators), what it may do.
DESKS: dict[str, tuple[str | None, tuple[Role, ...]]] = {
    "registrar": ("bureau", (Role.REGISTRAR,)),
    "approver": ("bureau", (Role.APPROVER,)),
    "liaison": ("market", (Role.LIAISON,)),
    "second_liaison": ("market", (Role.LIAISON,)),
    "inspector": ("market", (Role.INSPECTOR,)),
    "oversight": ("oversight", (Role.OVERSIGHT,)),
    "credit_authority": ("credit", (Role.CREDIT_AUTHORITY,)),
    "audit_admin": (None, (Role.AUDIT_ADMIN,)),
    "system_admin": (None, (Role.SYSTEM_ADMIN,)),
}


@dataclass(frozen=True, slots=True)
class City:
    """The settled city: department ids by key, and one signed-in desk per role."""

    departments: dict[str, str]
    desks: dict[str, Desk]

    def name_of(self, department_id: str) -> str:
        """A department's name by its id; the id itself where it is none of ours."""
        names = {self.departments[seed.key]: seed.name for seed in DEPARTMENTS}
        return names.get(department_id, department_id)


def settle(http: httpx.Client, base_url: str, bootstrap_secret: str, report: Report) -> City:
    """Register what is missing and sign every desk in."""
    admin = sign_in(http, base_url, BOOTSTRAP_CLIENT, bootstrap_secret)
    founder = _founder(admin)
    departments = {
        each["name"]: each["department_id"] for each in founder.pages("/registry/v1/departments", "departments")
    }
    for number, seed in enumerate(DEPARTMENTS, start=1):
        if seed.name not in departments:
            departments[seed.name] = _department(founder, seed)
        report("departments 部门", number, len(DEPARTMENTS))
    ids = {seed.key: departments[seed.name] for seed in DEPARTMENTS}
    desks: dict[str, Desk] = {}
    for number, (name, (department, roles)) in enumerate(DESKS.items(), start=1):
        desks[name] = _register(admin, name, ids[department] if department else None, roles)
        report("clients 客户端", number, len(DESKS))
    _publish_items(desks, ids, report)
    return City(ids, desks)


def _publish_items(desks: dict[str, Desk], departments: dict[str, str], report: Report) -> None:
    published = {each["item"]["code"] for each in desks["registrar"].pages("/registry/v1/public/items", "items")}
    missing = [item for item in ITEMS if item.code not in published]
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as together:
        drafting = together.map(lambda item: _item(desks["registrar"], item, departments), missing)
        for number, _ in enumerate(drafting, start=len(ITEMS) - len(missing) + 1):
            report("linkage items 审管联动事项", number, len(ITEMS))
    for number, item in enumerate(missing, start=1):
        _await_route(desks["approver"], item)
        report("routes known to handover 推送路由", number, len(missing))


def open_desk(http: httpx.Client, base_url: str, bootstrap_secret: str, name: str) -> Desk:
    """Sign one desk in, registering it and its department where that was never done."""
    admin = sign_in(http, base_url, BOOTSTRAP_CLIENT, bootstrap_secret)
    key, roles = DESKS[name]
    seed = next((each for each in DEPARTMENTS if each.key == key), None)
    department = _department(_founder(admin), seed) if seed else None
    return _register(admin, name, department, roles)


def _founder(admin: Desk) -> Desk:
    """Whoever enters the departments before any of them has a client."""
    return _register(admin, "founder", None, (Role.REGISTRAR,))


def _register(admin: Desk, name: str, department: str | None, roles: tuple[Role, ...]) -> Desk:
    body = {"name": f"演示:{name}", "department": department, "roles": list(roles)}
    made = admin.post("/identity/v1/clients", body, key=_key("client", body))
    return sign_in(admin.http, admin.base_url, made["client"]["client_id"], made["client_secret"])


def _department(registrar: Desk, seed: DepartmentSeed) -> str:
    body = {
        "name": seed.name,
        "kind": seed.kind,
        "level": "city",
        "division_code": DIVISION,
        "leader": seed.leader,
        "coordinating_section": seed.section,
        "liaisons": [{"name": name, "phone": seed.phone(number)} for number, name in enumerate(seed.liaisons, start=1)],
    }
    made = registrar.post("/registry/v1/departments", body, key=_key("department", body))
    return str(made["department_id"])


def _item(registrar: Desk, seed: ItemSeed, departments: dict[str, str]) -> None:
    names = {each.key: each for each in DEPARTMENTS}
    parts = [(seed.lead, "lead"), *((key, "assisting") for key in seed.assisting)]
    body: dict[str, Any] = {
        "code": seed.code,
        "name": seed.name,
        "item_type": "01",
        "level": "city",
        "division_code": DIVISION,
        "legal_basis": seed.law,
        "approval_department": departments[BUREAU.key],
        "approval_section": BUREAU.section,
        "approval_person": BUREAU.liaisons[0],
        "approval_contact": BUREAU.phone(1),
        "approval_mode": "ordinary",
        "statutory_limit": {"amount": 20, "unit": "working_day"},
        "committed_limit": {"amount": seed.days, "unit": "working_day"},
        "push_stages": list(seed.stages),
        "supervisors": [
            {
                "department": departments[key],
                "part": part,
                "supervision_item": f"{seed.name}事中事后监管",
                "section": names[key].section,
                "person": names[key].liaisons[0],
                "contact": names[key].phone(1),
            }
            for key, part in parts
        ],
    }
    if seed.claim:
        body["claim"] = seed.claim
    drafted = registrar.send("/registry/v1/items", body, key=_key("item", body))
    item = answered(drafted)
    published = registrar.send(
        f"/registry/v1/items/{item['item_id']}/publish",
        {"reason": "清单首次公布", "consultation_waived": LIST_DOCUMENT},
        key=_key("publish", body),
        version=1,
    )
    answered(published)


def _await_route(approver: Desk, seed: ItemSeed) -> None:
    """Handover learns the list by event; a push before that would wait for a person (R-HND-15)."""

    def known() -> bool:
        return approver.try_get(f"/handover/v1/routes/{seed.code}") is not None

    eventually(known, seconds=_LIST_SECONDS, what=f"{seed.name} at handover")


def _key(kind: str, body: object) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return f"demo-{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
