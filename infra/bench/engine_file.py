"""Rows put straight into the file of Amazon's DynamoDB engine, which keeps its tables in SQLite.

Through its own front door the engine takes a thousand or two of rows a second, and a million cases are nine million.
What is entered here it finds by key and in every index as if it had written it; nobody but a benchmark wants that.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from infra.bench.units import INDEXES, NOTHING, Item, item_bytes

FILE = "shared-local-instance.db"

_COLUMNS = ("hashKey", "rangeKey", "hashValue", "rangeValue", "itemSize", "ObjectJSON", "hashRangeValue")
_FAST = ("synchronous = off", "journal_mode = off", "cache_size = -400000")
"""Nobody needs the file after a crash of the machine."""

_HASH_BYTES = 20


def enter(folder: Path, table: str, items: Iterable[Item]) -> None:
    """Enter items that are not there yet, while the engine runs and is asked nothing."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None, timeout=60)) as file:
        for pragma in _FAST:
            file.execute(f"PRAGMA {pragma}")
        columns = [*_COLUMNS, *_index_columns(file, table)]
        places = ", ".join("?" * len(columns))
        file.execute("BEGIN IMMEDIATE")
        (last,) = file.execute(f'SELECT ifnull(max(rowid), 0) FROM "{table}"').fetchone()  # noqa: S608
        rows = map(_row, items, count(last))
        file.executemany(f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({places})', rows)  # noqa: S608
        file.execute("COMMIT")


def _index_columns(file: sqlite3.Connection, table: str) -> Iterator[str]:
    """The two columns of each index's keys, in the order of INDEXES; a third breaks ties."""
    for index in INDEXES:
        named = file.execute(f'PRAGMA index_info("{table}*{index.name}")').fetchall()
        yield from (name for _, _, name in named[:2])


def _row(item: Item, number: int) -> tuple[object, ...]:
    pk, sk = item["pk"]["S"].encode(), item["sk"]["S"].encode()
    # The engine's own hashes order scans and break ties; numbers do too, and rows in order go in many times as fast.
    hashed = number.to_bytes(_HASH_BYTES)
    keys = [_key(item, name) for index in INDEXES for name in index.keys]
    return pk, sk, hashed, hashed, item_bytes(item), json.dumps(item, ensure_ascii=False).encode(), hashed, *keys


def _key(item: Item, name: str) -> bytes | None:
    value = item.get(name, NOTHING).get("S")
    return value.encode() if value is not None else None
