"""What could not be routed, and the coordinator's decision on it (R-HND-15)."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts.items import MOST_SUPERVISORS
from shared.contracts.model import Contract, Identifier, LongText
from shared.contracts.pushes import Push, Unrouted
from shared.contracts.receipts import SignedReceipt
from shared.contracts.vocabulary import SupervisorPart
from shared.http.pages import PageQuery


class UnroutedQuery(PageQuery):
    """`bureau`: whose queue; oversight must say, a bureau sees its own, and that of one merged into it by naming it."""

    bureau: Identifier | None = None


class UnroutedPage(Contract):
    """One page of what waits for the bureau's coordinator, oldest first (R-HND-15)."""

    unrouted: tuple[Unrouted, ...]
    next: str | None


class Chosen(Contract):
    """A department that the coordinator chose, and the part it is to have."""

    department: Identifier
    part: SupervisorPart = SupervisorPart.LEAD


class RouteRequest(Contract):
    """Where a part is to go, and why there (人工分派)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "departments": [{"department": "dept_01MARKET0000000000000000000", "part": "lead"}],
                    "reason": "事项尚未发布,经协调由市场监管部门先行接收",
                }
            ]
        }
    )

    departments: Annotated[tuple[Chosen, ...], Field(min_length=1, max_length=MOST_SUPERVISORS)]
    reason: LongText


class RoutedAnswer(Contract):
    """The part as placed, the pushes it became, and a signed half for each delivery and claim (R-HND-8)."""

    unrouted: Unrouted
    pushes: tuple[Push, ...]
    receipts: tuple[SignedReceipt, ...]
