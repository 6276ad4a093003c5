"""The only builder of notification's store and channel; lazy, so that importing costs nothing."""

from functools import cache

from services.notification.store import NotificationStore, SmsCarrier
from shared.aws.clients import sns_once
from shared.aws.secrets import derived_key
from shared.aws.settings import settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk


@cache
def store() -> NotificationStore:
    """The store on this service's own table."""
    return NotificationStore(bound_table(settings().table))


@cache
def channel() -> SmsCarrier:
    """The way to a phone."""
    return SmsCarrier(sns_once())


def desk() -> Desk:
    """First answers and notes of accesses, for the HTTP layer."""
    return store().journal


def cursor_key() -> bytes:
    """The key page cursors are signed with."""
    return derived_key("cursor")
