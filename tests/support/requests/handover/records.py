"""Good requests about what stands on record: cases, what nobody was sent, what is owed, the ledger, reconciliations."""

from typing import Any

from localstack.demo.desk import eventually
from tests.support.file_builders import sha256_of
from tests.support.import_builders import send_upload
from tests.support.requests.world import ANOTHER_REASON, CASE, NUMBER, Good, Json, World, market
from tests.support.small_city import SCHEDULE_SECONDS, acceptance_body

_LISTED = "办件编号,办结日期,办理结果\nBAD-2026-000001,2026-03-06,准予\n".encode("utf-8-sig")
"""A list of decided cases, to be reconciled."""

_EXPORT = {"export_id": "export"}
_RECONCILIATION = {"reconciliation_id": "reconciliation"}


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
        "size": len(_LISTED),
        "sha256": sha256_of(_LISTED),
    }


def _list_sent(made: Any) -> str:
    """The reconciliation's id, once its list was sent where its link says."""
    send_upload(made["upload"], _LISTED)
    return str(made["reconciliation_id"])


GOOD: dict[str, Good] = {
    "handover GET /v1/cases/{case_id}": Good("approver", path=CASE),
    "handover GET /v1/cases/{case_id}/materials/{material_id}": Good(
        "liaison", path=CASE | {"material_id": "material"}
    ),
    "handover GET /v1/cases/{case_id}/timeline": Good("approver", path=CASE),
    "handover GET /v1/cases/{case_id}/responsibility": Good("approver", path=CASE),
    "handover GET /v1/unrouted": Good("registrar"),
    "handover POST /v1/unrouted/{unrouted_id}/route": Good(
        "registrar",
        lambda world: {"departments": [{"department": market(world)}], "reason": "事项尚未发布,先行接收"},
        {"unrouted_id": "unrouted"},
        other=ANOTHER_REASON,
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
}
