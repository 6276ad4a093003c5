"""A good request to every endpoint of every service, to be spoilt in one way at a time."""

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from infra.build import SERVICES
from localstack.demo.desk import eventually
from shared.http.endpoints import Endpoint
from shared.http.forms import FORM
from shared.http.service_app import ServiceApp
from shared.kernel.calendar import add_working_days, beijing_date
from shared.kernel.clock import BEIJING, utc_now
from shared.kernel.ids import new_id
from tests.support.file_builders import SCAN, document_body, material_body, sha256_of
from tests.support.import_builders import a_row, as_csv, declaration, send_upload
from tests.support.notice_builders import notice_body
from tests.support.registry_builders import department_body, item_body
from tests.support.small_city import (
    EVENTS_SECONDS,
    FOOD,
    SmallCity,
    acceptance_body,
    decision_body,
    inspection_body,
    shop,
)
from tests.support.transfer_builders import transfer_body
from tests.support.witness_builders import local_witness

Json = dict[str, Any]

NUMBER = "BAD-2026-000001"
SHOP = shop(900)
DRAFT = "000131016900"
SHEET = as_csv([a_row(990000)])
"""A list of one item that the city does not know yet."""
LISTED = "办件编号,办结日期,办理结果\nBAD-2026-000001,2026-03-06,准予\n".encode("utf-8-sig")
"""A list of decided cases, to be reconciled."""
JSON = "application/json"
SCHEDULE_SECONDS = 180
"""The schedule runs every minute."""


@dataclass
class World:
    """The city, and the ids of what stands in it, by name."""

    city: SmallCity
    ids: dict[str, str] = field(default_factory=dict)
    first: dict[str, tuple["Ask", httpx.Response]] = field(default_factory=dict)
    """The first request to each endpoint that is idempotent, with its answer."""


@dataclass(frozen=True)
class Ask:
    """One request as it goes over the wire. `desk` None shows no token; `token` overrides the desk's."""

    method: str
    path: str
    desk: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None

    def send(self, city: SmallCity) -> httpx.Response:
        token = self.token or (city.desk(self.desk).token if self.desk else None)
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{city.stack.base_url}{self.path}"
        return city.stack.http.request(
            self.method, url, params=self.query, content=self.body, headers={**shown, **self.headers}
        )


@dataclass(frozen=True)
class Good:
    """What a good request to one endpoint is made of."""

    desk: str | None
    body: Callable[[World], Json] | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    """Each path parameter, with the name of an id of the world, or the value itself."""
    query: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    learns: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Ids that its answer tells."""
    other: Json | None = None
    """Fields that make it another request, for its key to be refused."""
    other_path: Mapping[str, str] = field(default_factory=dict)
    prepare: "Callable[[World], None]" = field(default=lambda _: None)
    """What must have happened before it is asked for the first time."""


def _market(world: World) -> str:
    return world.city.departments["market"]


def _department(world: World) -> Json:
    del world
    return department_body(
        name="临江市体育局",
        liaisons=[{"name": "孙辛", "phone": "19900000201"}],
        people=[{"name": "周壬", "phone": "19900000202"}],
    )


def _hand_over(world: World) -> Json:
    return {"giver": world.ids["giver"], "taker": world.ids["taker"], "reason": "孙辛调离"}


def _merge(world: World) -> Json:
    return {"successor": _market(world), "reason": "机构改革"}


def _item(world: World) -> Json:
    return item_body(world.city.departments["bureau"], _market(world), code=DRAFT, name="游泳场所经营许可")


def _witness(name: str) -> Json:
    # Nobody answers at this address, and nobody has to.
    return {"url": f"https://{name}.invalid", "vkey": local_witness(f"{name}.invalid").key.vkey}


def _witness_that_leaves(world: World) -> None:
    headers = {"Content-Type": JSON, "Idempotency-Key": new_id("key")}
    body = as_json(_witness("leaving"))
    _succeeded(world.city, Ask("PUT", "/audit/v1/witnesses/leaving", "auditor", headers, body))


def _await_indexed(world: World) -> None:
    def indexed() -> bool:
        found = world.city.desk("auditor").get(f"/audit/v1/events?case={world.ids['case']}")
        return bool(found["events"])

    eventually(indexed, seconds=SCHEDULE_SECONDS, what="the case can be searched for")


def _why(world: World) -> Json:
    del world
    return {"reason": "依据文件调整"}


def _acceptance(world: World) -> Json:
    # Its times must be the same however often it is asked for.
    return acceptance_body(
        NUMBER,
        FOOD,
        applicant=SHOP,
        received_at="2026-03-02T09:00:00+08:00",
        accepted_at="2026-03-02T09:30:00+08:00",
        promises=[world.ids["one"]],
        materials=[{"name": "申请书.pdf", "sha256": sha256_of(SCAN), "material_id": world.ids["material"]}],
    )


def _transfer(world: World) -> Json:
    return transfer_body(_market(world), world.city.departments["bureau"])


def _uploaded(name: str) -> Callable[[Any], str]:
    """What was declared by its id, once its bytes were sent where its link says."""

    def send(made: Any) -> str:
        link = made["upload"]
        answer = httpx.put(link["url"], content=SCAN, headers=link["headers"], trust_env=False)
        assert answer.is_success, answer.text
        return str(made[name])

    return send


def _sheet(world: World) -> Json:
    del world
    return declaration(SHEET)


def _sent(made: Any) -> str:
    """The declared import's id, once its file was sent where its link says."""
    send_upload(made["upload"], SHEET)
    return str(made["import_id"])


