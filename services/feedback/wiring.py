"""The only place that builds feedback's store; lazy, so that nothing happens at import."""

from functools import cache

from services.feedback.store import FeedbackStore
from shared.aws.secrets import derived_key
from shared.aws.settings import settings
from shared.aws.table import Row, bound_table
from shared.contracts.change import Desk


@cache
def table() -> type[Row]:
    """Feedback's table."""
    return bound_table(settings().table)


@cache
def store() -> FeedbackStore:
    """Feedback's store."""
    return FeedbackStore(table())


def desk() -> Desk:
    """Where the HTTP layer finds first answers and notes accesses."""
    return store().journal


def cursor_key() -> bytes:
    """The key page cursors are signed with."""
    return derived_key("cursor")
