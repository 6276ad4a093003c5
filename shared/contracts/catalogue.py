"""Every event type there is, by its name on the wire; schemas and documentation are made from this table."""

from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.cases import STAGE_EVENTS, ClockExtended, ClockResumed, ClockStopped
from shared.contracts.credit import CreditLookedUp, CreditRecorded
from shared.contracts.departments import DepartmentChanged, LiaisonWorkPassed
from shared.contracts.documents import DocumentDeclared, DocumentStored
from shared.contracts.erasures import PayloadErased
from shared.contracts.event import Body
from shared.contracts.feedback import FeedbackAcknowledged, FeedbackOpened
from shared.contracts.holds import HOLD_EVENTS
from shared.contracts.identity import ClientRegistered, TokenIssued
from shared.contracts.imports import ImportAdvanced, ImportDeclared, ImportFinished
from shared.contracts.items import (
    VERSION_EVENTS,
    ItemConsultationAnswered,
    ItemConsultationOpened,
    ItemDrafted,
)
from shared.contracts.ledgers import JOB_EVENTS
from shared.contracts.log_exports import LogExportFinished, LogExportRequested
from shared.contracts.log_faults import LogFaultFound
from shared.contracts.materials import MaterialDeclared, MaterialStored
from shared.contracts.notices import NoticeAcknowledged, NoticeAnswered, NoticeOverdue, NoticeSent
from shared.contracts.notification import DeliveryAttempted
from shared.contracts.oversight import FindingClosed, FindingEscalated, FindingOpened
from shared.contracts.public_notices import PUBLIC_NOTICE_EVENTS, ObjectionFiled
from shared.contracts.pushes import PUSH_EVENTS, PushRouted, PushUnroutable
from shared.contracts.receipts import CertificateRevoked
from shared.contracts.reviews import REVIEW_EVENTS
from shared.contracts.sealed import LogSealed
from shared.contracts.terms import TermMissed, TermReminded, TermRescheduled, TermSettled
from shared.contracts.transfers import TransferRecorded
from shared.contracts.verifications import LogVerificationFinished, LogVerificationRequested
from shared.contracts.witnesses import WitnessAdded, WitnessRemoved

_BODIES: tuple[type[Body], ...] = (
    CertificateRevoked,
    ClientRegistered,
    ClockExtended,
    ClockResumed,
    ClockStopped,
    CreditLookedUp,
    CreditRecorded,
    DeliveryAttempted,
    DepartmentChanged,
    DocumentDeclared,
    DocumentStored,
    FeedbackAcknowledged,
    FeedbackOpened,
    FindingClosed,
    FindingEscalated,
    FindingOpened,
    ImportAdvanced,
    ImportDeclared,
    ImportFinished,
    ItemConsultationAnswered,
    ItemConsultationOpened,
    ItemDrafted,
    LiaisonWorkPassed,
    LogExportFinished,
    LogExportRequested,
    LogFaultFound,
    LogVerificationFinished,
    LogVerificationRequested,
    LogSealed,
    MaterialDeclared,
    MaterialStored,
    NoticeAcknowledged,
    NoticeAnswered,
    NoticeOverdue,
    NoticeSent,
    ObjectionFiled,
    PayloadErased,
    PushRouted,
    PushUnroutable,
    RecordRead,
    RequestRefused,
    TermMissed,
    TermReminded,
    TermRescheduled,
    TermSettled,
    TokenIssued,
    TransferRecorded,
    WitnessAdded,
    WitnessRemoved,
    *HOLD_EVENTS,
    *JOB_EVENTS,
    *PUBLIC_NOTICE_EVENTS,
    *PUSH_EVENTS,
    *REVIEW_EVENTS,
    *STAGE_EVENTS,
    *VERSION_EVENTS,
)

EVENT_TYPES: dict[str, type[Body]] = {body.TYPE: body for body in _BODIES}