def _await_checked(world: World) -> None:
    def checked() -> bool:
        found = world.city.desk("registrar").get(f"/registry/v1/imports/{world.ids['import']}")
        return bool(found["state"] == "checked")

    eventually(checked, seconds=EVENTS_SECONDS, what="the import is checked")


def _declare_another(world: World) -> None:
    made = world.city.desk("registrar").post("/registry/v1/imports", _sheet(world))
    world.ids["given_up"] = str(made["import_id"])


def _pushed(name: str, *steps: tuple[str, str, Json | None]) -> Callable[[World], None]:
    """A push of a case of its own, of that name, after these steps: whose desk, what is asked, with which content."""

    def prepare(world: World) -> None:
        accepted = world.city.accepted(f"MOVE-{name.upper()}")
        world.ids[name] = str(accepted["pushes"][0]["push_id"])
        for desk, what, body in steps:
            world.city.desk(desk).post(f"/handover/v1/pushes/{world.ids[name]}/{what}", body)

    return prepare


def _relay(world: World) -> Json:
    return {"department": world.ids["county"], "reason": "由县局监管"}


def _with_a_county(world: World) -> None:
    """A county's department below the market's; a relay to it succeeds once handover has heard of it."""
    liaisons = [{"name": "吴癸", "phone": "19900000203"}]
    county = department_body(name="临江县市场监督管理局", level="county", superior=_market(world), liaisons=liaisons)
    made = world.city.desk("city_registrar").post("/registry/v1/departments", county)
    world.ids["county"] = str(made["department_id"])
    _pushed("probe")(world)
    relay, liaison = f"/handover/v1/pushes/{world.ids['probe']}/relay", world.city.desk("liaison")
    eventually(lambda: liaison.send(relay, _relay(world)).is_success, seconds=EVENTS_SECONDS, what="a relay")
    _pushed("relayed")(world)


def _offline(world: World) -> Json:
    del world
    today = datetime.now(BEIJING).date().isoformat()
    return {
        "offline": {"channel": "letter", "document_number": "临市监函〔2026〕9号", "dated": today, "scan": "5" * 64}
    }


def _left_unrouted(world: World) -> None:
    """A case of an item that nobody listed."""
    made = world.city.desk("approver").post(
        "/handover/v1/acceptances", acceptance_body("LEFT-UNROUTED", "000131016777")
    )
    world.ids["unrouted"] = str(made["unrouted"][0]["unrouted_id"])


def _await_exported(world: World) -> None:
    """The schedule writes it within some minutes."""

    def exported() -> bool:
        found = world.city.desk("registrar").get(f"/handover/v1/exports/{world.ids['export']}")
        return bool(found["state"] == "finished")

    eventually(exported, seconds=SCHEDULE_SECONDS, what="the ledger is exported")


def _list_file() -> Json:
    return {
        "file_name": "办结清单.csv",
        "media_type": "text/csv",
        "size": len(LISTED),
        "sha256": sha256_of(LISTED),
    }


def _list_sent(made: Any) -> str:
    """The reconciliation's id, once its list was sent where its link says."""
    send_upload(made["upload"], LISTED)
    return str(made["reconciliation_id"])


_EXPORT = {"export_id": "export"}
_RECONCILIATION = {"reconciliation_id": "reconciliation"}
_RETURN: Json = {"reason": "other_area", "text": "经营地址不在本辖区。"}
_WHY: Json = {"text": "依三定方案属市局职责。"}
_RETURNED = ("liaison", "return", _RETURN)
_CLAIMED = ("liaison", "claim", None)
_ANOTHER_TEXT: Json = {"text": "另一缘由"}


def _accept_another(world: World) -> None:
    """A case that is accepted now, whose clock still runs."""
    made = world.city.desk("approver").post("/handover/v1/acceptances", acceptance_body("BAD-2026-000003"))
    world.ids["under_way"] = str(made["case_id"])


