"""What the clock brings to a case (R-HND-5, R-HND-14)."""

from functools import partial

from services.handover.domain import announced, public_notices, reviews, terms
from services.handover.logic.known import could_claim
from services.handover.logic.office import Office, write
from services.handover.ports.calendar import Calendars
from services.handover.ports.public_notices import PublicNotices
from shared.contracts.change import Context


def let_case_elapse(office: Office, notices: PublicNotices, context: Context, case_id: str) -> bool:
    """Reminders that are due, limits that have passed, what is left to be done; whether anything was. Raises Outdated.

    A public notice ends in one step and is counted in the next: when it is read as ended nothing more is written
    against it, so that the count is right whenever it is made, and made again (R-HND-11).
    """
    stored = office.cases.case(case_id)
    if stored is None:
        return False
    now = stored.head.not_before(context.now)
    outcome = terms.take_course(stored.state, now, partial(could_claim, office.directory))
    for notice in public_notices.to_be_counted(stored.state):
        said = notices.count(notice.notice_id, public_notices.MOST_COUNTED + 1)
        outcome = outcome.then(public_notices.close(outcome.file, notice, said, now))
    for end_decided in (reviews.end_decided, public_notices.end_decided):
        outcome = outcome.then(end_decided(outcome.file, now))
    write(office, context, stored, outcome)
    return bool(outcome.bodies)


def set_limits_anew(office: Office, calendars: Calendars, context: Context, case_id: str) -> bool:
    """Reckon a case's provisional limits by the calendar that is announced now; whether any changed (R-HND-14).

    What may still change waits for the next year's calendar. Raises Outdated.
    """
    stored = office.cases.case(case_id)
    if stored is None:
        return False
    outcome = announced.rescheduled(stored.state)
    write(office, context, stored, outcome)
    calendars.wait_on(case_id, announced.awaited(outcome.file))
    return bool(outcome.bodies)
