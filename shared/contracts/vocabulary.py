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


class PushStage(StrEnum):
    """R-REG-2: the stages an item may say it pushes; later acts follow where decisions go (`PUSHED_AS`)."""

    ACCEPTANCE = "acceptance"  # 受理
    DECISION = "decision"  # 办结


class Stage(StrEnum):
    """R-HND-1 to R-HND-3: the act of the bureau that a push carries."""

    ACCEPTANCE = "acceptance"  # 受理
    DECISION = "decision"  # 办结
    AMENDMENT = "amendment"  # 变更
    RENEWAL = "renewal"  # 延续
    SUSPENSION = "suspension"  # 暂扣
    RESCISSION = "rescission"  # 撤销
    WITHDRAWAL = "withdrawal"  # 撤回
    CANCELLATION = "cancellation"  # 注销


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


class LicenceStanding(StrEnum):
    """R-HND-3: where a licence stands after all that the bureau did. Revocation 吊销 is supervision's act."""

    UNDECIDED = "undecided"
    UNKNOWN = "unknown"  # granted before the linkage
    NOT_GRANTED = "not_granted"
    GRANTED = "granted"
    SUSPENDED = "suspended"  # 暂扣
    RESCINDED = "rescinded"  # 撤销
    WITHDRAWN = "withdrawn"  # 撤回
    CANCELLED = "cancelled"  # 注销


class PushState(StrEnum):
    """R-HND-4: where a push stands."""

    DELIVERED = "delivered"
    VIEWED = "viewed"
    OVERDUE_UNCLAIMED = "overdue_unclaimed"  # 逾期未认领
    CLAIMED = "claimed"
    CLAIMED_LATE = "claimed_late"  # 逾期认领
    CLAIM_WITHDRAWN = "claim_withdrawn"  # 撤回认领
    RETURNED = "returned"  # 退回
    REFERRED = "referred"  # 提请联席会议
    UPHELD = "upheld"  # 维持
    REASSIGNED = "reassigned"  # 重新指派
    WITHDRAWN = "withdrawn"  # 撤回推送
    RELAYED = "relayed"  # 转送


class PushOriginKind(StrEnum):
    """R-HND-4, R-HND-9, R-HND-15: how a push came to be, where the bureau's act alone did not send it there."""

    REASSIGNMENT = "reassignment"
    RELAY = "relay"
    ROUTING = "routing"  # it could not be routed at first


class ReturnReason(StrEnum):
    """R-HND-4: why a department says that a push is not its duty."""

    NOT_OUR_DUTY = "not_our_duty"  # 不属本部门职责
    OTHER_LEVEL = "other_level"  # 应由上级或下级监管
    OTHER_AREA = "other_area"  # 不在本辖区
    DUPLICATE = "duplicate"  # 重复推送
    INCOMPLETE = "incomplete"  # 信息不全
    OTHER = "other"


class OfflineChannel(StrEnum):
    """R-HND-12: how something was done outside the system."""

    LETTER = "letter"  # 函件
    OWN_SYSTEM = "own_system"  # 本部门系统
    JOINT_CONFERENCE = "joint_conference"  # 联席会议


class ReviewKind(StrEnum):
    """R-HND-10: what a bureau asks a department for before it decides."""

    SITE_SURVEY = "site_survey"  # 现场踏勘
    TECHNICAL_REVIEW = "technical_review"  # 技术审查
    EXPERT_REVIEW = "expert_review"  # 专家评审
    TEST = "test"  # 检验检测
    HEARING = "hearing"  # 听证


class OpinionResult(StrEnum):
    """R-HND-10: what a written opinion says."""

    PASS = "pass"  # noqa: S105 - a word of the list
    FAIL = "fail"
    CONDITIONAL = "conditional"


class StopReason(StrEnum):
    """R-HND-14: why a case's clock stands still (administrative licensing law art. 45, art. 32)."""

    SITE_SURVEY = "site_survey"
    TECHNICAL_REVIEW = "technical_review"
    EXPERT_REVIEW = "expert_review"
    TEST = "test"
    HEARING = "hearing"
    SUPPLEMENT = "supplement"  # 补正


class TermKind(StrEnum):
    """R-HND-14: what is owed by a time."""

    CLAIM = "claim"
    RETURN_DECISION = "return_decision"
    OPINION = "opinion"
    COMMITTED_LIMIT = "committed_limit"  # 承诺时限
    STATUTORY_LIMIT = "statutory_limit"  # 法定时限
    PUBLIC_NOTICE = "public_notice"
    ROUTING = "routing"


class Moment(StrEnum):
    """R-HND-14, R-NTF-1: when somebody is reminded of a term."""

    BEFORE = "before"
    AT = "at"
    AFTER = "after"


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
