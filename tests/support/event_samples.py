"""One invented example of every event type, as its producer would write it."""

from datetime import date, timedelta
from typing import Any

from shared.contracts.access import RecordRead, RequestRefused
from shared.contracts.cases import (
    LATER_ACTS,
    CaseAccepted,
    CaseDecided,
    ClockExtended,
    ClockResumed,
    ClockStopped,
    Extension,
    LaterAct,
    Stop,
)
from shared.contracts.credit import CreditLookedUp, CreditRecord, CreditRecorded, Lookup, RecordKind
from shared.contracts.departments import (
    DepartmentAct,
    DepartmentChanged,
    Liaison,
    LiaisonHandover,
    LiaisonWork,
    LiaisonWorkPassed,
    LiaisonWorkState,
)
from shared.contracts.documents import DocumentDeclared, DocumentStored
from shared.contracts.erasures import PayloadErased
from shared.contracts.event import GENESIS, Actor, Body, Event, make_event
from shared.contracts.feedback import FeedbackAcknowledged, FeedbackOpened
from shared.contracts.holds import HoldPlaced, HoldReleased
from shared.contracts.identity import Client, ClientRegistered, TokenIssued
from shared.contracts.imports import ImportAdvanced, ImportDeclared, ImportFinished, ImportProgress, ImportState
from shared.contracts.items import (
    DutyDocument,
    ItemConsultationAnswered,
    ItemConsultationOpened,
    ItemDrafted,
    ItemPublished,
    ItemReinstated,
    ItemRetired,
    ItemSuspended,
)
from shared.contracts.ledgers import (
    ExportFormat,
    LedgerExportFailed,
    LedgerExportFinished,
    LedgerExportRequested,
    ReconciliationAdvanced,
    ReconciliationCounts,
    ReconciliationFinished,
    ReconciliationRequested,
)
from shared.contracts.log_exports import LogExportFinished, LogExportRequested
from shared.contracts.log_faults import Fault, LogFault, LogFaultFound
from shared.contracts.materials import FileOfCase, MaterialDeclared, MaterialStored
from shared.contracts.notices import (
    NoticeAcknowledged,
    NoticeAnswered,
    NoticeOutcome,
    NoticeOverdue,
    NoticeSent,
    NoticeState,
    Overdue,
    RevisedItem,
)
from shared.contracts.notification import Delivery, DeliveryAttempted
from shared.contracts.oversight import (
    Finding,
    FindingClosed,
    FindingEscalated,
    FindingKind,
    FindingOpened,
    Severity,
)
from shared.contracts.public_notices import PUBLIC_NOTICE_EVENTS, ObjectionFiled, PublicNotice
from shared.contracts.pushes import (
    PUSH_EVENTS,
    PushClaimed,
    PushDelivered,
    PushOverdue,
    PushRouted,
    PushUnroutable,
    PushViewed,
    Unrouted,
)
from shared.contracts.receipts import CertificateRevoked, Revocation
from shared.contracts.reviews import REVIEW_EVENTS, Opinion, ReviewAnswered, ReviewRequest, ReviewState
from shared.contracts.sealed import LogSealed
from shared.contracts.terms import Term, TermMissed, TermReminded, TermRescheduled, TermSettled
from shared.contracts.transfers import Transfer, TransferRecorded
from shared.contracts.verifications import LogVerificationFinished, LogVerificationRequested
from shared.contracts.vocabulary import (
    ConsultationAnswer,
    DocumentKind,
    ItemStanding,
    Moment,
    OpinionResult,
    PushState,
    ReviewKind,
    Stage,
    StopReason,
    TermKind,
    TimeLimit,
)
from shared.contracts.witnesses import Witness, WitnessAdded, WitnessRemoved
from shared.kernel.permissions import Role
from tests.support import feedback_builders as told
from tests.support import handover_builders as city
from tests.support.acts import NOW
from tests.support.notice_samples import a_notice

