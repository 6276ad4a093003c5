"""The rule table as data (R-CRD-3): what makes a grade, what a grade allows, how long a penalty counts.

A changed row is a new version: an answer names the version it was given under, so that it can be given again.
Periods are calendar months from the decision; a city's credit authority may set its own.
"""

from enum import StrEnum
from typing import Literal

from shared.contracts.feedback import PenaltyKind
from shared.contracts.model import Contract, LongText, ShortText

Grade = Literal["A", "B", "C", "D"]
Outcome = Literal["favoured", "ordinary", "restricted", "blocked"]


class Entitlement(StrEnum):
    """What a good name gives at the counter (守信激励)."""

    GREEN_CHANNEL = "green_channel"  # 绿色通道
    CONDITIONAL_ACCEPTANCE = "conditional_acceptance"  # 容缺受理
    INFORMED_COMMITMENT = "informed_commitment"  # 告知承诺


class Restriction(StrEnum):
    """What a bad one costs there (失信惩戒)."""

    NO_GREEN_CHANNEL = "no_green_channel"
    NO_CONDITIONAL_ACCEPTANCE = "no_conditional_acceptance"
    NO_INFORMED_COMMITMENT = "no_informed_commitment"
    FULL_REVIEW = "full_review"  # 从严审查: every material, and the site where the item knows one


class PublicationRule(Contract):
    """For how many calendar months a penalty of this heaviest kind is published, and counts (R-CRD-2)."""

    kind: PenaltyKind
    months: int


class CountRule(Contract):
    """So many penalties of these kinds, still published, make the grade no better than this one."""

    rule: ShortText
    kinds: tuple[PenaltyKind, ...]
    at_least: int
    grade: Grade
    zh: ShortText
    en: ShortText


class GradeRule(Contract):
    """What a grade allows and forbids, in which words, on which basis."""

    grade: Grade
    outcome: Outcome
    entitlements: tuple[Entitlement, ...]
    restrictions: tuple[Restriction, ...]
    zh: ShortText
    en: ShortText
    basis: LongText


class RuleTable(Contract):
    """One version of the rules."""

    version: ShortText
    publication: tuple[PublicationRule, ...]
    counts: tuple[CountRule, ...]
    grades: tuple[GradeRule, ...]  # best to worst


_COMMITMENT_BASIS = "国办发〔2020〕42号: 有较严重不良信用记录的,信用修复前不适用告知承诺制"
_RESTRAINT_BASIS = "国办发〔2020〕49号: 失信惩戒措施须于法有据、过惩相当"

RULES = RuleTable(
    version="2026.1",
    publication=(
        PublicationRule(kind=PenaltyKind.WARNING, months=3),
        PublicationRule(kind=PenaltyKind.FINE, months=12),
        PublicationRule(kind=PenaltyKind.CONFISCATION, months=12),
        PublicationRule(kind=PenaltyKind.SUSPENSION, months=24),
        PublicationRule(kind=PenaltyKind.BUSINESS_CLOSURE, months=36),
        PublicationRule(kind=PenaltyKind.REVOCATION, months=36),
        PublicationRule(kind=PenaltyKind.DETENTION, months=36),
    ),
    counts=(
        CountRule(
            rule="warned",
            kinds=(PenaltyKind.WARNING,),
            at_least=1,
            grade="B",
            zh="公示期内有警告",
            en="a warning within its publication period",
        ),
        CountRule(
            rule="warned_often",
            kinds=(PenaltyKind.WARNING,),
            at_least=3,
            grade="C",
            zh="公示期内有三次以上警告",
            en="three or more warnings within their publication periods",
        ),
        CountRule(
            rule="fined",
            kinds=(PenaltyKind.FINE, PenaltyKind.CONFISCATION, PenaltyKind.SUSPENSION),
            at_least=1,
            grade="C",
            zh="公示期内有罚款、没收或暂扣",
            en="a fine, confiscation or suspension within its publication period",
        ),
        CountRule(
            rule="fined_often",
            kinds=(PenaltyKind.FINE, PenaltyKind.CONFISCATION, PenaltyKind.SUSPENSION),
            at_least=3,
            grade="D",
            zh="公示期内有三次以上罚款、没收或暂扣",
            en="three or more fines, confiscations or suspensions within their publication periods",
        ),
        CountRule(
            rule="closed_or_revoked",
            kinds=(PenaltyKind.BUSINESS_CLOSURE, PenaltyKind.REVOCATION, PenaltyKind.DETENTION),
            at_least=1,
            grade="D",
            zh="公示期内有责令停产停业、吊销或拘留",
            en="a business closure, revocation or detention within its publication period",
        ),
    ),
    grades=(
        GradeRule(
            grade="A",
            outcome="favoured",
            entitlements=(
                Entitlement.GREEN_CHANNEL,
                Entitlement.CONDITIONAL_ACCEPTANCE,
                Entitlement.INFORMED_COMMITMENT,
            ),
            restrictions=(),
            zh="可走绿色通道,可容缺受理,可告知承诺",
            en="green channel, conditional acceptance and informed commitment are open",
            basis=_RESTRAINT_BASIS,
        ),
        GradeRule(
            grade="B",
            outcome="ordinary",
            entitlements=(Entitlement.CONDITIONAL_ACCEPTANCE, Entitlement.INFORMED_COMMITMENT),
            restrictions=(Restriction.NO_GREEN_CHANNEL,),
            zh="不走绿色通道;可容缺受理,可告知承诺",
            en="no green channel; conditional acceptance and informed commitment are open",
            basis=_RESTRAINT_BASIS,
        ),
        GradeRule(
            grade="C",
            outcome="restricted",
            entitlements=(),
            restrictions=(
                Restriction.NO_GREEN_CHANNEL,
                Restriction.NO_CONDITIONAL_ACCEPTANCE,
                Restriction.NO_INFORMED_COMMITMENT,
            ),
            zh="受限:按普通程序办理,不适用绿色通道、容缺受理、告知承诺",
            en="restricted: ordinary procedure only; no green channel, conditional acceptance or informed commitment",
            basis=_COMMITMENT_BASIS,
        ),
        GradeRule(
            grade="D",
            outcome="blocked",
            entitlements=(),
            restrictions=(
                Restriction.NO_GREEN_CHANNEL,
                Restriction.NO_CONDITIONAL_ACCEPTANCE,
                Restriction.NO_INFORMED_COMMITMENT,
                Restriction.FULL_REVIEW,
            ),
            zh="不适用任何便利措施,从严审查全部材料;是否准予仍依该事项的法定条件",
            en="no easing at all, every material is reviewed; the item's own legal conditions still decide the licence",
            basis=f"{_COMMITMENT_BASIS};{_RESTRAINT_BASIS}",
        ),
    ),
)
"""The rules in force."""
