"""Case files as handover keeps them, all of them invented."""

from datetime import datetime
from typing import Any

from services.handover.domain.cases import CaseFile
from services.handover.domain.clocks import start_clock
from shared.contracts.cases import Applicant, Case, CaseClock, Decision, Stop
from shared.contracts.items import Item
from shared.contracts.vocabulary import ApplicantKind, ApprovalMode, DecisionResult, StopReason
from shared.kernel.clock import BEIJING
from tests.support.handover_builders import BUREAU, ITEM_CODE, item

CASE_ID = "case_01JD0M3Q5V8Z2K7T4B9N6R1X5C"


def beijing(day: int, hour: int = 10, minute: int = 0, month: int = 3) -> datetime:
    """An instant of March 2026 in Beijing; the 2nd is a Monday, and the month has no holiday."""
    return datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


def case(**changed: Any) -> Case:
    """A noodle shop's case, accepted on Monday, 2 March 2026."""
    given: dict[str, Any] = {
        "case_id": CASE_ID,
        "case_number": "SP-2026-000101",
        "bureau": BUREAU,
        "item_code": ITEM_CODE,
        "item_id": None,
        "item_name": "食品经营许可",
        "item_version": 1,
        "applicant": Applicant(name="示例面馆有限公司", kind=ApplicantKind.ORGANISATION, code="91990100MA00000017"),
        "approval_mode": ApprovalMode.ORDINARY,
        "accepted_at": beijing(2),
    }
    return Case(**given | changed)


def accepted(known: Item | None = None, **changed: Any) -> CaseFile:
    """A case whose clock runs: five working days committed, twenty by law, unless its item says otherwise."""
    return start_clock(CaseFile(case=case(**changed)), known or item())


def granted(at: datetime) -> Decision:
    return Decision(result=DecisionResult.GRANTED, document_number="示审批〔2026〕101号", decided_at=at)


def clock_of(file: CaseFile) -> CaseClock:
    assert file.clock is not None
    return file.clock


def stop(since: datetime, until: datetime | None = None, review: str | None = None) -> Stop:
    return Stop(reason=StopReason.SITE_SURVEY, since=since, until=until, review=review)