LATER = NOW + timedelta(hours=1)

_CLAIMED = told.push(state=PushState.CLAIMED, claimed_at=LATER, claimed_by="cli_liaison_0001", viewed_at=NOW)
_SHOWN = {PushClaimed, PushDelivered, PushOverdue, PushViewed}
_UNROUTED = Unrouted(
    unrouted_id="unr_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
    case_id=told.CASE,
    case_number="SP-2026-000101",
    item_code="000131001000",
    stage=Stage.ACCEPTANCE,
    stage_key="acceptance",
    reason="no_published_item",
    since=NOW,
)
_ACT = LaterAct(
    stage=Stage.CANCELLATION,
    document_number="示审批〔2026〕202号",
    done_at=NOW,
    reason="依申请注销",
    legal_basis="《中华人民共和国行政许可法》第七十条",
)
_STOP = Stop(reason=StopReason.SUPPLEMENT, since=NOW, text="请补正场所证明")
_TERM: dict[str, Any] = {
    "case_id": told.CASE,
    "case_number": "SP-2026-000101",
    "bureau": told.BUREAU,
    "item_name": "食品经营许可",
    "term": Term(
        kind=TermKind.RETURN_DECISION,
        subject="push_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
        owner=told.BUREAU,
        since=NOW,
        due_at=LATER,
        told=Moment.AT,
    ),
}
_THREAD = told.thread(told.inspection())
_ACKNOWLEDGED = told.thread(
    state="acknowledged", acknowledged_at=LATER, acknowledged_by="cli_approver_0001", reply="已阅"
)
_FINDING = Finding(
    finding_id="find_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001_01",
    kind=FindingKind.PUSH_UNCLAIMED,
    cause="push_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
    department=told.MARKET,
    case_number="SP-2026-000101",
    item_name="食品经营许可",
    severity=Severity.REMINDER,
    due_at=NOW,
    opened_at=LATER,
    state="open",
)
_CLOSED = _FINDING.model_copy(update={"state": "closed", "closed_at": LATER})
_RECORD = CreditRecord(
    record_id="rec_licence_0000000001",
    subject=told.SHOP,
    kind=RecordKind.LICENCE,
    weight="granted",
    document_number="示审批〔2026〕101号",
    source_department=told.BUREAU,
    source_event="evt_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    decided_on=date(2026, 3, 6),
    valid_until=date(2031, 3, 5),
)
_LOOKUP = Lookup(
    lookup_id="lookup_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    subject=told.SHOP,
    case_number="SP-2026-000101",
    purpose="acceptance",
    looked_up_at=NOW,
    grade="A",
    rule_version="2026-1",
    entitlements=("green_channel",),
    restrictions=(),
)
_CLIENT = Client(
    client_id="cli_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    name="市场监管联络窗口",
    department=told.MARKET,
    roles=(Role.LIAISON,),
    registered_at=NOW,
)
_DELIVERY = Delivery(
    delivery_id="dlv_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001_000",
    about="push_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
    department=told.MARKET,
    liaison="丁某",
    phone_masked="138****0000",
    text="【审管联动】收到“食品经营许可”受理推送",
    state="sent",
    attempts=1,
    created_at=NOW,
    last_attempt_at=LATER,
    last_result="message-1",
)
_GIVER = Liaison(person_id="pers_01JD0M3Q5V8Z2K7T4B9N6R1X5C", name="丁某", phone="13800000000", active=False)
_TAKER = Liaison(person_id="pers_01JD0M3Q5V8Z2K7T4B9N6R1X5D", name="戊某", phone="13800000001")
_HANDED_OVER = DepartmentChanged(
    department=city.department().model_copy(update={"liaisons": (_TAKER, _GIVER)}),
    act=DepartmentAct.LIAISON_HANDED_OVER,
    reason="丁某调离",
    handover=LiaisonHandover(giver="pers_01JD0M3Q5V8Z2K7T4B9N6R1X5C", taker="pers_01JD0M3Q5V8Z2K7T4B9N6R1X5D"),
)
_LIAISON_WORK = LiaisonWork(
    hand_id="hand_01MARKET0000000000000000000_000002",
    department_id=told.MARKET,
    giver=_GIVER,
    taker=_TAKER,
    reason="丁某调离",
    by=Actor(client_id="cli_registrar_0001"),
    state=LiaisonWorkState.PASSING,
    after="item_01FOOD000000000000000000000",
    looked_at=20,
    passed=18,
)

