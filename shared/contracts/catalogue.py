"""Every event type there is, by its name on the wire; schemas and documentation are made from this table."""

from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.credit import CreditLookedUp, CreditRecorded
from shared.contracts.event import Body
from shared.contracts.feedback import FeedbackAcknowledged, FeedbackOpened
from shared.contracts.handover import (
    CaseAccepted,
    CaseDecided,
    PushClaimed,
    PushDelivered,
    PushOverdue,
    PushUnroutable,
    PushViewed,
)
from shared.contracts.identity import ClientRegistered, TokenIssued
from shared.contracts.notification import DeliveryAttempted
from shared.contracts.oversight import FindingClosed, FindingEscalated, FindingOpened
from shared.contracts.registry import DepartmentChanged, ItemDrafted, ItemPublished

EVENT_TYPES: dict[str, type[Body]] = {
    body.TYPE: body
    for body in (
        CaseAccepted,
        CaseDecided,
        ClientRegistered,
        CreditLookedUp,
        CreditRecorded,
        DeliveryAttempted,
        DepartmentChanged,
        FeedbackAcknowledged,
        FeedbackOpened,
        FindingClosed,
        FindingEscalated,
        FindingOpened,
        ItemDrafted,
        ItemPublished,
        PushClaimed,
        PushDelivered,
        PushOverdue,
        PushUnroutable,
        PushViewed,
        RecordRead,
        RequestRefused,
        TokenIssued,
    )
}
