"""What a bureau and its departments ask for in a case beside its pushes, as requests a state machine may draw from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.contracts.vocabulary import Stage
from shared.kernel.calendar import beijing_date
from tests.support.faulty_city import FaultyCity
from tests.support.handover_builders import HEALTH, MARKET

Json = dict[str, Any]

LATER_ACTS: Mapping[Stage, Json] = {
    Stage.AMENDMENT: {"document_number": "示审批〔2026〕201号"},
    Stage.SUSPENSION: {
        "document_number": "示审批〔2026〕202号",
        "reason": "擅自扩大经营场所",
        "legal_basis": "办法第五十四条",
        "valid_from": "2026-04-01",
        "valid_until": "2026-04-30",
    },
    Stage.RESCISSION: {
        "document_number": "示审批〔2026〕203号",
        "reason": "以欺骗手段取得",
        "legal_basis": "行政许可法第六十九条",
    },
    Stage.CANCELLATION: {
        "document_number": "示审批〔2026〕204号",
        "reason": "有效期届满未延续",
        "legal_basis": "行政许可法第七十条",
    },
}
"""What is done to a licence, each under one document (R-HND-3)."""

CASE_ACTS: Mapping[str, Json] = {
    "stops": {"reason": "supplement", "text": "平面布置图缺少消防通道"},
    "resumptions": {"text": "申请人已补正"},
    "extension": {"approved_by": "局长 郑某", "reason": "案情复杂"},
    "reviews": {
        "kind": "site_survey",
        "departments": [MARKET, HEALTH],
        "text": "请联合踏勘经营场所",
        "limit": {"amount": 1, "unit": "hour"},
    },
    "public-notices": {"title": "食品经营许可公示", "text": "现予公示。"},
}
"""What the bureau does in a case, by the end of the path (R-HND-10, R-HND-11, R-HND-14)."""

OPINION: Json = {"result": "conditional", "text": "布局基本一致", "conditions": "增设洗消池", "participants": ["丁某"]}
OBJECTION: Json = {"text": "该址位于饮用水水源保护区内"}
TAKEN_BACK: Json = {"reason": "申请人变更经营场所"}


def case_act(city: FaultyCity, act: str) -> Json:
    """What is asked for; a public notice ends in eight days."""
    if act != "public-notices":
        return CASE_ACTS[act]
    until = beijing_date(city.clock.now) + timedelta(days=8)
    return {**CASE_ACTS[act], "until": until.isoformat()}


def offline_claim(city: FaultyCity) -> Json:
    """A claim by a letter of today (R-HND-12)."""
    dated = beijing_date(city.clock.now).isoformat()
    letter = {"channel": "letter", "document_number": "示市监函〔2026〕12号", "dated": dated, "scan": "5" * 64}
    return {"offline": letter}
