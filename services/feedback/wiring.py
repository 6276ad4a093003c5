"""The only builder of feedback's store and keys: lazy, once per process."""

from functools import cache

from services.feedback.domain import SOURCE
from services.feedback.store import FeedbackStore
from shared.aws.journal import Journal
from shared.aws.secrets import derived_key
from shared.aws.settings import settings
from shared.aws.table import bound_table
from shared.contracts.change import Desk


@cache
def store() -> FeedbackStore:
    """The store on the service's own table."""
    return FeedbackStore(Journal(bound_table(settings().table), SOURCE))


def desk() -> Desk:
    """First answers and access notes, for the HTTP layer."""
    return store().journal


def cursor_key() -> bytes:
    """The key that signs page cursors."""
    return derived_key("cursor")
