"""Lists of what was pushed, as they are asked for and shown (R-HND-16)."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.handover.domain.ledger import InboxGroup, LedgerLine
from shared.contracts.model import Code, Contract, Day, Identifier, ShortText
from shared.contracts.pushes import Push
from shared.contracts.vocabulary import PushState
from shared.http.pages import PageQuery

# Beyond these a day has no instants that can be told at every offset.
LedgerDay = Annotated[Day, Field(ge=date(2000, 1, 1), le=date(9998, 12, 31))]


class CountsQuery(Contract):
    """`department`: one that was merged into mine (R-ORG-1); mine when left out."""

    department: Identifier | None = None


class InboxQuery(PageQuery):
    """`group`: what is still to be claimed or decided (`open`, the default), `claimed`, or `ended`.

    `claimed=true` is the same as `group=claimed`. `department`: one that was merged into mine; mine when left out.
    """

    department: Identifier | None = None

    claimed: bool = False
    group: InboxGroup | None = None

    def asked(self) -> InboxGroup:
        """Which part of the inbox is asked for."""
        return self.group or (InboxGroup.CLAIMED if self.claimed else InboxGroup.OPEN)


class InboxPage(Contract):
    """One page of a department's pushes, newest first."""

    pushes: tuple[Push, ...]
    next: str | None


class InboxCounts(Contract):
    """How many pushes my department has: in each state, and in each part of its inbox."""

    department: Identifier
    states: dict[PushState, int]
    groups: dict[InboxGroup, int]


class DecisionsOwedQuery(PageQuery):
    """`department`: one that was merged into mine (R-ORG-1); mine when left out."""

    department: Identifier | None = None


class DecisionsOwedPage(Contract):
    """One page of the pushes that my department sent and must decide on, those that have waited longest first.

    What is `returned` or `referred` is to be upheld, reassigned or withdrawn, what is `withdrawn` to be given to
    another department; or it is said that nobody is to have it.
    """

    pushes: tuple[Push, ...]
    next: str | None


class DecisionsOwedCount(Contract):
    """How many pushes my department sent and must decide on."""

    department: Identifier
    owed: int


class LedgerFilter(Contract):
    """What is sought: every field that is given must be met.

    `from` and `to` are days in Beijing, both included: when a case came in; with `department`, when it was pushed
    there. Without `from` it is the year before `to`; for a number or an applicant it is always. Where I answer for a
    merged department, its lists are those of the `bureau` or `department` that I name (R-ORG-1).
    """

    case_number: ShortText | None = None
    applicant_code: ShortText | None = None
    applicant_name: ShortText | None = None
    bureau: Identifier | None = None
    item_code: Code | None = None
    department: Identifier | None = None
    state: PushState | None = None
    first_day: LedgerDay | None = Field(default=None, alias="from")
    last_day: LedgerDay | None = Field(default=None, alias="to")


class LedgerQuery(LedgerFilter, PageQuery):
    """A page of what is sought."""


class LedgerPage(Contract):
    """One page of the ledger, newest first. It may be short, even empty: while `next` is not null there may be more.

    Whoever answers for nothing of a case any more is shown its own pushes, and of the decision what they carried.
    """

    cases: tuple[LedgerLine, ...]
    next: str | None
