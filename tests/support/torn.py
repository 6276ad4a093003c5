"""Reads that meet a transaction on its way, as DynamoDB allows: some of its rows as they were, some as they become."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient

from shared.aws import transactions
from shared.aws.table import Row

Item = dict[str, Any]
Rows = Mapping[str, Item]
"""Rows of one aggregate by their sort keys."""

Mixture = Callable[[Rows, Rows], Rows]
"""What a query sees, of the rows as they were before the transaction and as they are after it."""


def _parts(rows: Rows) -> Rows:
    return {key: row for key, row in rows.items() if key != "head"}


def _one_part(before: Rows, after: Rows) -> str:
    """A part that the transaction changed or added."""
    return max(key for key, row in _parts(after).items() if before.get(key) != row)


def _head_after(before: Rows, after: Rows) -> Rows:
    return {**_parts(before), "head": after["head"]}


def _head_before(before: Rows, after: Rows) -> Rows:
    return {**_parts(after), "head": before["head"]}


def _one_part_before(before: Rows, after: Rows) -> Rows:
    late = _one_part(before, after)
    others = {key: row for key, row in after.items() if key != late}
    return {**others, **({late: before[late]} if late in before else {})}


def _one_part_after(before: Rows, after: Rows) -> Rows:
    early = _one_part(before, after)
    return {**before, early: after[early]}


MIXTURES: Mapping[str, Mixture] = {
    "head after, parts before": _head_after,
    "head before, parts after": _head_before,
    "all after, but one part before or missing": _one_part_before,
    "all before, but one part after or there already": _one_part_after,
}
"""Ways in which the rows of a transaction can be apart."""


FILE = frozenset({"head"})
CHAIN = frozenset({"event#", "head"})
"""What a query asks for: an aggregate's head and parts, or its events and head."""


def rows_of(table: type[Row], aggregate: str) -> Rows:
    """An aggregate's head and parts as they stand."""
    rows = table.query(aggregate, table.sk.startswith("head"), consistent_read=True)
    return {row.sk: row.serialize() for row in rows}


def chain_of(table: type[Row], aggregate: str) -> Rows:
    """An aggregate's events and head as they stand."""
    rows = table.query(aggregate, table.sk.between("event#", "head"), consistent_read=True)
    return {row.sk: row.serialize() for row in rows}


@dataclass
class Torn:
    """How many queries were answered so far with what was torn, and how many more are to be."""

    left: int
    served: int = 0


@contextmanager
def torn_reads(aggregate: str, seen: Rows, times: int = 1, *, of: frozenset[str] = FILE) -> Iterator[Torn]:
    """The next so many queries of an aggregate's file or chain are answered with `seen`; those after it with truth."""
    torn = Torn(times)
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def answering(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        answer = call(client, operation, given)
        if operation == "Query" and _asks_for(given, aggregate, of) and torn.left:
            torn.left -= 1
            torn.served += 1
            items: Sequence[Item] = [seen[key] for key in sorted(seen)]
            return {**answer, "Items": items, "Count": len(items), "ScannedCount": len(items)}
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", answering)
        patched.setattr(transactions, "time", SimpleNamespace(sleep=lambda _: None))
        yield torn


def _asks_for(given: Mapping[str, Any], aggregate: str, of: frozenset[str]) -> bool:
    values = {str(value.get("S")) for value in given.get("ExpressionAttributeValues", {}).values()}
    return values == {aggregate, *of}
