"""Good requests about a case, from its materials to what follows its decision."""

from shared.kernel.calendar import add_working_days, beijing_date
from shared.kernel.clock import utc_now
from tests.support.file_builders import SCAN, material_body, sha256_of
from tests.support.requests.world import NUMBER, SHOP, Good, Json, World, market, uploaded
from tests.support.small_city import FOOD, acceptance_body, decision_body

_MATERIAL = {"material_id": "material"}
_UNDER_WAY = {"case_id": "under_way"}
_REVIEW = {"review_id": "review"}
_SHOWN = {"notice_id": "shown"}
_DECISION: Json = {
    "result": "granted",
    "document_number": "临审批〔2026〕900号",
    "decided_at": "2026-03-06T10:00:00+08:00",
    "licence_number": "JY29900000000900",
    "licence_name": "食品经营许可证",
    "valid_from": "2026-03-06",
    "valid_until": "2031-03-05",
}
_ACT: Json = {
    "stage": "cancellation",
    "document_number": "临审批〔2026〕901号",
    "done_at": "2026-03-20T10:00:00+08:00",
    "reason": "经营者申请注销",
    "legal_basis": "《中华人民共和国行政许可法》第七十条",
}


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


def _accept_another(world: World) -> None:
    """A case that is accepted now, whose clock still runs."""
    made = world.city.desk("approver").post("/handover/v1/acceptances", acceptance_body("BAD-2026-000003"))
    world.ids["under_way"] = str(made["case_id"])


def _survey(world: World) -> Json:
    return {"kind": "site_survey", "departments": [market(world)], "text": "请踏勘经营场所"}


def _ask_once_more(world: World) -> None:
    made = world.city.desk("approver").post(f"/handover/v1/cases/{world.ids['under_way']}/reviews", _survey(world))
    world.ids["unwanted_review"] = str(made["review"]["review_id"])


def _public_notice(world: World) -> Json:
    del world
    until = add_working_days(beijing_date(utc_now()), 10)
    return {"title": "食品经营许可公示", "text": "现予公示。", "until": until.isoformat()}


GOOD: dict[str, Good] = {
    "handover POST /v1/materials": Good(
        "approver",
        lambda _: material_body(),
        learns={"material": uploaded("material_id")},
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
}
