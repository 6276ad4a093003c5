"""What a report must say: the rules of R-FBK-1 and R-FBK-2 as tables, checked all at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from shared.contracts.feedback import Handling, Inspection, InspectionResult, Penalty, PenaltyKind, Report
from shared.kernel.clock import BEIJING
from shared.kernel.errors import Fault, Refused

R = TypeVar("R", Inspection, Penalty)


@dataclass(frozen=True, slots=True)
class Rule(Generic[R]):
    """One rule: the field it speaks of, when it is broken at an instant, and what to do then."""

    field: str
    code: str
    broken: Callable[[R, datetime], bool]
    zh: str
    en: str


INSPECTION_RULES: tuple[Rule[Inspection], ...] = (
    Rule(
        "inspected_at",
        "in_future",
        lambda report, now: report.inspected_at > now,
        "检查时间不能晚于现在",
        "An inspection cannot lie in the future",
    ),
    Rule(
        "handling",
        "handling_too_light",
        lambda report, _: report.result is InspectionResult.NON_COMPLIANT and report.handling is Handling.PASS,
        "结果为不合格时不能按“通过”处理,请选限期整改或移送执法",
        "A non-compliant result cannot be passed; choose timed_rectification or referred_to_enforcement",
    ),
    Rule(
        "handling",
        "handling_too_heavy",
        lambda report, _: report.result is InspectionResult.COMPLIANT and report.handling is not Handling.PASS,
        "结果为合格时只能按“通过”处理",
        "A compliant result can only be passed",
    ),
    Rule(
        "rectify_by",
        "rectify_by_missing",
        lambda report, _: report.handling is Handling.TIMED_RECTIFICATION and report.rectify_by is None,
        "限期整改须写明整改期限",
        "Timed rectification needs the day it is due",
    ),
    Rule(
        "rectify_by",
        "rectify_by_unexpected",
        lambda report, _: report.handling is not Handling.TIMED_RECTIFICATION and report.rectify_by is not None,
        "只有限期整改才填整改期限,请删去或改为限期整改",
        "Only timed rectification has a due day; remove it or choose timed_rectification",
    ),
    Rule(
        "rectify_by",
        "rectify_by_too_early",
        lambda report, _: (
            report.rectify_by is not None and report.rectify_by < report.inspected_at.astimezone(BEIJING).date()
        ),
        "整改期限不能早于检查之日",
        "Rectification cannot be due before the day of the inspection",
    ),
)
"""R-FBK-1: an inspection's result, handling and dates must agree."""

PENALTY_RULES: tuple[Rule[Penalty], ...] = (
    Rule(
        "decided_on",
        "in_future",
        lambda report, now: report.decided_on > now.astimezone(BEIJING).date(),
        "处罚决定日期不能晚于今天",
        "A penalty cannot have been decided in the future",
    ),
    Rule(
        "kinds",
        "kinds_repeated",
        lambda report, _: len(set(report.kinds)) < len(report.kinds),
        "处罚种类有重复,请每种只列一次",
        "A kind of penalty is named twice; name each once",
    ),
    Rule(
        "fine_yuan",
        "fine_yuan_missing",
        lambda report, _: PenaltyKind.FINE in report.kinds and report.fine_yuan is None,
        "有罚款时须写明罚款金额(元)",
        "A fine needs its amount in yuan",
    ),
    Rule(
        "fine_yuan",
        "fine_yuan_unexpected",
        lambda report, _: PenaltyKind.FINE not in report.kinds and report.fine_yuan is not None,
        "处罚种类中没有罚款,请删去金额或补上罚款",
        "No fine is among the kinds; remove the amount or add fine",
    ),
    Rule(
        "fine_yuan",
        "fine_yuan_zero",
        lambda report, _: report.fine_yuan is not None and Decimal(report.fine_yuan) == 0,
        "罚款金额须大于零",
        "A fine must be more than nothing",
    ),
)
"""R-FBK-2: a penalty's kinds, amount and date must agree."""

_RULES: Mapping[type[Inspection | Penalty], Sequence[Rule[Any]]] = {
    Inspection: INSPECTION_RULES,
    Penalty: PENALTY_RULES,
}


def faults_of(report: Report, now: datetime) -> tuple[Fault, ...]:
    """Every rule the report breaks, each with the pointer to its field in the request."""
    return tuple(
        Fault(f"/report/{rule.field}", rule.code, rule.zh, rule.en)
        for rule in _RULES[type(report)]
        if rule.broken(report, now)
    )


def check_report(report: Report, now: datetime) -> None:
    """Raises Refused("invalid_fields") naming every fault at once."""
    faults = faults_of(report, now)
    if faults:
        raise Refused("invalid_fields", faults, count=len(faults))
