"""Reading the listing and due indexes: pages for people, work for scheduled jobs. Neither ever scans a table."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.aws.table import ALL_SHARDS, Row
from shared.kernel.clock import to_text

_DUE_AT_A_TIME = 200
"""So few that what is worked on has changed little since its page was read."""


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


def read_due(table: type[Row], now: datetime, *, lane: str = "") -> Iterator[Row]:
    """Rows whose deadline has come, oldest first within each shard. Cost follows what is due, not what is stored.

    A page of each shard in turn, and no page before somebody asks for its first row: whoever stops has paid for no
    more. `lane`: shards of their own for what would hold up the rest. Each minute begins with another shard, so that no
    run that is cut short is cut short at the same place again.
    """
    first = now.minute % len(ALL_SHARDS)
    left: deque[tuple[str, Any]] = deque((shard, None) for shard in ALL_SHARDS[first:] + ALL_SHARDS[:first])
    while left:
        shard, position = left.popleft()
        page = table.due_index.query(
            f"{lane}{shard}",
            table.due_at <= to_text(now),
            limit=_DUE_AT_A_TIME,
            page_size=_DUE_AT_A_TIME,
            last_evaluated_key=position,
        )
        yield from page
        if page.last_evaluated_key:
            left.append((shard, page.last_evaluated_key))