_DOCUMENT = DutyDocument(
    document_id="doc_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    kind=DocumentKind.LETTER_OF_ENTRUSTMENT,
    name="审批权限委托书",
    number="示监委〔2026〕3号",
    issued_on=date(2026, 2, 27),
    media_type="application/pdf",
    size=482113,
    sha256="0" * 64,
)
_MATERIAL = FileOfCase(
    material_id="mat_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    name="经营场所平面布置图",
    media_type="image/vnd.dwg",
    size=18482113,
    sha256="0" * 64,
)
_IMPORT = ImportProgress(
    import_id="imp_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    bureau=told.BUREAU,
    state=ImportState.CHECKING,
    part=3,
    parts=12,
    rows=1180,
)
_ANSWERED_NOTICE = a_notice(
    version=3,
    state=NoticeState.ANSWERED,
    acknowledged_at=LATER,
    answered_at=LATER,
    outcome=NoticeOutcome.LIST_REVISED,
    reason="已按新办法修订。",
    revisions=(RevisedItem(code="000131016000", version=2),),
)
_VERIFICATION = "ver_01JD0M3Q5V8Z2K7T4B9N6R1X5C"
_FAULT = LogFault(fault=Fault.ENTRIES_CHANGED, where="entry 7")
_WITNESS = Witness(
    name="justice-bureau",
    url="https://witness.justice.example/log",
    vkey="witness.justice.example/w1+edbae420+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
)
_TRANSFER = Transfer(
    transfer_id="tra_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    version=2,
    code="000131016000",
    item_name="餐饮经营许可",
    giver=told.MARKET,
    taker=told.BUREAU,
    transferred_on=date(2019, 9, 1),
    document_name="相对集中行政许可权改革实施方案",
    document_number="示政办发〔2019〕22号",
)

_REVIEW = ReviewRequest(
    review_id="rev_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
    case_id=told.CASE,
    case_number="SP-2026-000101",
    item_name="食品经营许可",
    bureau=told.BUREAU,
    kind=ReviewKind.SITE_SURVEY,
    departments=(told.MARKET,),
    text="请踏勘经营场所",
    limit=TimeLimit(amount=5),
    requested_at=NOW,
    due_at=LATER,
)
_OPINION = Opinion(
    review_id=_REVIEW.review_id,
    department=told.MARKET,
    result=OpinionResult.CONDITIONAL,
    text="布局与平面图基本一致",
    conditions="开业前增设洗消池",
    participants=("丁某",),
    at=LATER,
    by="cli_inspector_0001",
)
_ANSWERED_REVIEW = _REVIEW.model_copy(
    update={"answered": (told.MARKET,), "state": ReviewState.COMPLETE, "ended_at": LATER}
)
_PUBLICITY = PublicNotice(
    notice_id="pnt_01JD0M3Q5V8Z2K7T4B9N6R1X5C_001",
    case_id=told.CASE,
    case_number="SP-2026-000101",
    item_name="食品经营许可",
    bureau=told.BUREAU,
    title="食品经营许可公示",
    text="现予公示。",
    from_day=date(2026, 3, 2),
    until_day=date(2026, 3, 13),
    opened_at=NOW,
    ends_at=LATER,
)

