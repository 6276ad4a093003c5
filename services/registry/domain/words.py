"""What an item's fields and their values are called, in Chinese and English: the one table of labels.

The columns of a sheet and the differences between two versions are named from here, so that a reader meets each field
under one name everywhere (R-REG-2, R-REG-4, R-REG-6).
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.contracts.vocabulary import (
    ApprovalMode,
    ClaimMode,
    Confidentiality,
    ConsultationAnswer,
    DocumentKind,
    FeedbackKind,
    ItemStanding,
    Level,
    OnOverdue,
    Procedure,
    PushStage,
    SharingFrequency,
    SharingScope,
    SupervisorPart,
    TimeLimit,
)
from shared.kernel.errors import Words

FIELDS: Mapping[str, Words] = {
    "code": Words("事项编码", "Item code"),
    "name": Words("事项名称", "Item name"),
    "item_type": Words("事项类型", "Item type"),
    "level": Words("行使层级", "Exercise level"),
    "division_code": Words("行政区划代码", "Division code"),
    "legal_basis": Words("法律依据", "Legal basis"),
    "approval_department": Words("审批部门", "Approval department"),
    "approval_section": Words("审批科室", "Approval section"),
    "approval_person": Words("审批责任人", "Approval person"),
    "approval_contact": Words("审批联系电话", "Approval contact"),
    "approval_mode": Words("审批方式", "Approval mode"),
    "statutory_limit": Words("法定时限", "Statutory limit"),
    "committed_limit": Words("承诺时限", "Committed limit"),
    "push_stages": Words("推送环节", "Push stages"),
    "claim.mode": Words("认领方式", "Claim mode"),
    "claim.limit": Words("认领时限", "Claim limit"),
    "claim.on_overdue": Words("逾期未认领处理", "When unclaimed in time"),
    "feedback_limits": Words("反馈时限", "Feedback limits"),
    "procedures": Words("特别程序", "Procedures"),
    "sharing.scope": Words("共享范围", "Sharing scope"),
    "sharing.frequency": Words("共享频率", "Sharing frequency"),
    "sharing.confidentiality": Words("信息密级", "Confidentiality"),
    "supervisors": Words("监管部门", "Supervision departments"),
    "documents": Words("责任边界文件", "Duty documents"),
    "standing": Words("事项状态", "Standing"),
    "effective_from": Words("生效时间", "Effective from"),
}
"""Every field of an item by its path."""

SUPERVISOR_FIELDS: Mapping[str, Words] = {
    "department": Words("监管部门", "Supervision department"),
    "part": Words("监管分工", "Part"),
    "supervision_item": Words("监管事项", "Supervision item"),
    "section": Words("监管科室", "Supervision section"),
    "person": Words("监管责任人", "Supervision person"),
    "contact": Words("监管联系电话", "Supervision contact"),
}
"""Every field of one supervisor."""

VALUES: Mapping[type[StrEnum], Mapping[str, Words]] = {
    Level: {
        Level.PROVINCE: Words("省级", "province"),
        Level.CITY: Words("市级", "city"),
        Level.COUNTY: Words("县级", "county"),
        Level.DEVELOPMENT_ZONE: Words("开发区", "development zone"),
    },
    ApprovalMode: {
        ApprovalMode.ORDINARY: Words("一般审批", "ordinary"),
        ApprovalMode.INFORMED_COMMITMENT: Words("告知承诺", "informed commitment"),
        ApprovalMode.CONDITIONAL_ACCEPTANCE: Words("容缺受理", "conditional acceptance"),
        ApprovalMode.FILING: Words("备案", "filing"),
        ApprovalMode.REVIEW_AND_REPORT: Words("审核转报", "review and report"),
        ApprovalMode.CANCELLED_BUT_SUPERVISED: Words("取消审批但继续监管", "cancelled but supervised"),
        ApprovalMode.DEVOLVED: Words("下放", "devolved"),
        ApprovalMode.ENTRUSTED: Words("委托", "entrusted"),
    },
    PushStage: {
        PushStage.ACCEPTANCE: Words("受理", "acceptance"),
        PushStage.DECISION: Words("办结", "decision"),
    },
    ClaimMode: {
        ClaimMode.ON_PUSH: Words("推送即认领", "on push"),
        ClaimMode.CONFIRM: Words("联络员确认", "confirmed by a liaison"),
    },
    OnOverdue: {
        OnOverdue.DEEMED_CLAIMED: Words("视为认领", "deemed claimed"),
        OnOverdue.ESCALATE: Words("升级督办", "escalate"),
    },
    FeedbackKind: {
        FeedbackKind.INSPECTION: Words("检查结果", "inspection"),
        FeedbackKind.ADMINISTRATIVE_MEASURE: Words("行政措施", "administrative measure"),
        FeedbackKind.COMMITMENT_CHECK: Words("承诺核查", "commitment check"),
        FeedbackKind.OBJECTION: Words("异议函告", "objection"),
        FeedbackKind.REVOCATION: Words("吊销", "revocation"),
        FeedbackKind.PROBLEM_REPORT: Words("问题纠正", "problem report"),
        FeedbackKind.RISK_WARNING: Words("风险预警", "risk warning"),
    },
    Procedure: {
        Procedure.SITE_SURVEY: Words("现场踏勘", "site survey"),
        Procedure.EXPERT_REVIEW: Words("专家评审", "expert review"),
        Procedure.HEARING: Words("听证", "hearing"),
        Procedure.PUBLIC_NOTICE: Words("公示", "public notice"),
    },
    SharingScope: {
        SharingScope.PUBLIC: Words("社会公开", "public"),
        SharingScope.GOVERNMENT: Words("政务共享", "government"),
        SharingScope.PARTIES: Words("仅限所列部门", "the departments named"),
    },
    SharingFrequency: {
        SharingFrequency.AT_ONCE: Words("实时", "at once"),
        SharingFrequency.DAILY: Words("每日", "daily"),
        SharingFrequency.WEEKLY: Words("每周", "weekly"),
        SharingFrequency.MONTHLY: Words("每月", "monthly"),
        SharingFrequency.ON_REQUEST: Words("按需", "on request"),
    },
    Confidentiality: {
        Confidentiality.OPEN: Words("公开", "open"),
        Confidentiality.INTERNAL: Words("内部", "internal"),
        Confidentiality.SENSITIVE: Words("敏感", "sensitive"),
    },
    SupervisorPart: {
        SupervisorPart.LEAD: Words("牵头", "lead"),
        SupervisorPart.ASSISTING: Words("配合", "assisting"),
    },
    DocumentKind: {
        DocumentKind.LETTER_OF_ENTRUSTMENT: Words("委托书", "letter of entrustment"),
        DocumentKind.DELIVERY_OF_WORK: Words("工作交付书", "delivery of work"),
        DocumentKind.MEMORANDUM: Words("工作备忘录", "memorandum"),
    },
    ItemStanding: {
        ItemStanding.PUBLISHED: Words("在用", "published"),
        ItemStanding.SUSPENDED: Words("暂停", "suspended"),
        ItemStanding.RETIRED: Words("废止", "retired"),
    },
    ConsultationAnswer: {
        ConsultationAnswer.AWAITED: Words("待答复", "awaited"),
        ConsultationAnswer.CONFIRMED: Words("同意", "confirmed"),
        ConsultationAnswer.OBJECTED: Words("有异议", "objected"),
        ConsultationAnswer.SILENT: Words("逾期未答复", "silent"),
    },
}
"""Every word of the closed lists an item is made of."""

UNITS: Mapping[str, Words] = {
    "working_day": Words("个工作日", "working days"),
    "hour": Words("小时", "hours"),
    "minute": Words("分钟", "minutes"),
}
"""Units of time limits."""


def word(value: StrEnum) -> Words:
    """What a value of a closed list is called."""
    return VALUES[type(value)][value]


def limit_words(limit: TimeLimit) -> Words:
    """A time limit as people write it: 20个工作日, 20 working days."""
    unit = UNITS[limit.unit]
    one = unit.en.removesuffix("s") if limit.amount == 1 else unit.en
    return Words(f"{limit.amount}{unit.zh}", f"{limit.amount} {one}")
