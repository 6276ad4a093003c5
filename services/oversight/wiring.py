"""The only builder of oversight's store; lazy, so that importing costs nothing."""

from functools import cache

from services.oversight.store import OversightStore
from shared.aws.secrets import derived_key
from shared.aws.settings import settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk


@cache
def store() -> OversightStore:
    """The store on this service's own table."""
    return OversightStore(bound_table(settings().table))


def desk() -> Desk:
    """First answers and notes of accesses, for the HTTP layer."""
    return store().journal


def cursor_key() -> bytes:
    """The key page cursors are signed with."""
    return derived_key("cursor")
