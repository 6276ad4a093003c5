"""Reading the listing and due indexes: pages for people, work for scheduled jobs. Neither ever scans a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.aws.table import ALL_SHARDS, Row
from shared.kernel.clock import to_text


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list and where the next page starts (None at the end)."""

    rows: tuple[Row, ...]
    position: Mapping[str, Any] | None


def read_page(
    table: type[Row],
    listing: str,
    *,
    limit: int,
    position: Mapping[str, Any] | None = None,
    newest_first: bool = True,
) -> Page:
    """One page of a list, in the order of `listing_at`; eventually consistent, as every index is."""
    found = table.listing_index.query(
        listing,
        limit=limit,
        last_evaluated_key=dict(position) if position else None,
        scan_index_forward=not newest_first,
        page_size=limit,
    )
    rows = tuple(found)
    return Page(rows, found.last_evaluated_key)


def read_due(table: type[Row], now: datetime, *, lane: str = "", limit_per_shard: int = 100) -> Iterator[Row]:
    """Rows whose deadline has come, oldest first within each shard. Cost follows what is due, not what is stored.

    `lane`: shards of their own for what would hold up the rest. Each minute begins with another shard, so that no run
    that is cut short is cut short at the same place again.
    """
    first = now.minute % len(ALL_SHARDS)
    for shard in ALL_SHARDS[first:] + ALL_SHARDS[:first]:
        yield from table.due_index.query(f"{lane}{shard}", table.due_at <= to_text(now), limit=limit_per_shard)
