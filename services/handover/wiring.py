"""The only builder of handover's stores, keys and files: lazy, once per process."""

from datetime import timedelta
from functools import cache, partial

from pydantic import Field

from services.handover.domain import SOURCE
from services.handover.domain.exports import LedgerExport
from services.handover.domain.materials import FiledMaterial
from services.handover.domain.reconciliation import Reconciliation
from services.handover.domain.sealing import check_sealing
from services.handover.logic.exports import EXPORT, Exporting
from services.handover.logic.office import Gate, Office, always_open
from services.handover.logic.reconciliations import RECONCILE, Reconciling
from services.handover.ports.materials import Materials
from services.handover.ports.revocations import Issuer
from services.handover.store.calendar import CalendarStore
from services.handover.store.cases import CaseStore
from services.handover.store.counts import CountStore
from services.handover.store.decisions import DecisionStore
from services.handover.store.directory import DirectoryStore
from services.handover.store.jobs import LANE, JobStore
from services.handover.store.ledger import LedgerStore
from services.handover.store.public_notices import PublicNoticeStore
from services.handover.store.reviews import ReviewStore
from services.handover.store.revocations import RevocationStore
from services.handover.store.sealing import SealedLogStore
from services.handover.store.waits import WaitStore
from shared.aws.clients import kms_briefly, s3
from shared.aws.due import DeadlineStore
from shared.aws.files import Files
from shared.aws.journal import Journal
from shared.aws.kms import kms_signer
from shared.aws.receipt_signer import ReceiptSigner, sign_revocations
from shared.aws.secrets import derived_key
from shared.aws.settings import Settings, read_settings
from shared.aws.table import bound_table
from shared.aws.uploads import UploadStore
from shared.contracts.change import Desk
from shared.contracts.files import FileStore
from shared.kernel.notes import SigningKey


class HandoverSettings(Settings):
    """What handover is given beside the common settings."""

    receipt_key: str = Field(alias="RECEIPT_KEY_ID")
    receipt_issuer: str = Field(alias="RECEIPT_ISSUER", default="")
    files_bucket: str = Field(alias="FILES_BUCKET")
    public_notice_days: int = Field(alias="PUBLIC_NOTICE_DAYS", default=5, ge=1)
    """The shortest public notice, in working days."""
    fail_closed_after: int = Field(alias="FAIL_CLOSED_AFTER_SECONDS", default=0, ge=0)
    """After how many seconds without sealing new pushes are refused; 0: never (R-AUD-6)."""
    elapse_at_once: int = Field(alias="ELAPSE_AT_ONCE", default=1, ge=1)
    """How many cases the clock looks at at a time."""

    @property
    def issuer(self) -> str:
        """The name receipts are issued under."""
        return self.receipt_issuer or f"shenguan.{self.stage}/receipts"


@cache
def settings() -> HandoverSettings:
    """The settings, read once per process."""
    return read_settings(HandoverSettings)


@cache
def journal() -> Journal:
    """The journal on the service's own table."""
    return Journal(bound_table(settings().table), SOURCE)


@cache
def cases() -> CaseStore:
    """Cases with their pushes."""
    return CaseStore(journal(), ledger_key)


@cache
def directory() -> DirectoryStore:
    """What the registry told."""
    return DirectoryStore(journal())


@cache
def lists() -> LedgerStore:
    """The lists of the ledger."""
    return LedgerStore(journal(), ledger_key)


@cache
def exports() -> JobStore[LedgerExport]:
    """Exports of the ledger."""
    return JobStore(journal(), LedgerExport, "exp", EXPORT, lambda export: export.client)


@cache
def exporting() -> Exporting:
    """What exports work with."""
    return Exporting(exports(), cases(), lists(), files())


@cache
def reconciliations() -> JobStore[Reconciliation]:
    """Reconciliations."""
    return JobStore(journal(), Reconciliation, "rcn", RECONCILE, lambda found: found.bureau)


@cache
def reconciling() -> Reconciling:
    """What reconciliations work with."""
    return Reconciling(reconciliations(), cases(), directory(), lists(), files())


@cache
def counts() -> CountStore:
    """How many pushes each department has."""
    return CountStore(journal())


@cache
def decisions() -> DecisionStore:
    """Pushes by the sender who must decide on them."""
    return DecisionStore(journal())


@cache
def waits() -> WaitStore:
    """Who waits for news of the registry."""
    return WaitStore(journal())


@cache
def reviews() -> ReviewStore:
    """Requests for opinions by the department they wait for."""
    return ReviewStore(journal())


@cache
def public_notices() -> PublicNoticeStore:
    """Notices as the public sees them, and what is said against them."""
    return PublicNoticeStore(journal())


@cache
def calendar() -> CalendarStore:
    """Which cases wait for a year's official calendar."""
    return CalendarStore(journal())


@cache
def deadlines() -> DeadlineStore:
    """Deadlines of cases, and news that wakes who waits."""
    return DeadlineStore(journal())


@cache
def work() -> DeadlineStore:
    """Jobs on which there is work to be done."""
    return DeadlineStore(journal(), LANE)


@cache
def materials() -> Materials:
    """Materials, declared and stored."""
    return UploadStore(journal(), FiledMaterial)


@cache
def receipt_root() -> SigningKey:
    """The root of receipts' certificates."""
    return kms_signer(kms_briefly(), settings().receipt_key, settings().issuer)


@cache
def signer() -> ReceiptSigner:
    """What signs receipts in this process."""
    return ReceiptSigner(settings().issuer, receipt_root, revocations().serials)


@cache
def receipt_issuer() -> Issuer:
    """Who issues receipts, as the public sees it."""
    root = receipt_root()
    return Issuer(root.key, partial(sign_revocations, root))


@cache
def revocations() -> RevocationStore:
    """Certificates that were revoked."""
    return RevocationStore(journal())


@cache
def office() -> Office:
    """What use cases of cases and pushes work with."""
    return Office(cases(), directory(), materials(), signer(), gate())


@cache
def sealed_log() -> SealedLogStore:
    """How far the audit log is sealed, as audit said."""
    return SealedLogStore(journal().table)


def gate() -> Gate:
    """Whether new pushes are accepted while the log may not be sealing; nothing is read where they always are."""
    seconds = settings().fail_closed_after
    if not seconds:
        return always_open
    return lambda now: check_sealing(sealed_log().through(), timedelta(seconds=seconds), now)


@cache
def files() -> FileStore:
    """Materials and what is made for download, in the object store."""
    return Files(s3(), settings().files_bucket)


def desk() -> Desk:
    """First answers and access notes, for the HTTP layer."""
    return journal()


def ledger_key() -> bytes:
    """The key under which the ledger hashes numbers, names and masked ids."""
    return derived_key("ledger")


def cursor_key() -> bytes:
    """The key that signs page cursors."""
    return derived_key("cursor")
