"""Good requests to audit: its log, its witnesses, evidence, exports, verifications and holds."""

from localstack.demo.desk import eventually
from shared.kernel.ids import new_id
from tests.support.requests.world import CASE, JSON, Ask, Good, Json, World, as_json, succeeded
from tests.support.small_city import SCHEDULE_SECONDS
from tests.support.witness_builders import local_witness

_NO_CASE = "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"


def _witness(name: str) -> Json:
    # Nobody answers at this address, and nobody has to.
    return {"url": f"https://{name}.invalid", "vkey": local_witness(f"{name}.invalid").key.vkey}


def _witness_that_leaves(world: World) -> None:
    headers = {"Content-Type": JSON, "Idempotency-Key": new_id("key")}
    body = as_json(_witness("leaving"))
    succeeded(world.city, Ask("PUT", "/audit/v1/witnesses/leaving", "auditor", headers, body))


def _await_indexed(world: World) -> None:
    def indexed() -> bool:
        found = world.city.desk("auditor").get(f"/audit/v1/events?case={world.ids['case']}")
        return bool(found["events"])

    eventually(indexed, seconds=SCHEDULE_SECONDS, what="the case can be searched for")


GOOD: dict[str, Good] = {
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
    "audit GET /v1/cases/{case_id}/evidence": Good("auditor", path=CASE),
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
        path=CASE,
        other={"reason": "临江市监察委员会调取证据"},
        prepare=_await_indexed,
    ),
    "audit GET /v1/holds": Good("auditor"),
    "audit GET /v1/holds/{case_id}": Good("auditor", path=CASE),
    "audit DELETE /v1/holds/{case_id}": Good(
        "auditor", path=CASE, query={"reason": "案件已审结"}, other_path={"case_id": _NO_CASE}
    ),
}
