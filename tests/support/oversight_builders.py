"""A push as handover's events show it one after the other: delivered, viewed, overdue, claimed."""

from datetime import datetime

from shared.contracts.event import Event
from shared.contracts.pushes import Push, PushClaimed, PushDelivered, PushOverdue, PushViewed
from shared.contracts.vocabulary import PushState
from tests.support.push_builders import told


def as_delivered(push: Push) -> Event:
    return told(PushDelivered(push=push), subject=push.case_id, sequence=2)


def as_viewed(push: Push, at: datetime) -> Event:
    viewed = push.model_copy(update={"state": PushState.VIEWED, "viewed_at": at})
    return told(PushViewed(push=viewed), subject=push.case_id, sequence=3, time=at)


def as_overdue(push: Push) -> Event:
    overdue = push.model_copy(update={"state": PushState.OVERDUE_UNCLAIMED})
    return told(PushOverdue(push=overdue), subject=push.case_id, sequence=4, time=push.claim_due_at)


def as_claimed(push: Push, at: datetime) -> Event:
    late = at >= push.claim_due_at
    claimed = push.model_copy(
        update={
            "state": PushState.CLAIMED_LATE if late else PushState.CLAIMED,
            "claimed_at": at,
            "claimed_by": "cli_liaison_0000",
        }
    )
    return told(PushClaimed(push=claimed), subject=push.case_id, sequence=5, time=at)
