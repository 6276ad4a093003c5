"""Good requests about pushes: routed, read, claimed, returned and moved."""

from collections.abc import Callable
from datetime import datetime

from localstack.demo.desk import eventually
from shared.kernel.clock import BEIJING
from tests.support.registry_builders import department_body
from tests.support.requests.world import ANOTHER_REASON, Good, Json, World, market, why
from tests.support.small_city import EVENTS_SECONDS, FOOD

_RETURN: Json = {"reason": "other_area", "text": "经营地址不在本辖区。"}
_WHY: Json = {"text": "依三定方案属市局职责。"}
_RETURNED = ("liaison", "return", _RETURN)
_CLAIMED = ("liaison", "claim", None)
_ANOTHER_TEXT: Json = {"text": "另一缘由"}


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
    county = department_body(name="临江县市场监督管理局", level="county", superior=market(world), liaisons=liaisons)
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


GOOD: dict[str, Good] = {
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
        why,
        {"push_id": "unclaimed"},
        other=ANOTHER_REASON,
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
        "liaison", _relay, {"push_id": "relayed"}, other=ANOTHER_REASON, prepare=_with_a_county
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
        lambda world: {**why(world), "nobody_instead": True},
        {"push_id": "withdrawn"},
        other=ANOTHER_REASON,
        prepare=_pushed("withdrawn"),
    ),
}
