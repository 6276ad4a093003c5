"""DynamoDB's published arithmetic: how large an item is, and what reading or writing it costs.

From "DynamoDB item sizes and formats" and "Read and write operations" of Amazon's developer guide. Units are request
units of on-demand tables: one write unit is 1 KiB, one read unit is 4 KiB read with strong consistency.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
TRANSACTIONAL = 2
"""A write in a transaction costs twice: it is prepared, then done."""
EVENTUAL = 0.5

_OVERHEAD_BYTES = 100
"""What storage adds to each item, in the table and in every index."""

_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1
_DIGITS_PER_BYTE = 2

Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's JSON: each attribute with its type."""

NOTHING: Item = {}


@dataclass(frozen=True, slots=True)
class Index:
    """A sparse global secondary index: an item is in it when it has both keys."""

    name: str
    keys: tuple[str, str]
    keys_only: bool

    def entry(self, item: Item) -> Item:
        """The item's entry in the index, or nothing."""
        if not all(key in item for key in self.keys):
            return NOTHING
        kept = ("pk", "sk", *self.keys)
        return {name: item[name] for name in kept if name in item} if self.keys_only else item

    def place(self, item: Item) -> tuple[object, ...]:
        """Where the entry stands; an entry that moves is deleted and written anew."""
        return tuple(item[key] for key in self.keys)


INDEXES = (
    Index("outbox", ("outbox_shard", "outbox_at"), keys_only=True),
    Index("due", ("due_shard", "due_at"), keys_only=False),
    Index("listing", ("listing", "listing_at"), keys_only=False),
)
"""The indexes that every table has (shared/aws/table.py)."""


def item_bytes(item: Item) -> int:
    """The size of an item: names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def stored_bytes(item: Item, indexes: Iterable[Index] = INDEXES) -> int:
    """What an item takes in the table and in its indexes; nothing where there is none."""
    entries = [item, *(index.entry(item) for index in indexes)]
    return sum(item_bytes(entry) + _OVERHEAD_BYTES for entry in entries if entry)


def read_units(size: int, *, consistent: bool) -> float:
    """What reading `size` bytes costs; to find nothing costs a unit too."""
    return max(1, ceil(size / READ_UNIT_BYTES)) * (1 if consistent else EVENTUAL)


def write_units(before: Item, after: Item) -> int:
    """What one write costs the table itself: the larger of old and new item counts."""
    size = max(item_bytes(before), item_bytes(after))
    return max(1, ceil(size / WRITE_UNIT_BYTES))


def index_units(before: Item, after: Item, indexes: Iterable[Index] = INDEXES) -> int:
    """What one write costs the indexes. They follow later and are no part of a transaction, so nothing doubles."""
    return sum(_entry_units(index, before, after) for index in indexes)


def _entry_units(index: Index, before: Item, after: Item) -> int:
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old and new and index.place(old) == index.place(new):
        return write_units(old, new)
    return sum(write_units(NOTHING, entry) for entry in (old, new) if entry)


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, given),) = value.items()
    if kind == "S":
        return len(given.encode())
    if kind == "N":
        digits = len(given.lstrip("-").replace(".", "").strip("0"))
        return ceil(digits / _DIGITS_PER_BYTE) + 1
    if kind in {"BOOL", "NULL"}:
        return 1
    if kind == "B":
        return len(given)
    if kind == "L":
        return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + _value_bytes(each) for each in given)
    if kind == "M":
        return _CONTAINER_BYTES + _ELEMENT_BYTES * len(given) + item_bytes(given)
    raise ValueError(f"no size rule for an attribute of type {kind}")