def _survey(world: World) -> Json:
    return {"kind": "site_survey", "departments": [_market(world)], "text": "请踏勘经营场所"}


def _ask_once_more(world: World) -> None:
    made = world.city.desk("approver").post(f"/handover/v1/cases/{world.ids['under_way']}/reviews", _survey(world))
    world.ids["unwanted_review"] = str(made["review"]["review_id"])


def _public_notice(world: World) -> Json:
    del world
    until = add_working_days(beijing_date(utc_now()), 10)
    return {"title": "食品经营许可公示", "text": "现予公示。", "until": until.isoformat()}


_NO_IMPORT = {"import_id": "imp_00000000000000000000000000"}
_IMPORT = {"import_id": "import"}
_CASE = {"case_id": "case"}
_NO_CASE = "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"
_UNDER_WAY = {"case_id": "under_way"}
_REVIEW = {"review_id": "review"}
_SHOWN = {"notice_id": "shown"}
_MATERIAL = {"material_id": "material"}
_DOCUMENT = {"document_id": "document"}
_NOTICE = {"notice_id": "notice"}
_TRANSFER = {"transfer_id": "transfer"}
_ITEM = {"item_id": "item"}
_DEPARTMENT = {"department_id": "department"}
_LEADER: Json = {"leader": "另一人"}
_ANOTHER_REASON: Json = {"reason": "另一缘由"}

