"""Builds what the registry's use cases need, at first use and once per process."""

from functools import cache

from services.registry.store import RegistryStore
from shared.aws.secrets import derived_key
from shared.aws.settings import settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk


@cache
def store() -> RegistryStore:
    """The store."""
    return RegistryStore(bound_table(settings().table))


def desk() -> Desk:
    """The journal."""
    return store().journal


def cursor_key() -> bytes:
    """The key that signs page cursors."""
    return derived_key("cursor")
