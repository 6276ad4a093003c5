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