# By service, method and path. What is asked once is asked in this order.
GOOD: dict[str, Good] = {
    "identity POST /v1/token": Good(None),
    "identity GET /v1/jwks.json": Good(None),
    "identity POST /v1/clients": Good(
        "admin",
        lambda world: {"name": "办件系统", "department": _market(world), "roles": ["liaison"]},
        learns={"client": lambda made: str(made["client"]["client_id"])},
        other={"name": "另一系统"},
    ),
    "identity GET /v1/clients/{client_id}": Good("admin", path={"client_id": "client"}),
    "registry POST /v1/departments": Good(
        "registrar",
        _department,
        learns={
            "department": lambda made: str(made["department_id"]),
            "giver": lambda made: str(made["liaisons"][0]["person_id"]),
            "taker": lambda made: str(made["people"][0]["person_id"]),
        },
        other=_LEADER,
    ),
    "registry GET /v1/departments": Good("registrar"),
    "registry GET /v1/departments/{department_id}": Good("registrar", path=_DEPARTMENT),
    "registry PUT /v1/departments/{department_id}": Good(
        "city_registrar", _department, _DEPARTMENT, version=1, other=_LEADER
    ),
    "registry POST /v1/departments/{department_id}/suspend": Good(
        "city_registrar", _why, _DEPARTMENT, version=2, other=_ANOTHER_REASON
    ),
    "registry POST /v1/departments/{department_id}/resume": Good(
        "city_registrar", _why, _DEPARTMENT, version=3, other=_ANOTHER_REASON
    ),
    "registry POST /v1/departments/{department_id}/liaisons/hand-over": Good(
        "city_registrar",
        _hand_over,
        _DEPARTMENT,
        version=4,
        learns={"hand": lambda made: str(made["work"]["hand_id"])},
        other=_ANOTHER_REASON,
    ),
    "registry POST /v1/departments/{department_id}/merge": Good(
        "city_registrar", _merge, _DEPARTMENT, version=5, other=_ANOTHER_REASON
    ),
    "registry GET /v1/departments/{department_id}/versions/{version}": Good(
        "registrar", path=_DEPARTMENT | {"version": "1"}
    ),
    "registry GET /v1/departments/{department_id}/history": Good("registrar", path=_DEPARTMENT),
    "registry GET /v1/departments/{department_id}/line": Good("registrar", path=_DEPARTMENT),
    "registry GET /v1/departments/{department_id}/liaisons": Good(
        "registrar", path=_DEPARTMENT, query={"on": "2026-11-22"}
    ),
    "registry GET /v1/departments/{department_id}/liaisons/history": Good("registrar", path=_DEPARTMENT),
    "registry GET /v1/departments/{department_id}/liaisons/hand-overs/{hand_id}": Good(
        "registrar", path=_DEPARTMENT | {"hand_id": "hand"}
    ),
    "registry GET /v1/public/departments": Good(None),
    "registry POST /v1/items": Good(
        "registrar", _item, learns={"item": lambda made: str(made["item_id"])}, other={"name": "另一事项"}
    ),
    "registry GET /v1/items/{item_id}": Good("registrar", path=_ITEM),
    "registry PUT /v1/items/{item_id}": Good("registrar", _item, _ITEM, version=1, other={"name": "另一事项"}),
    "registry GET /v1/items": Good("registrar"),
    "registry POST /v1/items/{item_id}/consultation": Good(
        "registrar", lambda _: {"limit": {"amount": 5}}, _ITEM, version=2, other={"limit": {"amount": 6}}
    ),
    "registry GET /v1/consultations": Good("liaison", query={"department": "market"}),
    "registry POST /v1/items/{item_id}/consultation/answer": Good(
        "liaison",
        lambda _: {"number": 1, "answer": "confirmed"},
        _ITEM,
        other={"answer": "objected", "reason": "不同意"},
    ),
    "registry POST /v1/items/{item_id}/publish": Good(
        "registrar", lambda _: {"reason": "首次发布"}, _ITEM, version=4, other={"reason": "另一缘由"}
    ),
    "registry GET /v1/items/{item_id}/versions": Good("registrar", path=_ITEM),
    "registry GET /v1/items/{item_id}/differences": Good("registrar", path=_ITEM, query={"from": "1", "to": "1"}),
    "registry POST /v1/items/{item_id}/suspend": Good("registrar", _why, _ITEM, version=5, other=_ANOTHER_REASON),
    "registry POST /v1/items/{item_id}/reinstate": Good("registrar", _why, _ITEM, version=6, other=_ANOTHER_REASON),
    "registry POST /v1/items/{item_id}/retire": Good("registrar", _why, _ITEM, version=7, other=_ANOTHER_REASON),
    "registry GET /v1/public/items/{code}/differences": Good(None, path={"code": FOOD}, query={"from": "1", "to": "1"}),
    "registry GET /v1/public/items": Good(None),
    "registry GET /v1/public/items/{code}/versions": Good(None, path={"code": FOOD}),
    "registry GET /v1/public/items/{code}/in-force": Good(None, path={"code": FOOD}),
    "registry GET /v1/public/changes": Good(None, query={"from": "2026-01-01", "to": "2026-12-31"}),
    "registry GET /v1/public/exports": Good(None),
    "registry GET /v1/public/exports/{format}": Good(None, path={"format": "csv"}),
    "registry GET /v1/public/items/{code}": Good(None, path={"code": FOOD}),
    "registry GET /v1/public/items/{code}/versions/{version}": Good(None, path={"code": FOOD, "version": "1"}),
    "registry POST /v1/documents": Good(
        "registrar",
        lambda _: document_body(),
        learns={"document": _uploaded("document_id")},
        other={"number": "临市监委〔2026〕4号"},
    ),
    "registry POST /v1/documents/{document_id}/upload-link": Good("registrar", path=_DOCUMENT),
    "registry POST /v1/documents/{document_id}/complete": Good(
        "registrar", path=_DOCUMENT, other_path={"document_id": "doc_00000000000000000000000000"}
    ),
    "registry GET /v1/documents/{document_id}": Good("liaison", path=_DOCUMENT),
    "registry GET /v1/documents/{document_id}/content": Good("liaison", path=_DOCUMENT),
    "registry POST /v1/imports": Good(
        "registrar", _sheet, learns={"import": _sent}, other={"file_name": "另一清单.csv"}
    ),
    "registry GET /v1/imports": Good("registrar"),
    "registry GET /v1/imports/{import_id}": Good("registrar", path=_IMPORT),
    "registry POST /v1/imports/{import_id}/start": Good("registrar", path=_IMPORT, other_path=_NO_IMPORT),
    "registry GET /v1/imports/{import_id}/rows": Good("registrar", path=_IMPORT),
    "registry GET /v1/imports/{import_id}/sheet": Good("registrar", path=_IMPORT),
    "registry POST /v1/imports/{import_id}/apply": Good(
        "registrar", lambda _: {"partial": False}, _IMPORT, other={"partial": True}, prepare=_await_checked
    ),
    "registry POST /v1/imports/{import_id}/abandon": Good(
        "registrar", path={"import_id": "given_up"}, other_path=_NO_IMPORT, prepare=_declare_another
    ),
    "registry GET /v1/public/import-template/{format}": Good(None, path={"format": "csv"}),
    "registry POST /v1/notices": Good(
        "liaison",
        lambda _: notice_body(FOOD),
        learns={"notice": lambda made: str(made["notice_id"])},
        other={"title": "另一规定修订"},
    ),
    "registry GET /v1/notices": Good("liaison", query={"role": "sent"}),
    "registry GET /v1/notices/{notice_id}": Good("approver", path=_NOTICE),
    "registry POST /v1/notices/{notice_id}/acknowledge": Good(
        "approver", path=_NOTICE, other_path={"notice_id": "ntc_00000000000000000000000000"}
    ),
    "registry POST /v1/notices/{notice_id}/answer": Good(
        "approver",
        lambda _: {"outcome": "no_revision_needed", "reason": "清单条件与修订后的规定一致。"},
        _NOTICE,
        other={"reason": "另一理由"},
    ),
    "registry POST /v1/transfers": Good(
        "registrar", _transfer, learns={"transfer": lambda made: str(made["transfer_id"])}, other={"remark": "另一备注"}
    ),
    "registry PUT /v1/transfers/{transfer_id}": Good(
        "registrar",
        lambda world: {**_transfer(world), "reason": "文号录入有误"},
        _TRANSFER,
        version=1,
        other={"reason": "另一缘由"},
    ),
    "registry GET /v1/public/transfers": Good(None),
    "registry GET /v1/public/transfers/{transfer_id}": Good(None, path=_TRANSFER),
    "registry GET /v1/public/transfers/{transfer_id}/versions/{version}": Good(
        None, path={**_TRANSFER, "version": "1"}
    ),
    "handover POST /v1/materials": Good(
        "approver",
        lambda _: material_body(),
        learns={"material": _uploaded("material_id")},
        other={"name": "另一份申请书"},
    ),
    "handover POST /v1/materials/{material_id}/upload-link": Good("approver", path=_MATERIAL),
    "handover POST /v1/materials/{material_id}/complete": Good(
        "approver", path=_MATERIAL, other_path={"material_id": "mat_00000000000000000000000000"}
    ),
    "handover GET /v1/materials/{material_id}": Good("approver", path=_MATERIAL),
    "handover GET /v1/materials/{material_id}/content": Good("approver", path=_MATERIAL),
    "handover POST /v1/acceptances": Good(
        "approver",
        _acceptance,
        learns={"case": lambda made: str(made["case_id"]), "push": lambda made: str(made["pushes"][0]["push_id"])},
        other={"case_number": "BAD-2026-000002"},
    ),
    "handover POST /v1/cases/{case_id}/stops": Good(
        "approver",
        lambda _: {"reason": "supplement", "text": "缺平面布置图"},
        _UNDER_WAY,
        other={"text": "缺申请书"},
        prepare=_accept_another,
    ),
    "handover POST /v1/cases/{case_id}/resumptions": Good(
        "approver", lambda _: {"text": "已补正"}, _UNDER_WAY, other={"text": "已补正齐全"}
    ),
    "handover POST /v1/cases/{case_id}/extension": Good(
        "approver",
        lambda _: {"approved_by": "局长 郑某", "reason": "专家意见分歧较大"},
        _UNDER_WAY,
        other={"reason": "另一缘由"},
    ),
    "handover POST /v1/cases/{case_id}/reviews": Good(
        "approver",
        _survey,
        _UNDER_WAY,
        learns={"review": lambda made: str(made["review"]["review_id"])},
        other={"text": "请另行踏勘"},
    ),
    "handover POST /v1/reviews/{review_id}/opinion": Good(
        "liaison", lambda _: {"result": "pass", "text": "布局与平面图一致"}, _REVIEW, other={"text": "另一意见"}
    ),
    "handover POST /v1/reviews/{review_id}/withdraw": Good(
        "approver",
        lambda _: {"reason": "申请人变更经营场所"},
        {"review_id": "unwanted_review"},
        other={"reason": "另一缘由"},
        prepare=_ask_once_more,
    ),
    "handover GET /v1/reviews/{review_id}": Good("approver", path=_REVIEW),
    "handover GET /v1/reviews": Good("liaison"),
    "handover POST /v1/cases/{case_id}/public-notices": Good(
        "approver",
        _public_notice,
        _UNDER_WAY,
        learns={"shown": lambda made: str(made["notice_id"])},
        other={"title": "另一公示"},
    ),
    "handover POST /v1/public-notices/{notice_id}/objections": Good(
        "liaison", lambda _: {"text": "该址位于水源保护区内"}, _SHOWN, other={"text": "另一异议"}
    ),
    "handover GET /v1/public-notices/{notice_id}/objections": Good("approver", path=_SHOWN),
    "handover GET /v1/public/notices": Good(None),
    "handover GET /v1/public/notices/{notice_id}": Good(None, path=_SHOWN),
    "handover POST /v1/public/notices/{notice_id}/objections": Good(
        None, lambda _: {"text": "排烟口正对居民窗户", "name": "己某"}, _SHOWN, other={"text": "另一异议"}
    ),
    "handover POST /v1/public-notices/{notice_id}/withdraw": Good(
        "approver", lambda _: {"reason": "公示内容有误"}, _SHOWN, other={"reason": "另一缘由"}
    ),
    "handover POST /v1/decisions": Good(
        "approver",
        lambda _: decision_body(NUMBER, decision=_DECISION),
        learns={"later_push": lambda made: str(made["pushes"][0]["push_id"])},
        other={"case_number": "BAD-2026-000002"},
    ),
    "handover POST /v1/later-acts": Good(
        "approver",
        lambda _: {"case_number": NUMBER, "act": _ACT},
        other={"case_number": "BAD-2026-000002"},
    ),
    "handover GET /v1/routes/{item_code}": Good("approver", path={"item_code": FOOD}),
    "handover GET /v1/inbox": Good("liaison"),
    "handover GET /v1/pushes/{push_id}": Good("liaison", path={"push_id": "push"}),
    "handover GET /v1/pushes/{push_id}/receipts": Good("liaison", path={"push_id": "push"}),
    "handover GET /v1/public/receipt-key": Good(None),
    "handover POST /v1/pushes/{push_id}/claim": Good(
        "liaison", path={"push_id": "push"}, other_path={"push_id": "later_push"}
    ),
    "handover POST /v1/claims": Good(
        "liaison",
        lambda world: {"push_ids": [world.ids["batched"]]},
        other={"push_ids": ["push_00000000000000000000000000_001"]},
        prepare=_pushed("batched"),
    ),
    "handover POST /v1/pushes/{push_id}/offline-claim": Good(
        "liaison", _offline, {"push_id": "lettered"}, other_path={"push_id": "push"}, prepare=_pushed("lettered")
    ),
    "handover POST /v1/pushes/{push_id}/withdraw-claim": Good(
        "liaison",
        _why,
        {"push_id": "unclaimed"},
        other=_ANOTHER_REASON,
        prepare=_pushed("unclaimed", _CLAIMED),
    ),
    "handover POST /v1/pushes/{push_id}/return": Good(
        "liaison", lambda _: _RETURN, {"push_id": "returned"}, other=_ANOTHER_TEXT, prepare=_pushed("returned")
    ),
    "handover POST /v1/pushes/{push_id}/refer": Good(
        "approver", lambda _: _WHY, {"push_id": "referred"}, other=_ANOTHER_TEXT, prepare=_pushed("referred", _RETURNED)
    ),
    "handover POST /v1/pushes/{push_id}/uphold": Good(
        "registrar", lambda _: _WHY, {"push_id": "upheld"}, other=_ANOTHER_TEXT, prepare=_pushed("upheld", _RETURNED)
    ),
    "handover POST /v1/pushes/{push_id}/relay": Good(
        "liaison", _relay, {"push_id": "relayed"}, other=_ANOTHER_REASON, prepare=_with_a_county
    ),
    "handover POST /v1/pushes/{push_id}/reassign": Good(
        "approver",
        lambda world: {"department": world.ids["county"], **_WHY},
        {"push_id": "reassigned"},
        other=_ANOTHER_TEXT,
        prepare=_pushed("reassigned", _RETURNED),
    ),
    "handover POST /v1/pushes/{push_id}/withdraw": Good(
        "approver",
        lambda world: {**_why(world), "nobody_instead": True},
        {"push_id": "withdrawn"},
        other=_ANOTHER_REASON,
        prepare=_pushed("withdrawn"),
    ),
    "handover GET /v1/cases/{case_id}": Good("approver", path=_CASE),
    "handover GET /v1/cases/{case_id}/materials/{material_id}": Good("liaison", path=_CASE | _MATERIAL),
    "handover GET /v1/cases/{case_id}/timeline": Good("approver", path=_CASE),
    "handover GET /v1/cases/{case_id}/responsibility": Good("approver", path=_CASE),
    "handover GET /v1/unrouted": Good("registrar"),
    "handover POST /v1/unrouted/{unrouted_id}/route": Good(
        "registrar",
        lambda world: {"departments": [{"department": _market(world)}], "reason": "事项尚未发布,先行接收"},
        {"unrouted_id": "unrouted"},
        other=_ANOTHER_REASON,
        prepare=_left_unrouted,
    ),
    "handover GET /v1/inbox/counts": Good("liaison"),
    "handover GET /v1/decisions-owed": Good("liaison"),
    "handover GET /v1/decisions-owed/count": Good("registrar"),
    "handover GET /v1/ledger": Good("approver", query={"case_number": NUMBER}),
    "handover POST /v1/exports": Good(
        "registrar",
        lambda _: {"case_number": NUMBER, "format": "csv"},
        learns={"export": lambda made: str(made["export_id"])},
        other={"case_number": "BAD-2026-000002"},
    ),
    "handover GET /v1/exports": Good("registrar"),
    "handover GET /v1/exports/{export_id}": Good("registrar", path=_EXPORT),
    "handover GET /v1/exports/{export_id}/content": Good("registrar", path=_EXPORT, prepare=_await_exported),
    "handover POST /v1/reconciliations": Good(
        "registrar",
        lambda _: {"from": "2026-03-01", "to": "2026-03-31", "file": _list_file()},
        learns={"reconciliation": _list_sent},
        other={"to": "2026-04-01"},
    ),
    "handover POST /v1/reconciliations/{reconciliation_id}/upload-link": Good("registrar", path=_RECONCILIATION),
    "handover POST /v1/reconciliations/{reconciliation_id}/complete": Good(
        "registrar", path=_RECONCILIATION, other_path={"reconciliation_id": "rcn_00000000000000000000000000"}
    ),
    "handover GET /v1/reconciliations": Good("registrar"),
    "handover GET /v1/reconciliations/{reconciliation_id}": Good("registrar", path=_RECONCILIATION),
    "handover GET /v1/reconciliations/{reconciliation_id}/rows": Good("registrar", path=_RECONCILIATION),
    "feedback POST /v1/threads": Good(
        "inspector",
        lambda world: inspection_body(world.ids["case"]),
        learns={"thread": lambda made: str(made["thread_id"])},
        other={"attachments": [{"name": "笔录.pdf", "sha256": "0" * 64}]},
    ),
    "feedback GET /v1/threads/{thread_id}": Good("approver", path={"thread_id": "thread"}),
    "feedback POST /v1/threads/{thread_id}/acknowledge": Good(
        "approver", lambda _: {"reply": "已知悉。"}, {"thread_id": "thread"}, other={"reply": "另一答复。"}
    ),
    "feedback GET /v1/inbox": Good("approver"),
    "feedback GET /v1/cases/{case_id}/threads": Good("approver", path=_CASE),
    "credit POST /v1/lookups": Good(
        "approver",
        lambda _: {"subject_code": SHOP["code"], "subject_kind": "organisation", "case_number": NUMBER},
        learns={"lookup": lambda made: str(made["lookup_id"])},
        other={"case_number": "BAD-2026-000002"},
    ),
    "credit GET /v1/lookups/{lookup_id}": Good("approver", path={"lookup_id": "lookup"}),
    "credit GET /v1/subjects/{code}/records": Good("credit", path={"code": SHOP["code"]}),
    "credit GET /v1/subjects/{code}/lookups": Good("credit", path={"code": SHOP["code"]}),
    "credit GET /v1/rules": Good(None),
    "audit GET /v1/checkpoint": Good(None),
    "audit GET /v1/key": Good(None),
    "audit GET /v1/health": Good(None),
    "audit GET /v1/tile/{level}/{a}": Good(None, path={"level": "0", "a": "000"}),
    "audit GET /v1/tile/{level}/{a}/{b}": Good(None, path={"level": "0", "a": "000.p", "b": "1"}),
    "audit GET /v1/tile/{level}/{a}/{b}/{c}": Good(None, path={"level": "0", "a": "x000", "b": "000.p", "c": "1"}),
    "audit GET /v1/tile/{level}/{a}/{b}/{c}/{d}": Good(
        None, path={"level": "0", "a": "x000", "b": "x000", "c": "000.p", "d": "1"}
    ),
    "audit GET /v1/checkpoint/cosigned": Good(None),
    "audit GET /v1/witnesses": Good(None),
    "audit PUT /v1/witnesses/{name}": Good(
        "auditor",
        lambda _: _witness("watching"),
        path={"name": "watching"},
        other={"url": "https://elsewhere.example"},
    ),
    "audit GET /v1/witnesses/{name}": Good("auditor", path={"name": "watching"}),
    "audit DELETE /v1/witnesses/{name}": Good(
        "auditor", path={"name": "leaving"}, other_path={"name": "watching"}, prepare=_witness_that_leaves
    ),
    "audit GET /v1/events/{event_id}/proof": Good(None, path={"event_id": "event"}),
    "audit GET /v1/events/{event_id}/evidence": Good("auditor", path={"event_id": "event"}),
    "audit GET /v1/events": Good("auditor"),
    "audit GET /v1/cases/{case_id}/evidence": Good("auditor", path=_CASE),
    "audit POST /v1/receipts/evidence": Good(
        "auditor",
        lambda world: {"receipts": world.first["handover POST /v1/acceptances"][1].json()["receipts"]},
    ),
    "audit POST /v1/exports": Good(
        "auditor",
        lambda _: {"from": "2026-03-01", "to": "2026-03-31"},
        learns={"log_export": lambda made: str(made["export_id"])},
        other={"to": "2026-04-01"},
    ),
    "audit GET /v1/exports/{export_id}": Good("auditor", path={"export_id": "log_export"}),
    "audit GET /v1/exports/{export_id}/parts/{number}": Good(
        "auditor", path={"export_id": "log_export", "number": "1"}
    ),
    "audit POST /v1/verifications": Good(
        "auditor",
        lambda _: {"full": True},
        learns={"verification": lambda made: str(made["verification_id"])},
        other={"reason": "年度审计"},
    ),
    "audit GET /v1/verifications/{verification_id}": Good("auditor", path={"verification_id": "verification"}),
    "audit GET /v1/faults": Good("auditor"),
    "audit PUT /v1/holds/{case_id}": Good(
        "auditor",
        lambda _: {"reason": "临江市中级人民法院调取证据"},
        path=_CASE,
        other={"reason": "临江市监察委员会调取证据"},
        prepare=_await_indexed,
    ),
    "audit GET /v1/holds": Good("auditor"),
    "audit GET /v1/holds/{case_id}": Good("auditor", path=_CASE),
    "audit DELETE /v1/holds/{case_id}": Good(
        "auditor", path=_CASE, query={"reason": "案件已审结"}, other_path={"case_id": _NO_CASE}
    ),
    "notification GET /v1/deliveries": Good("oversight", query={"department": "market"}),
    "oversight GET /v1/findings": Good("oversight"),
    "oversight GET /v1/findings/{finding_id}": Good("oversight", path={"finding_id": "finding"}),
}

