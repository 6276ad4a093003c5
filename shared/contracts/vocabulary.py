"""The closed word lists that several services speak (DOMAIN §3–§6); each word is the field's standard English."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.contracts.model import Contract
from shared.kernel.calendar import Limit


class DepartmentKind(StrEnum):
    """R-ORG-1: the part a department plays in the linkage."""

    APPROVAL = "approval"
    SUPERVISION = "supervision"
    OVERSIGHT = "oversight"
    CREDIT = "credit"


class Level(StrEnum):
    """R-ORG-1: the administrative level of a department or an item."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    DEVELOPMENT_ZONE = "development_zone"


class Stage(StrEnum):
    """R-HND-1, R-HND-2: the act of the bureau that a push carries."""

    ACCEPTANCE = "acceptance"  # 受理
    DECISION = "decision"  # 办结


class ApprovalMode(StrEnum):
    """R-REG-2: how the bureau handles an item."""

    ORDINARY = "ordinary"
    INFORMED_COMMITMENT = "informed_commitment"  # 告知承诺
    CONDITIONAL_ACCEPTANCE = "conditional_acceptance"  # 容缺受理
    FILING = "filing"  # 备案
    REVIEW_AND_REPORT = "review_and_report"  # 审核转报
    CANCELLED_BUT_SUPERVISED = "cancelled_but_supervised"
    DEVOLVED = "devolved"
    ENTRUSTED = "entrusted"


class ItemStanding(StrEnum):
    """R-REG-4: what a version of an item makes of it."""

    PUBLISHED = "published"
    SUSPENDED = "suspended"  # 暂停
    RETIRED = "retired"  # 废止


class ConsultationAnswer(StrEnum):
    """R-REG-4: what a supervision department said to a draft; silence past the limit is recorded as silence."""

    AWAITED = "awaited"
    CONFIRMED = "confirmed"
    OBJECTED = "objected"
    SILENT = "silent"


class Procedure(StrEnum):
    """R-REG-2: what an approval needs besides the file."""

    SITE_SURVEY = "site_survey"  # 现场踏勘
    EXPERT_REVIEW = "expert_review"  # 专家评审
    HEARING = "hearing"  # 听证
    PUBLIC_NOTICE = "public_notice"  # 公示


class FeedbackKind(StrEnum):
    """R-FBK: kinds of feedback an item may set a limit for."""

    INSPECTION = "inspection"  # 检查结果
    ADMINISTRATIVE_MEASURE = "administrative_measure"  # 行政措施、处罚、强制
    COMMITMENT_CHECK = "commitment_check"  # 告知承诺核查
    OBJECTION = "objection"  # 异议函告
    REVOCATION = "revocation"  # 吊销
    PROBLEM_REPORT = "problem_report"  # 纠正
    RISK_WARNING = "risk_warning"  # 风险预警


class SharingScope(StrEnum):
    """R-REG-2: who may see an item and what is shared under it."""

    PUBLIC = "public"  # 社会公开
    GOVERNMENT = "government"  # 政务部门共享
    PARTIES = "parties"  # 仅限所列部门


class SharingFrequency(StrEnum):
    """R-REG-2: how often information on an item is shared."""

    AT_ONCE = "at_once"  # 实时
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ON_REQUEST = "on_request"


class Confidentiality(StrEnum):
    """R-REG-2: how confidential the shared information is. State secrets have no place in the system."""

    OPEN = "open"  # 公开
    INTERNAL = "internal"  # 内部
    SENSITIVE = "sensitive"  # 敏感


class DocumentKind(StrEnum):
    """R-REG-3: documents that draw the line between approving and supervising."""

    LETTER_OF_ENTRUSTMENT = "letter_of_entrustment"  # 委托书
    DELIVERY_OF_WORK = "delivery_of_work"  # 工作交付书
    MEMORANDUM = "memorandum"  # 工作备忘录


class SupervisorPart(StrEnum):
    """R-REG-1: one lead, the others assist."""

    LEAD = "lead"  # 牵头
    ASSISTING = "assisting"  # 配合


class ClaimMode(StrEnum):
    """R-HND-5: whether delivery is the claim, or a liaison confirms."""

    ON_PUSH = "on_push"  # 推送即认领
    CONFIRM = "confirm"


class OnOverdue(StrEnum):
    """R-HND-5: what an unclaimed push becomes when its limit has passed."""

    DEEMED_CLAIMED = "deemed_claimed"
    ESCALATE = "escalate"


class DecisionResult(StrEnum):
    """R-HND-2: how a case ended."""

    GRANTED = "granted"
    REFUSED = "refused"
    TERMINATED = "terminated"
    WITHDRAWN = "withdrawn"


class PushState(StrEnum):
    """R-HND-4: where a push stands."""

    DELIVERED = "delivered"
    VIEWED = "viewed"
    OVERDUE_UNCLAIMED = "overdue_unclaimed"
    CLAIMED = "claimed"
    CLAIMED_LATE = "claimed_late"


class ApplicantKind(StrEnum):
    """R-HND-1: a legal person or a natural one."""

    ORGANISATION = "organisation"
    PERSON = "person"


class TimeLimit(Contract):
    """A limit as data: working days by law (R-HND-14); hours or minutes for urgent items."""

    amount: Annotated[int, Field(ge=1, le=1000)]
    unit: Literal["working_day", "hour", "minute"] = "working_day"

    def limit(self) -> Limit:
        """The calendar's form of it."""
        return Limit(self.amount, self.unit)


DivisionCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{12})$")]
"""GB/T 2260, six or twelve digits, opaque beyond that (R-ORG-1)."""