_RECONCILIATION: dict[str, Any] = {
    "reconciliation_id": "rcn_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
    "bureau": told.BUREAU,
    "first_day": date(2026, 3, 1),
    "last_day": date(2026, 3, 31),
}
_EXPORT: dict[str, Any] = {"export_id": "exp_01JD0M3Q5V8Z2K7T4B9N6R1X5C", "department": told.BUREAU}

SAMPLES: tuple[Body, ...] = (
    LedgerExportRequested(**_EXPORT, format=ExportFormat.XLSX),
    LedgerExportFinished(**_EXPORT, cases=17),
    LedgerExportFailed(**_EXPORT, reason="too_many_rows"),
    ReconciliationRequested(**_RECONCILIATION),
    ReconciliationAdvanced(reconciliation_id="rcn_01JD0M3Q5V8Z2K7T4B9N6R1X5C", bureau=told.BUREAU, state="comparing"),
    ReconciliationFinished(**_RECONCILIATION, counts=ReconciliationCounts(rows=40, same=38, never_pushed=2)),
    *(each(review=_REVIEW) for each in REVIEW_EVENTS if each is not ReviewAnswered),
    ReviewAnswered(review=_ANSWERED_REVIEW, opinion=_OPINION),
    *(each(notice=_PUBLICITY) for each in PUBLIC_NOTICE_EVENTS),
    ObjectionFiled(
        objection_id="obj_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
        notice_id=_PUBLICITY.notice_id,
        case_id=told.CASE,
        bureau=told.BUREAU,
        department=None,
        content_hash="0" * 64,
    ),
    CaseAccepted(case=told.case()),
    CaseDecided(case=told.decided()),
    CertificateRevoked(
        issuer="shenguan.example/receipts",
        revocation=Revocation(serial="crt_01JD0M3Q5V8Z2K7T4B9N6R1X5C", revoked_at=NOW, reason="进程内存疑似外泄"),
    ),
    ClientRegistered(client=_CLIENT),
    CreditLookedUp(lookup=_LOOKUP),
    CreditRecorded(record=_RECORD),
    DeliveryAttempted(delivery=_DELIVERY),
    _HANDED_OVER,
    DocumentDeclared(department=told.BUREAU, document=_DOCUMENT),
    DocumentStored(department=told.BUREAU, document=_DOCUMENT),
    FeedbackAcknowledged(thread=_ACKNOWLEDGED),
    FeedbackOpened(thread=_THREAD),
    FindingClosed(finding=_CLOSED),
    FindingEscalated(finding=_FINDING.model_copy(update={"severity": Severity.RED})),
    FindingOpened(finding=_FINDING),
    ImportAdvanced(progress=_IMPORT),
    ImportDeclared(progress=_IMPORT.model_copy(update={"state": ImportState.AWAITING_FILE}), file_name="清单.xlsx"),
    ImportFinished(progress=_IMPORT.model_copy(update={"state": ImportState.CHECKED, "part": 0})),
    ItemConsultationAnswered(
        item_id="item_01FOOD000000000000000000000",
        code="000131016000",
        number=1,
        department=told.MARKET,
        answer=ConsultationAnswer.OBJECTED,
        reason="应由行业主管部门牵头",
    ),
    ItemConsultationOpened(item=city.item(), number=1, departments=(told.MARKET,), due_at=LATER),
    ItemDrafted(item=city.item(), ended_consultation=1),
    ItemPublished(item=city.urgent_item(), reason="法律修订", objections_settled="经联席会议研究确定"),
    ItemReinstated(item=city.item(version=3), reason="恢复办理"),
    ItemRetired(item=city.item(version=4, standing=ItemStanding.RETIRED), reason="依据废止"),
    ItemSuspended(item=city.item(version=2, standing=ItemStanding.SUSPENDED), reason="暂停办理"),
    LiaisonWorkPassed(work=_LIAISON_WORK),
    LogExportFinished(export_id="lex_01JD0M3Q5V8Z2K7T4B9N6R1X5C", size=1_000, parts=1, events=960),
    LogExportRequested(
        export_id="lex_01JD0M3Q5V8Z2K7T4B9N6R1X5C", first_day=date(2026, 3, 1), last_day=date(2026, 3, 31)
    ),
    LogFaultFound(fault_id=_FAULT.fault_id, kind=_FAULT.kind, fault=_FAULT, found_at=NOW),
    HoldPlaced(case_id="case_01JD0M3Q5V8Z2K7T4B9N6R1X5C", reason="示例市中级人民法院调取证据"),
    HoldReleased(case_id="case_01JD0M3Q5V8Z2K7T4B9N6R1X5C", reason="案件已审结"),
    LogSealed(through=NOW, size=1_000),
    LogVerificationFinished(verification_id=_VERIFICATION, size=1_000, proven=True, findings=0),
    LogVerificationRequested(verification_id=_VERIFICATION, size=1_000),
    MaterialDeclared(department=told.BUREAU, material=_MATERIAL),
    MaterialStored(department=told.BUREAU, material=_MATERIAL),
    NoticeAcknowledged(notice=a_notice(state=NoticeState.ACKNOWLEDGED, version=2, acknowledged_at=LATER)),
    NoticeAnswered(notice=_ANSWERED_NOTICE),
    NoticeOverdue(notice=a_notice(version=2, overdue=(Overdue.ACKNOWLEDGEMENT,)), owed=Overdue.ACKNOWLEDGEMENT),
    NoticeSent(notice=a_notice()),
    PushClaimed(push=_CLAIMED),
    PushDelivered(push=told.push()),
    PushOverdue(push=told.push(state=PushState.OVERDUE_UNCLAIMED)),
    *(
        each(push=told.push())
        for each in PUSH_EVENTS
        if each not in {PushClaimed, PushDelivered, PushOverdue, PushViewed}
    ),
    PushRouted(unrouted=_UNROUTED.model_copy(update={"placed_at": LATER, "pushes": (told.push().push_id,)})),
    PushUnroutable(case=told.case(item_id=None, item_name=None, item_version=None), unrouted=_UNROUTED),
    PushViewed(push=told.push(state=PushState.VIEWED, viewed_at=NOW)),
    *(each(case=told.case(), act=_ACT.model_copy(update={"stage": stage})) for stage, each in LATER_ACTS.items()),
    ClockExtended(case_id=told.CASE, extension=Extension(approved_by="局长 郑某", reason="专家意见分歧较大", at=LATER)),
    ClockStopped(case_id=told.CASE, stop=_STOP),
    ClockResumed(case_id=told.CASE, stop=_STOP.model_copy(update={"until": LATER})),
    *(each(**_TERM) for each in (TermReminded, TermMissed, TermSettled, TermRescheduled)),
    RecordRead(route="/v1/subjects/{code}", target=told.SHOP),
    RequestRefused(method="POST", route="/v1/cases", target="", status=403, code="forbidden"),
    TokenIssued(client_id="cli_bootstrap", token_id="tok_01JD0M3Q5V8Z2K7T4B9N6R1X5C", expires_at=LATER),
    PayloadErased(
        event_id="evt_01JD0M3Q5V8Z2K7T4B9N6R1X5C",
        subject=told.CASE,
        sequence=1,
        ground="个人信息保护法第四十七条",
        operator="arn:aws:sts::123456789012:assumed-role/operations/somebody",
    ),
    TransferRecorded(transfer=_TRANSFER, reason="文号录入有误"),
    WitnessAdded(witness=_WITNESS),
    WitnessRemoved(witness=_WITNESS),
)


def as_event(body: Body, sequence: int = 1) -> Event:
    """A body as a whole event."""
    return make_event(
        body,
        source="/shenguan/tests",
        subject=told.CASE,
        sequence=sequence,
        previous=GENESIS,
        actor=Actor(client_id="cli_approver_0001", department=told.BUREAU),
        correlation_id="correlation-1",
        time=NOW,
    )
