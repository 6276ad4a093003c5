"""The only builder of audit's store, bucket and key: lazy, once per process."""

from functools import cache

from pydantic import Field

from services.audit.domain import SOURCE
from services.audit.ports.log import Log
from services.audit.store.ledger import LedgerStore
from services.audit.store.objects import S3Objects
from services.audit.store.positions import PositionStore
from services.audit.store.postings import PostingStore
from shared.aws.clients import kms, s3
from shared.aws.journal import Journal
from shared.aws.kms import kms_signer
from shared.aws.secrets import derived_key
from shared.aws.settings import Settings, read_settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk


class LogSettings(Settings):
    """What audit is given beside the common settings. The origin is the log's name and never changes."""

    checkpoint_key: str = Field(alias="CHECKPOINT_KEY_ID")
    bucket: str = Field(alias="LOG_BUCKET")
    origin: str = Field(alias="LOG_ORIGIN")


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
def postings() -> PostingStore:
    """The lists by which entries are found again."""
    return PostingStore(bound_table(settings().table))


def desk() -> Desk:
    """First answers and access notes, for the HTTP layer."""
    return store().journal


def cursor_key() -> bytes:
    """The key that signs page cursors."""
    return derived_key("cursor")
