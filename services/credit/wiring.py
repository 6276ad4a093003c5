"""The only builder of credit's store and keys: lazy, once per process."""

from functools import cache

from services.credit.domain import SOURCE
from services.credit.store import CreditStore
from shared.aws.journal import Journal
from shared.aws.secrets import derived_key
from shared.aws.settings import settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk


@cache
def store() -> CreditStore:
    """The store on the service's own table."""
    return CreditStore(Journal(bound_table(settings().table), SOURCE))


def desk() -> Desk:
    """First answers and access notes, for the HTTP layer."""
    return store().journal


def cursor_key() -> bytes:
    """The key that signs page cursors."""
    return derived_key("cursor")


def person_key() -> bytes:
    """The key citizen ids are hashed with (R-CRD-1)."""
    return derived_key("citizen-id")


def record_key() -> bytes:
    """The key that makes a record's id out of what it is about."""
    return derived_key("credit-record")
