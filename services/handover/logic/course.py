"""What the clock brings to a case (R-HND-5, R-HND-14)."""

from services.handover.domain import terms
from services.handover.logic.office import Office, write
from shared.contracts.change import Context


def let_case_elapse(office: Office, context: Context, case_id: str) -> bool:
    """Reminders that are due, limits that have passed; whether there were any. Raises Outdated."""
    stored = office.cases.case(case_id)
    if stored is None:
        return False
    outcome = terms.take_course(stored.state, stored.head.not_before(context.now))
    write(office, context, stored, outcome)
    return bool(outcome.bodies)
