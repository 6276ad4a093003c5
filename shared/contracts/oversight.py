"""What oversight tells: findings, opened once per cause and closed when the cause goes (R-OVS-1, R-OVS-2)."""

from enum import StrEnum
from typing import ClassVar, Literal

from shared.contracts.event import Body
from shared.contracts.model import Contract, Identifier, Instant, ShortText


class FindingKind(StrEnum):
    """R-OVS-1: what the scheduled jobs look for."""

    PUSH_UNCLAIMED = "push_unclaimed"


class Severity(StrEnum):
    """R-OVS-2: how loud a finding is."""

    REMINDER = "reminder"
    YELLOW = "yellow"
    RED = "red"


class Finding(Contract):
    """One finding about one department, with its cause (R-OVS-2)."""

    finding_id: Identifier
    kind: FindingKind
    cause: Identifier
    department: Identifier
    case_number: ShortText
    item_name: ShortText
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
