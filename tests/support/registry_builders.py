"""A fictional city's registry: departments and items as their registrars would send them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from services.registry import wiring
from services.registry.app import app
from shared.kernel.permissions import Role
from tests.support.gateway import Answer, Gateway

_REGISTERED: Counter[str] = Counter()
"""How many departments of each default name there are: names are unique."""


def forget() -> None:
    """Become a new process: nothing cached."""
    _REGISTERED.clear()
    for made in vars(wiring).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


def anybody() -> Gateway:
    """The registry as the public calls it."""
    return Gateway(app)


def registrar(department: str | None = None) -> Gateway:
    """The registry as a registrar calls it."""
    return Gateway(app).with_principal(department, Role.REGISTRAR)


def department_body(**changed: Any) -> dict[str, Any]:
    """A supervision department with one liaison."""
    return {
        "name": "临江市市场监督管理局",
        "kind": "supervision",
        "level": "city",
        "division_code": "999900",
        "leader": "周立新",
        "coordinating_section": "行政审批协调科",
        "liaisons": [{"name": "李敏", "phone": "0999-5550101"}],
    } | changed


def supervisor_body(department: str, part: str = "lead") -> dict[str, Any]:
    """One supervisor of an item."""
    return {
        "department": department,
        "part": part,
        "supervision_item": "食品经营监督检查",
        "section": "食品经营监管科",
        "person": "李敏",
        "contact": "0999-5550101",
    }


def item_body(bureau: str, *supervisors: str, **changed: Any) -> dict[str, Any]:
    """An item of a bureau; the first supervisor leads."""
    parts = ["lead"] + ["assisting"] * len(supervisors)
    return {
        "code": "000131016000",
        "name": "食品经营许可",
        "item_type": "01",
        "level": "city",
        "division_code": "999900",
        "legal_basis": "《中华人民共和国食品安全法》第三十五条",
        "approval_department": bureau,
        "approval_section": "市场准入科",
        "approval_person": "王静",
        "approval_contact": "0999-5550100",
        "approval_mode": "ordinary",
        "statutory_limit": {"amount": 20},
        "committed_limit": {"amount": 8},
        "push_stages": ["acceptance", "decision"],
        "supervisors": [supervisor_body(each, part) for each, part in zip(supervisors, parts, strict=False)],
    } | changed


def put(gateway: Gateway, url: str, body: object, version: int, *, key: str = "put-1") -> Answer:
    """Edit what was read at a version."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, "If-Match": f'"v{version}"'}
    return gateway.call("PUT", url, body, headers)


WAIVER = "清单由临江市人民政府文件(临政发〔2026〕1号)确定,无须另行征求意见"
"""Why nobody is asked about a list that an invented document fixed (R-REG-4)."""

WAIVED = {"reason": "清单公布", "consultation_waived": WAIVER}


def act_on(gateway: Gateway, department: str, name: str, version: int, **body: Any) -> Answer:
    """Do something to a department as it was read: suspend, resume, merge, liaisons/hand-over."""
    match = {"If-Match": f'"v{version}"'}
    return gateway.post(f"/v1/departments/{department}/{name}", body, **match)


def act(gateway: Gateway, file: Mapping[str, Any], name: str, **body: Any) -> Answer:
    """Do something to an item as it was read: publish, consultation, suspend, reinstate, retire."""
    match = {"If-Match": f'"v{file["revision"]}"'}
    return gateway.post(f"/v1/items/{file['item_id']}/{name}", body, **match)


def publish(gateway: Gateway, file: Mapping[str, Any], **body: Any) -> Answer:
    """Publish an item's draft without asking anybody; `consultation_waived=None` gives no reason for that."""
    return act(gateway, file, "publish", **WAIVED | body)


def a_department(**changed: Any) -> str:
    """Register a department; its id. Names are unique: the second of the default name bears its number."""
    body = department_body(**changed)
    answer = registrar().post("/v1/departments", body if "name" in changed else body | _numbered(body["name"]))
    assert answer.status == 201, answer.text
    return str(answer.json["department_id"])


def a_bureau(**changed: Any) -> str:
    """Register an approval bureau; its id."""
    return a_department(**_numbered("临江市行政审批局"), **{"kind": "approval"} | changed)


def _numbered(name: str) -> dict[str, str]:
    _REGISTERED[name] += 1
    return {"name": name if _REGISTERED[name] == 1 else f"{name}第{_REGISTERED[name]}分局"}


def a_draft(bureau: str, *supervisors: str, **changed: Any) -> dict[str, Any]:
    """Draft an item."""
    answer = registrar(bureau).post("/v1/items", item_body(bureau, *supervisors, **changed))
    assert answer.status == 201, answer.text
    return dict(answer.json)


def a_published_item(bureau: str, *supervisors: str, **changed: Any) -> dict[str, Any]:
    """Draft and publish an item."""
    answer = publish(registrar(bureau), a_draft(bureau, *supervisors, **changed))
    assert answer.status == 200, answer.text
    return dict(answer.json)
