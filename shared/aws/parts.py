"""Aggregates kept in several rows: a head, and beside it parts that are rows of their own, read together by one query.

| pk | sk | what |
|---|---|---|
| the aggregate's id | `head` | its `parts` is the digest of the rows beside it |
| the aggregate's id | `head#…` | a part; its `version` is the chain's sequence at which it was last written |

DynamoDB writes a transaction all or nothing, but lets a query pass between its rows, strongly consistent or not: only
each row for itself is read as it was before or after. So the head says which rows belong to it, and rows that are not
exactly those were read while a transaction was on its way, and are read again.
"""

from collections.abc import Iterable, Mapping, Sequence

from shared.aws.journal import HEAD
from shared.aws.table import Row
from shared.aws.transactions import Write, pause, put_new
from shared.kernel.canonical import sha256_hex
from shared.kernel.errors import Unavailable
from shared.observability import logger

_PART = f"{HEAD}#"
_READINGS = 5
_DIGITS = 32
"""Of the digest: enough against chance, and short, since the head is written with every change."""


def part_key(kind: str, identifier: str) -> str:
    """The sort key of a part."""
    return f"{_PART}{kind}#{identifier}"


def kind_of(part: Row) -> str:
    """Which kind of part a row is."""
    return part.sk.removeprefix(_PART).partition("#")[0]


def read_whole(table: type[Row], aggregate: str) -> tuple[Row, Sequence[Row]] | None:
    """The head and the parts of an aggregate as one transaction left them, or None where there is none.

    Raises Unavailable when no reading was whole: transactions take some milliseconds.
    """
    for attempt in range(_READINGS):
        rows = list(table.query(aggregate, table.sk.startswith(HEAD), consistent_read=True))
        if not rows:
            return None
        head, *parts = rows
        if head.sk == HEAD and head.parts == digest(sequences(parts)):
            return head, parts
        pause(attempt)
    logger().error("rows do not belong together", extra={"subject": aggregate})
    raise Unavailable


def sequences(parts: Iterable[Row]) -> dict[str, int]:
    """At which sequence each part was last written, by its sort key."""
    return {part.sk: int(part.version or 0) for part in parts}


def digest(written: Mapping[str, int]) -> str:
    """What the head says of its parts, given at which sequence each was last written."""
    return sha256_hex("".join(f"{key} {written[key]}\n" for key in sorted(written)).encode())[:_DIGITS]


def put_part(row: Row, before: Mapping[str, int]) -> Write:
    """Put a part on condition that it is as it was read, or still not there; else the change is Outdated."""
    read = before.get(row.sk)
    if read is None:
        return put_new(row.sk, row)
    return Write(row.sk, "Put", row, "version = :read", {":read": {"N": str(read)}})