_ACT: Json = {
    "stage": "cancellation",
    "document_number": "临审批〔2026〕901号",
    "done_at": "2026-03-20T10:00:00+08:00",
    "reason": "经营者申请注销",
    "legal_basis": "《中华人民共和国行政许可法》第七十条",
}
_DECISION: Json = {
    "result": "granted",
    "document_number": "临审批〔2026〕900号",
    "decided_at": "2026-03-06T10:00:00+08:00",
    "licence_number": "JY29900000000900",
    "licence_name": "食品经营许可证",
    "valid_from": "2026-03-06",
    "valid_until": "2031-03-05",
}


def _apps() -> dict[str, ServiceApp]:
    return {name: importlib.import_module(f"services.{name}.app").app for name in SERVICES}


ENDPOINTS: dict[str, tuple[str, Endpoint]] = {
    f"{service} {endpoint.method} {endpoint.path}": (service, endpoint)
    for service, app in _apps().items()
    for endpoint in app.endpoints
}
"""Every declared endpoint, under the names of GOOD."""


def good(world: World, name: str) -> Ask:
    """A good request to an endpoint, with a key of its own."""
    given = GOOD[name]
    _, endpoint = ENDPOINTS[name]
    headers = {"X-Correlation-Id": new_id("corr")}
    if endpoint.once:
        headers["Idempotency-Key"] = new_id("key")
    if endpoint.edits:
        headers["If-Match"] = f'"v{given.version}"'
    body = None
    if given.body is not None:
        headers["Content-Type"] = JSON
        body = as_json(given.body(world))
    if FORM in endpoint.content_types:
        headers["Content-Type"] = FORM
        body = b"grant_type=client_credentials&client_id=cli_nobody&client_secret=wrong"
    query = {key: world.city.departments.get(value, value) for key, value in given.query.items()}
    return Ask(endpoint.method, filled(world, name, given.path), given.desk, headers, body, query)


