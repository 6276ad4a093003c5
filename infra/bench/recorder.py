"""Counts what a step asks of AWS, by botocore's own event hooks, and what DynamoDB would charge for it.

Units are computed from items as they are stored before and after each write: the engine in this process reports none
for transactions.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import botocore.handlers
from botocore.model import OperationModel

from infra.bench.messages import carries_messages, chunks, content_bytes
from infra.bench.units import (
    NOTHING,
    TRANSACTIONAL,
    Item,
    index_units,
    item_bytes,
    read_units,
    stored_bytes,
    write_units,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

R = TypeVar("R")

_BEFORE = "before-parameter-build"
_AFTER = "after-call"
_NOTE = "shenguan-bench"
_SINGLE_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


@dataclass(slots=True)
class Figures:
    """What one step asked of AWS.

    `chunks` counts requests with messages as SNS and SQS bill them, `content` the bytes sent, both by service. Bytes
    kept are those the step added: for good, or until a row's `expires_at`.
    """

    name: str
    requests: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: int = 0
    index_units: int = 0
    transactions: list[int] = field(default_factory=list)
    chunks: Counter[str] = field(default_factory=Counter)
    content: Counter[str] = field(default_factory=Counter)
    kept_bytes: int = 0
    expiring_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """What each step cost with so much stored."""

    size: int
    steps: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One phase of an import: what was done to how many rows, in how many seconds."""

    name: str
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory (MiB) a process ever held while it exported so many items, how large the files, how long."""

    items: int
    peak: float
    files: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Key:
    """A row of some table."""

    table: str
    pk: str
    sk: str


class Recorder:
    """Records steps, one after another, while its `installed()` block lasts; `made` are the rows that steps added."""

    def __init__(self) -> None:
        self.steps: list[Figures] = []
        self.made: set[Key] = set()
        self._now: Figures | None = None
        self._client: DynamoDBClient | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Hook every client made from now on."""
        hooks: list[Any] = [(_BEFORE, self._before), (_AFTER, self._after)]
        botocore.handlers.BUILTIN_HANDLERS.extend(hooks)
        try:
            yield
        finally:
            for hook in hooks:
                botocore.handlers.BUILTIN_HANDLERS.remove(hook)

    @contextmanager
    def step(self, name: str) -> Iterator[Figures]:
        """Everything asked in this block is this step's."""
        self._now = Figures(name)
        try:
            yield self._now
        finally:
            self.steps.append(self._now)
            self._now = None

    def note(self, operation: str) -> None:
        """Count a request that something stands in for in this process."""
        if self._now is not None:
            self._now.requests[operation] += 1

    # botocore calls these by name, so the names of the parameters are its own.
    def _before(self, params: Mapping[str, Any], model: OperationModel, context: dict[str, Any], **_: object) -> None:
        if self._now is None:
            return
        service, operation = model.service_model.service_name, model.name
        if service == "dynamodb":
            self._now.requests[operation] += 1
            context[_NOTE] = (params, self._stored(operation, params))
            return
        self._now.requests[f"{service}:{operation}"] += 1
        if carries_messages(operation):
            self._now.chunks[service] += chunks(operation, params)
        self._now.content[service] += content_bytes(operation, params)

    def _after(self, parsed: Mapping[str, Any], model: OperationModel, context: Mapping[str, Any], **_: object) -> None:
        if self._now is None or _NOTE not in context or "Error" in parsed:
            return
        params, before = context[_NOTE]
        if before:
            after = self._stored(model.name, params)
            self._charge_writes(model.name, before, after)
        else:
            self._now.read_units += units_read(model.name, params, parsed)

    def _charge_writes(self, operation: str, before: Mapping[Key, Item], after: Mapping[Key, Item]) -> None:
        now = self._now
        if now is None:
            return
        factor = 1
        if operation == "TransactWriteItems":
            now.transactions.append(len(before))
            factor = TRANSACTIONAL
        for key, old in before.items():
            now.write_units += factor * write_units(old, after[key])
            now.index_units += index_units(old, after[key])
            self._keep(now, key, old, after[key])

    def _keep(self, now: Figures, key: Key, old: Item, new: Item) -> None:
        added = stored_bytes(new) - stored_bytes(old)
        if "expires_at" in new or "expires_at" in old:
            now.expiring_bytes += added
        else:
            now.kept_bytes += added
        if new and not old:
            self.made.add(key)

    def _stored(self, operation: str, params: Mapping[str, Any]) -> dict[Key, Item]:
        """Every item a write touches, as it stands; nothing for a read."""
        keys = list(_keys_written(operation, params))
        now, self._now = self._now, None
        try:
            client = self._client = self._client or boto3.client("dynamodb")
            return {
                key: client.get_item(
                    TableName=key.table, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}}, ConsistentRead=True
                ).get("Item", NOTHING)
                for key in keys
            }
        finally:
            self._now = now


def units_read(operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """What a read costs, by its answer.

    Raises ValueError for an operation without a rule here: one that reads more than it answers has none.
    """
    if operation == "GetItem":
        return read_units(item_bytes(answer.get("Item", NOTHING)), consistent=bool(params.get("ConsistentRead")))
    if operation == "Query" and not {"FilterExpression", "QueryFilter"} & params.keys():
        size = sum(item_bytes(item) for item in answer["Items"])
        return read_units(size, consistent=bool(params.get("ConsistentRead")))
    if operation == "BatchGetItem":
        return sum(_batch_units(asked, answer["Responses"].get(t, ())) for t, asked in params["RequestItems"].items())
    raise ValueError(f"no rule for what {operation} costs")


def _batch_units(asked: Mapping[str, Any], found: tuple[Item, ...]) -> float:
    consistent = bool(asked.get("ConsistentRead"))
    missing = len(asked["Keys"]) - len(found)
    sizes = [*(item_bytes(item) for item in found), *[0] * missing]
    return sum(read_units(size, consistent=consistent) for size in sizes)


def _keys_written(operation: str, params: Mapping[str, Any]) -> Iterator[Key]:
    if operation == "TransactWriteItems":
        for write in params["TransactItems"]:
            (body,) = write.values()
            yield _key(body)
    elif operation == "BatchWriteItem":
        for table, writes in params["RequestItems"].items():
            for write in writes:
                (body,) = write.values()
                yield _key({"TableName": table, **body})
    elif operation in _SINGLE_WRITES:
        yield _key(params)


def _key(body: Mapping[str, Any]) -> Key:
    named = body.get("Item") or body["Key"]
    return Key(body["TableName"], named["pk"]["S"], named["sk"]["S"])
