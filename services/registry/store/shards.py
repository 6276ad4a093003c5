"""A list spread over the index's shards, so that publishing thousands of items at once throttles no index partition."""

from services.registry.ports.departments import Position
from shared.aws.listing import read_page
from shared.aws.table import SHARDS, Row


def walk(table: type[Row], listing: str, limit: int, position: Position | None) -> tuple[list[Row], Position | None]:
    """One page of a list, shard after shard: mostly one query a page."""
    shard, after = (int(position["shard"]), position["after"]) if position else (0, None)
    rows: list[Row] = []
    while shard < SHARDS and len(rows) < limit:
        page = read_page(table, f"{listing}#{shard}", limit=limit - len(rows), position=after, newest_first=False)
        rows += page.rows
        after = page.position
        shard += after is None
    return rows, {"shard": shard, "after": after} if shard < SHARDS else None