def filled(world: World, name: str, values: Mapping[str, str]) -> str:
    """An endpoint's address with its parameters filled in."""
    service, endpoint = ENDPOINTS[name]
    known = {parameter: world.ids.get(value, value) for parameter, value in values.items()}
    return f"/{service}{endpoint.path.format_map(known)}"


def as_json(value: object) -> bytes:
    """JSON as an agency's system would write it."""
    return json.dumps(value, ensure_ascii=False).encode()


def settle_world(city: SmallCity) -> World:
    """Ask every idempotent endpoint once, so that each of their records stands and each key is used."""
    world = World(city, {"one": "按期补正", "event": new_id("evt"), "finding": new_id("find")})
    for name, (_, endpoint) in ENDPOINTS.items():
        if endpoint.once:
            assert name in GOOD, f"{name} has no good request"
    for name, given in GOOD.items():
        if ENDPOINTS[name][1].once:
            given.prepare(world)
            ask = good(world, name)
            answer = _succeeded(city, ask)
            world.first[name] = (ask, answer)
            world.ids |= {key: read(answer.json()) for key, read in given.learns.items()}
    return world


def _succeeded(city: SmallCity, ask: Ask) -> httpx.Response:
    """The answer, once the service has heard of what the request is about."""
    early = {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}

    def answered() -> httpx.Response | None:
        answer = ask.send(city)
        return None if answer.status_code in early else answer

    answer = eventually(answered, seconds=EVENTS_SECONDS, what=ask.path)
    assert answer.is_success, f"{ask.method} {ask.path}: {answer.status_code} {answer.text}"
    return answer
