"""What oversight tells: findings, opened once per cause and closed when the cause goes (R-OVS-1, R-OVS-2)."""

from enum import StrEnum
from typing import ClassVar, Literal

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, ShortText


class FindingKind(StrEnum):
    """R-OVS-1: what the scheduled jobs look for."""

    PUSH_UNCLAIMED = "push_unclaimed"
    NOTICE_UNACKNOWLEDGED = "notice_unacknowledged"  # 变动通知逾期未确认
    NOTICE_UNANSWERED = "notice_unanswered"  # 变动通知逾期未答复
    RETURN_UNDECIDED = "return_undecided"  # 退回逾期未处理
    OPINION_NOT_GIVEN = "opinion_not_given"  # 意见逾期未出具
    COMMITTED_LIMIT_PASSED = "committed_limit_passed"  # 超承诺时限
    STATUTORY_LIMIT_PASSED = "statutory_limit_passed"  # 超时审批
    UNROUTED = "unrouted"  # 推送逾期未分派


class Severity(StrEnum):
    """R-OVS-2: how loud a finding is."""

    REMINDER = "reminder"
    YELLOW = "yellow"
    RED = "red"


class Finding(Contract):
    """One finding about one department, with its cause (R-OVS-2).

    `case_number` and `item_name` are those of a push or a case, `title` that of a notice.
    """

    finding_id: Identifier
    kind: FindingKind
    cause: Identifier
    department: Identifier
    case_number: ShortText | None = None
    item_name: ShortText | None = None
    title: ShortText | None = None
    severity: Severity
    due_at: Instant
    opened_at: Instant
    state: Literal["open", "closed"]
    closed_at: Instant | None = None


class FindingOpened(Body):
    """A finding was opened (`finding.opened`)."""

    TYPE: ClassVar[str] = "finding.opened.v1"
    finding: Finding


class FindingEscalated(Body):
    """The cause of an open finding has lasted long enough to be louder (`finding.escalated`, R-OVS-2)."""

    TYPE: ClassVar[str] = "finding.escalated.v1"
    finding: Finding


class FindingClosed(Body):
    """The cause of a finding has gone (`finding.closed`)."""

    TYPE: ClassVar[str] = "finding.closed.v1"
    finding: Finding
