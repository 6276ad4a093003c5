"""Which events of a case its evidence shows to whom (R-AUD-5, R-ORG-1).

What happened *in* the case (its own chain) is public: every leaf names its subject. That events of other chains belong
to the case, a feedback or a credit lookup, is kept beside the log and published by nobody.
"""

from collections.abc import Sequence

from services.audit.domain.postings import Found
from shared.kernel.permissions import Principal, Role

MOST_EVENTS = 1_000
"""Events in one evidence file: some two megabytes."""

READS_EVERY_CASE = frozenset({Role.OVERSIGHT, Role.AUDIT_ADMIN})


def shown(case_id: str, events: Sequence[Found], principal: Principal) -> Sequence[Found]:
    """What somebody is shown of a case's events.

    Oversight, audit administrators and every department that acted in the case see all of them; any other department
    sees the case's own chain, and beside it what it did itself.
    """
    own = [each for each in events if each.envelope.subject == case_id]
    acted = {each.envelope.department for each in own}
    if not principal.roles.isdisjoint(READS_EVERY_CASE) or (principal.department in acted - {None}):
        return events
    mine = principal.department
    return [each for each in events if each.envelope.subject == case_id or mine == each.envelope.department is not None]
