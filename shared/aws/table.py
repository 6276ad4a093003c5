"""The one shape that every service's table has, as a PynamoDB model.

| key | what |
|---|---|
| `pk`, `sk` | the aggregate and the row inside it: `head`, `event#0000000001`, or a service's own |
| `parts` | only on heads of aggregates kept in several rows: which rows belong to it (see shared.aws.parts) |
| `outbox_shard`, `outbox_at` | only on events not yet published: the outbox index holds nothing else |
| `due_shard`, `due_at` | only on rows with a deadline ahead: cost follows the work due |
| `listing`, `listing_at` | rows somebody lists: a department's inbox, newest last |
| `marks` | what hangs on a row and is added or taken away one by one, whatever else changes: open notices of an item |
| `expires_at` | rows that may be forgotten (idempotency keys); never a deadline, since deletion is late |

Shards spread an index over partitions, since a hot index partition throttles its base table.
"""

import zlib
from typing import TypeVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

CONNECT_SECONDS = 2
READ_SECONDS = 5
"""Four attempts of these fit into the gateway's 29 seconds, so that the caller hears from us and not from it."""

SHARDS = 8


def shard_of(key: str) -> str:
    """Which of the index shards a key falls into."""
    return f"{zlib.crc32(key.encode()) % SHARDS}"


ALL_SHARDS = tuple(str(number) for number in range(SHARDS))


class OutboxIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """Events not yet published, by the time they were written."""

    class Meta:
        index_name = "outbox"
        projection = KeysOnlyProjection()

    outbox_shard = UnicodeAttribute(hash_key=True)
    outbox_at = UnicodeAttribute(range_key=True)


class DueIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """Rows with a deadline ahead, by deadline."""

    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class ListingIndex(GlobalSecondaryIndex["Row"]):  # type: ignore[no-untyped-call]
    """Rows by the list they are in."""

    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    listing_at = UnicodeAttribute(range_key=True)


class Row(Model):
    """One row of any service's table; `body` is the JSON of the domain value it stores."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(null=True)
    chain = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    parts = UnicodeAttribute(null=True)
    outbox_shard = UnicodeAttribute(null=True)
    outbox_at = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    listing = UnicodeAttribute(null=True)
    listing_at = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    marks: UnicodeSetAttribute = UnicodeSetAttribute(null=True)

    outbox_index = OutboxIndex()
    due_index = DueIndex()
    listing_index = ListingIndex()

    @classmethod
    def find(cls, pk: str, sk: str) -> "Row | None":
        """The row under a key as it stands now (strongly consistent), or None."""
        try:
            return cls.get(pk, sk, consistent_read=True)
        except cls.DoesNotExist:
            return None


T = TypeVar("T", bound=Row)


def bound_table(name: str) -> type[Row]:
    """The row model bound to one table, so that one process (a test, say) can hold several services' tables."""

    class BoundRow(Row):
        class Meta:
            table_name = name
            max_retry_attempts = 3
            connect_timeout_seconds = CONNECT_SECONDS
            read_timeout_seconds = READ_SECONDS

    return BoundRow
