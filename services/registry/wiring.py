"""Builds what the registry's use cases need, at first use and once per process."""

from collections.abc import Mapping
from functools import cache

from pydantic import Field

from services.registry.domain import SOURCE
from services.registry.domain.jurisdiction import ITEM_TYPES, DutyDocuments, Jurisdiction
from services.registry.ports.republication import Announcer
from services.registry.store.changes import ChangeLogStore
from services.registry.store.departments import DepartmentStore
from services.registry.store.documents import DocumentStore
from services.registry.store.exports import ExportStore
from services.registry.store.imports import ImportStore
from services.registry.store.items import ItemStore
from services.registry.store.liaison_work import LiaisonWorkStore
from services.registry.store.notices import NoticeStore
from services.registry.store.public import PublicListStore
from services.registry.store.republication import PastStore
from services.registry.store.search import SearchStore
from services.registry.store.transfers import TransferStore
from shared.aws.clients import s3, sns, sqs
from shared.aws.due import DeadlineStore
from shared.aws.files import Files
from shared.aws.journal import Journal
from shared.aws.outbox import Outbox
from shared.aws.secrets import derived_key
from shared.aws.settings import Settings, read_settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk
from shared.contracts.files import FileStore
from shared.kernel.errors import Words


class RegistrySettings(Settings):
    """What the registry is given beside the common settings."""

    files_bucket: str = Field(alias="FILES_BUCKET")
    item_types: str = Field(alias="ITEM_TYPES", default="national")
    duty_documents: DutyDocuments = Field(alias="DUTY_DOCUMENTS", default=DutyDocuments.WARN)
    export_minutes: int = Field(alias="EXPORT_MINUTES", default=15)


@cache
def settings() -> RegistrySettings:
    """The settings, read once per process."""
    return read_settings(RegistrySettings)


@cache
def journal() -> Journal:
    """The journal on the service's own table."""
    return Journal(bound_table(settings().table), SOURCE)


@cache
def files() -> FileStore:
    """Duty documents, imports and exports in the object store."""
    return Files(s3(), settings().files_bucket)


def item_types() -> Mapping[str, Words]:
    """The codes of item types that apply here."""
    return ITEM_TYPES[settings().item_types]


def jurisdiction() -> Jurisdiction:
    """What was decided here."""
    return Jurisdiction(item_types(), settings().duty_documents)


@cache
def departments() -> DepartmentStore:
    """Departments."""
    return DepartmentStore(journal())


@cache
def items() -> ItemStore:
    """Items and their versions."""
    return ItemStore(journal())


@cache
def liaison_work() -> LiaisonWorkStore:
    """What passes from one liaison to another."""
    return LiaisonWorkStore(journal(), items())


@cache
def imports() -> ImportStore:
    """Imports of the item list."""
    return ImportStore(journal(), items())


@cache
def documents() -> DocumentStore:
    """Duty documents."""
    return DocumentStore(journal())


@cache
def deadlines() -> DeadlineStore:
    """Deadlines of every kind."""
    return DeadlineStore(journal())


@cache
def notices() -> NoticeStore:
    """Notices of changed law."""
    return NoticeStore(journal())


@cache
def transfers() -> TransferStore:
    """The transfer catalogue."""
    return TransferStore(journal())


@cache
def public_list() -> PublicListStore:
    """The published list."""
    return PublicListStore(journal())


@cache
def change_log() -> ChangeLogStore:
    """The change log."""
    return ChangeLogStore(journal())


@cache
def exports() -> ExportStore:
    """Downloads of the whole list."""
    return ExportStore(journal())


@cache
def search() -> SearchStore:
    """The index searches are answered from."""
    return SearchStore(journal())


@cache
def past() -> PastStore:
    """What was once told, to tell it again."""
    return PastStore(journal())


@cache
def announcer() -> Announcer:
    """The way to the consumers."""
    given = settings()
    return Outbox(journal().table, sns(), sqs(), given.topic, given.log_queue)


def desk() -> Desk:
    """First answers and access notes, for the HTTP layer."""
    return journal()


def cursor_key() -> bytes:
    """The key that signs page cursors."""
    return derived_key("cursor")
