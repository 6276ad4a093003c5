"""Good requests to registry: departments, items, their documents, imports, notices and transfers."""

from typing import Any

from localstack.demo.desk import eventually
from tests.support.file_builders import document_body
from tests.support.import_builders import a_row, as_csv, declaration, send_upload
from tests.support.notice_builders import notice_body
from tests.support.registry_builders import department_body, item_body
from tests.support.requests.world import ANOTHER_REASON, Good, Json, World, market, uploaded, why
from tests.support.small_city import EVENTS_SECONDS, FOOD
from tests.support.transfer_builders import transfer_body

_DRAFT = "000131016900"
_SHEET = as_csv([a_row(990000)])
"""A list of one item that the city does not know yet."""

_DEPARTMENT = {"department_id": "department"}
_LEADER: Json = {"leader": "另一人"}
_ITEM = {"item_id": "item"}
_DOCUMENT = {"document_id": "document"}
_IMPORT = {"import_id": "import"}
_NO_IMPORT = {"import_id": "imp_00000000000000000000000000"}
_NOTICE = {"notice_id": "notice"}
_TRANSFER = {"transfer_id": "transfer"}


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
    return {"successor": market(world), "reason": "机构改革"}


def _item(world: World) -> Json:
    return item_body(world.city.departments["bureau"], market(world), code=_DRAFT, name="游泳场所经营许可")


def _sheet(world: World) -> Json:
    del world
    return declaration(_SHEET)


def _sent(made: Any) -> str:
    """The declared import's id, once its file was sent where its link says."""
    send_upload(made["upload"], _SHEET)
    return str(made["import_id"])


def _await_checked(world: World) -> None:
    def checked() -> bool:
        found = world.city.desk("registrar").get(f"/registry/v1/imports/{world.ids['import']}")
        return bool(found["state"] == "checked")

    eventually(checked, seconds=EVENTS_SECONDS, what="the import is checked")


def _declare_another(world: World) -> None:
    made = world.city.desk("registrar").post("/registry/v1/imports", _sheet(world))
    world.ids["given_up"] = str(made["import_id"])


def _transfer(world: World) -> Json:
    return transfer_body(market(world), world.city.departments["bureau"])


GOOD: dict[str, Good] = {
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
        "city_registrar", why, _DEPARTMENT, version=2, other=ANOTHER_REASON
    ),
    "registry POST /v1/departments/{department_id}/resume": Good(
        "city_registrar", why, _DEPARTMENT, version=3, other=ANOTHER_REASON
    ),
    "registry POST /v1/departments/{department_id}/liaisons/hand-over": Good(
        "city_registrar",
        _hand_over,
        _DEPARTMENT,
        version=4,
        learns={"hand": lambda made: str(made["work"]["hand_id"])},
        other=ANOTHER_REASON,
    ),
    "registry POST /v1/departments/{department_id}/merge": Good(
        "city_registrar", _merge, _DEPARTMENT, version=5, other=ANOTHER_REASON
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
    "registry POST /v1/items/{item_id}/suspend": Good("registrar", why, _ITEM, version=5, other=ANOTHER_REASON),
    "registry POST /v1/items/{item_id}/reinstate": Good("registrar", why, _ITEM, version=6, other=ANOTHER_REASON),
    "registry POST /v1/items/{item_id}/retire": Good("registrar", why, _ITEM, version=7, other=ANOTHER_REASON),
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
        learns={"document": uploaded("document_id")},
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
}
