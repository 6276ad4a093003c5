"""The bureau's hand on a case's clock: stopping it, letting it run again, extending its limit (R-HND-14)."""

from collections.abc import Callable
from datetime import datetime

from services.handover.domain import clocks
from services.handover.domain.cases import CaseFile, Outcome
from services.handover.logic.access import acts_for
from services.handover.logic.office import Office, find_case, save
from services.handover.schemas.clocks import (
    ClockView,
    ExtensionRequest,
    LimitView,
    ResumptionRequest,
    StopRequest,
)
from shared.contracts.cases import CaseClock
from shared.contracts.change import Context, Stored
from shared.contracts.vocabulary import TimeLimit
from shared.kernel.calendar import Deadline
from shared.kernel.errors import Refused


def stop_clock(office: Office, context: Context, case_id: str, asked: StopRequest) -> ClockView:
    """Stop a case's clock. Raises Refused: "not_found", "not_your_department", "wrong_state"."""
    return _change(office, context, case_id, lambda file, now: clocks.stop(file, asked.reason, asked.text, now))


def resume_clock(office: Office, context: Context, case_id: str, asked: ResumptionRequest) -> ClockView:
    """Let what the bureau stopped run again. Raises Refused: "not_found", "not_your_department", "wrong_state"."""
    return _change(office, context, case_id, lambda file, now: clocks.resume(file, asked.text, now))


def extend_limit(office: Office, context: Context, case_id: str, asked: ExtensionRequest) -> ClockView:
    """Extend the statutory limit, once. Raises Refused: "not_found", "not_your_department", "wrong_state"."""
    return _change(
        office, context, case_id, lambda file, now: clocks.extend(file, asked.approved_by, asked.reason, now)
    )


def bureaus_case(office: Office, context: Context, case_id: str) -> Stored[CaseFile]:
    """A case of the bureau that the caller acts for. Raises Refused: "not_found", "not_your_department"."""
    stored = find_case(office, case_id)
    if not acts_for(office, context.principal, stored.state.case.bureau):
        raise Refused("not_your_department")
    return stored


def clock_view(file: CaseFile, now: datetime) -> ClockView | None:
    """A case's clock as it is shown; once decided, as it stood then."""
    clock = file.clock
    if clock is None:
        return None
    at = file.case.decision.decided_at if file.case.decision else now
    statutory = clocks.statutory_limit(clock)
    shown = TimeLimit(amount=statutory.amount, unit=statutory.unit)
    return ClockView(
        since=clock.started_at,
        stopped=any(stop.until is None for stop in clock.stops),
        committed=_limit(clock, clock.committed, clocks.committed_ends(clock), at),
        statutory=_limit(clock, shown, clocks.statutory_ends(clock), at),
        extension=clock.extension,
        stops=clock.stops,
    )


def _limit(clock: CaseClock, limit: TimeLimit, ends: Deadline | None, at: datetime) -> LimitView:
    return LimitView(
        limit=limit,
        due_at=ends.at if ends else None,
        provisional=ends is not None and ends.provisional,
        working_days_left=clocks.working_days_left(clock, limit.limit(), at),
    )


def _change(
    office: Office, context: Context, case_id: str, decide: Callable[[CaseFile, datetime], Outcome]
) -> ClockView:
    stored = bureaus_case(office, context, case_id)
    now = stored.head.not_before(context.now)

    def answer(file: CaseFile, _: object) -> ClockView:
        view = clock_view(file, now)
        if view is None:
            raise ValueError(f"{case_id} has lost its clock")
        return view

    return save(office, context, stored, decide(stored.state, now), answer)
