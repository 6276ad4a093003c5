"""The only builder of audit's store, bucket and key: lazy, once per process."""

from functools import cache

from pydantic import Field

from services.audit.domain import SOURCE
from services.audit.ports import Log
from services.audit.store import AuditStore, S3Objects
from shared.aws.clients import kms, s3
from shared.aws.journal import Journal
from shared.aws.kms import kms_signer
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
def store() -> AuditStore:
    """The ledger on the service's own table."""
    return AuditStore(Journal(bound_table(settings().table), SOURCE))


@cache
def log() -> Log:
    """The log."""
    given = settings()
    return Log(store(), S3Objects(s3(), given.bucket), kms_signer(kms(), given.checkpoint_key, given.origin))


def desk() -> Desk:
    """First answers and access notes, for the HTTP layer."""
    return store().journal
