"""The only builder of audit's store, bucket and key: lazy, once per process."""

from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, Field

from services.audit.domain import SOURCE
from services.audit.logic.attesting import Scales
from services.audit.logic.exports import Exporting
from services.audit.logic.full_verifying import FullVerifying
from services.audit.logic.holds import Keeping
from services.audit.logic.verifying import Verifying
from services.audit.ports.log import Log
from services.audit.store.attested import AttestedStore
from services.audit.store.chains import ChainStore, TallyStore
from services.audit.store.envelopes import SqsEnvelopes
from services.audit.store.exports import LANE, ExportStore
from services.audit.store.faults import FaultStore
from services.audit.store.holds import HoldStore
from services.audit.store.ledger import LedgerStore
from services.audit.store.locked import S3Locked
from services.audit.store.objects import S3Objects
from services.audit.store.positions import PositionStore
from services.audit.store.postings import PostingStore
from services.audit.store.verifications import LANE as VERIFICATIONS
from services.audit.store.verifications import SqsWork, VerificationStore
from services.audit.store.witness_calls import HttpCallers
from services.audit.store.witnesses import WitnessStore
from shared.aws.clients import kms, s3, sns, sqs
from shared.aws.due import DeadlineStore
from shared.aws.files import Files
from shared.aws.journal import Journal
from shared.aws.kms import kms_signer
from shared.aws.outbox import Outbox
from shared.aws.secrets import derived_key
from shared.aws.settings import Settings, read_settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk
from shared.contracts.files import FileStore
from shared.kernel.addresses import Network, parse_networks


class LogSettings(Settings):
    """What audit is given beside the common settings. The origin is the log's name and never changes."""

    checkpoint_key: str = Field(alias="CHECKPOINT_KEY_ID")
    bucket: str = Field(alias="LOG_BUCKET")
    locked_bucket: str = Field(alias="LOCKED_BUCKET")
    origin: str = Field(alias="LOG_ORIGIN")
    dead_letters: str = Field(alias="LOG_DEAD_LETTERS_URL")
    rejected: str = Field(alias="LOG_REJECTED_URL")
    attest_days: int = Field(alias="ATTEST_DAYS", default=7, ge=0)
    """How often, in days, each service attests what it holds; 0: only when asked (R-AUD-4)."""
    fail_closed_after: int = Field(alias="FAIL_CLOSED_AFTER_SECONDS", default=0, ge=0)
    """After how many seconds without sealing pushes are refused; 0: never, and nothing is told of sealing (R-AUD-6)."""
    own_queue: str = Field(alias="ATTESTATION_QUEUE_URL")
    """Audit's own queue: what services attest, and the ranges of verifications."""
    quorum: int = Field(alias="WITNESS_QUORUM", default=1, ge=1)
    """How many witnesses must have cosigned a checkpoint for events to be proven by it rather than by the latest."""
    witness_networks: Annotated[tuple[Network, ...], BeforeValidator(parse_networks)] = Field(
        alias="WITNESS_NETWORKS", default=()
    )
    """Networks that are not public and that witnesses may be in, as `10.0.0.0/8, fd00::/8`."""


@cache
def settings() -> LogSettings:
    """The settings, read once per process."""
    return read_settings(LogSettings)


@cache
def store() -> LedgerStore:
    """The ledger on the service's own table."""
    return LedgerStore(Journal(bound_table(settings().table), SOURCE))


@cache
def log() -> Log:
    """The log."""
    given = settings()
    return Log(store(), S3Objects(s3(), given.bucket), kms_signer(kms(), given.checkpoint_key, given.origin))


@cache
def positions() -> PositionStore:
    """How far the log's followers have come."""
    return PositionStore(bound_table(settings().table))


@cache
def envelopes() -> SqsEnvelopes:
    """The queue of envelopes, and what became of those that are no leaves."""
    given = settings()
    return SqsEnvelopes(sqs(), given.log_queue, given.dead_letters, given.rejected)


@cache
def locked() -> S3Locked:
    """The copy that nobody can change."""
    return S3Locked(s3(), settings().locked_bucket)


@cache
def keeping() -> Keeping:
    """What legal holds are carried out with."""
    return Keeping(HoldStore(store().journal), locked(), positions(), postings())


@cache
def topic() -> Outbox:
    """Audit's own topic, for what it says without recording it."""
    given = settings()
    return Outbox(bound_table(given.table), sns(), sqs(), given.topic, given.log_queue)


@cache
def postings() -> PostingStore:
    """The lists by which entries are found again."""
    return PostingStore(bound_table(settings().table))


@cache
def scales() -> Scales:
    """What services attest, and everything it is weighed against."""
    attested = AttestedStore(bound_table(settings().table))
    return Scales(log(), positions(), chains(), tallies(), faults(), attested, postings())


@cache
def faults() -> FaultStore:
    """What was found wrong with the log."""
    return FaultStore(store().journal)


@cache
def chains() -> ChainStore:
    """What the log holds of each chain."""
    return ChainStore(bound_table(settings().table))


@cache
def tallies() -> TallyStore:
    """How many events of each service the log holds."""
    return TallyStore(bound_table(settings().table))


@cache
def verifying() -> Verifying:
    """What the verifier works with."""
    return Verifying(log(), positions(), chains(), tallies(), faults(), locked=locked(), postings=postings())


@cache
def full_verifying() -> FullVerifying:
    """What verifications of the whole log work with."""
    work = SqsWork(sqs(), settings().own_queue)
    return FullVerifying(verifying(), VerificationStore(store().journal), work)


@cache
def verification_work() -> DeadlineStore:
    """Verifications of the whole log that are not finished."""
    return DeadlineStore(store().journal, VERIFICATIONS)


@cache
def witnesses() -> WitnessStore:
    """Who watches the log from outside."""
    return WitnessStore(store().journal)


@cache
def callers() -> HttpCallers:
    """The way to the witnesses."""
    return HttpCallers(settings().witness_networks)


@cache
def exports() -> ExportStore:
    """Exports of the log."""
    return ExportStore(store().journal)


@cache
def export_work() -> DeadlineStore:
    """Exports on which there is work to be done."""
    return DeadlineStore(store().journal, LANE)


@cache
def files() -> FileStore:
    """What is made for download, in the log's bucket under names of its own."""
    return Files(s3(), settings().bucket)


@cache
def exporting() -> Exporting:
    """What exports work with."""
    return Exporting(exports(), log(), positions(), postings(), files())


def desk() -> Desk:
    """First answers and access notes, for the HTTP layer."""
    return store().journal


def cursor_key() -> bytes:
    """The key that signs page cursors."""
    return derived_key("cursor")
