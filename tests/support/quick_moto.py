"""moto 5.2 does some things again and again that need doing once, which is most of the time of many tests.

* Before a transaction it copies the whole table, to put it back should that fail: once for every item of it.
* It sorts a table's rows for each query, and asks of every key at each comparison of which type it is.

What comes of it is the same.
"""

import copy
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_COPIES: ContextVar[dict[str, Table] | None] = ContextVar("copies", default=None)
"""The tables that the transaction under way has copied."""

_transacted = DynamoDBBackend.transact_write_items
_cast = DynamoType.cast_value.fget  # type: ignore[attr-defined]


def make_quick() -> None:
    """Have moto copy a table once for each transaction, and sort by what keys hold."""
    DynamoDBBackend.transact_write_items = _transact  # type: ignore[method-assign]
    setattr(models, "copy", SimpleNamespace(deepcopy=_deepcopy))  # noqa: B010 - it is moto's own, not exported
    DynamoType.cast_value = property(_cast_value)  # type: ignore[method-assign,assignment]
    Table.all_items = _all_items  # type: ignore[method-assign]


def _transact(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    before = _COPIES.set({})
    try:
        _transacted(self, transact_items)
    finally:
        _COPIES.reset(before)


def _deepcopy(value: Any) -> Any:
    copies = _COPIES.get()
    if copies is None or not isinstance(value, Table):
        return copy.deepcopy(value)
    if value.name not in copies:
        copies[value.name] = copy.deepcopy(value)
    return copies[value.name]


def _cast_value(self: DynamoType) -> Any:
    return self.value if self.type == "S" else _cast(self)


def _all_items(self: Table) -> list[Item]:
    assert self.range_key_attr, "our tables have two keys"
    rows = [row for rows in self.items.values() for row in rows.values()]
    return sorted(rows, key=_keys)


def _keys(row: Item) -> tuple[Any, Any]:
    assert row.range_key is not None
    return row.hash_key.cast_value, row.range_key.cast_value
