"""One labelled, all-or-nothing write.

DynamoDB answers a cancelled transaction with reasons by position; PynamoDB regroups the items, so that positions no
longer tell which write failed (pynamodb/PynamoDB#1284). Here every write carries a label, and a failed condition comes
back by label. The low-level client is PynamoDB's own, so a function opens one connection and not two.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.table import Row
from shared.kernel.errors import Unavailable
from shared.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MAX_WRITES = 100
"""DynamoDB's limit for one transaction."""

_TRANSIENT = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.02

NOT_THERE = "attribute_not_exists(pk)"


class ConditionFailed(Exception):
    """Nothing was written, since the conditions with these labels did not hold."""

    def __init__(self, labels: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(labels)))
        self.labels = labels


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a transaction: its label, the operation, the condition and the values it names."""

    label: str
    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    row: Row
    condition: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    update: str | None = None

    def request(self) -> "TransactWriteItemTypeDef":
        """The write in DynamoDB's words."""
        attributes = self.row.serialize()
        body: dict[str, Any] = {"TableName": self.row.Meta.table_name}
        if self.kind == "Put":
            body["Item"] = attributes
        else:
            body["Key"] = {key: attributes[key] for key in ("pk", "sk")}
        optional = {
            "ConditionExpression": self.condition,
            "UpdateExpression": self.update,
            "ExpressionAttributeValues": self.values,
            "ExpressionAttributeNames": self.names,
        }
        body |= {name: value for name, value in optional.items() if value}
        return {self.kind: body}  # type: ignore[misc]


def put_new(label: str, row: Row) -> Write:
    """Put a row that must not exist yet."""
    return Write(label, "Put", row, NOT_THERE)


def put_newer(label: str, row: Row) -> Write:
    """Put a row unless one with the same or a higher `version` is there."""
    return Write(
        label,
        "Put",
        row,
        f"{NOT_THERE} OR version < :version",
        {":version": {"N": str(row.version)}},
    )


def put_if_newer(table: type[Row], row: Row) -> bool:
    """Put a row unless one with the same or a higher `version` is there; whether it was put. Raises Unavailable."""
    try:
        transact(client_of(table), [put_newer("newer", row)])
    except ConditionFailed:
        return False
    return True


def client_of(table: type[Row]) -> "DynamoDBClient":
    """The low-level client behind a bound table."""
    connection = table._get_connection().connection  # noqa: SLF001 - it has no public name for its client
    return cast("DynamoDBClient", connection.client)


def transact(client: "DynamoDBClient", writes: Sequence[Write]) -> None:
    """Write all or nothing.

    Raises ConditionFailed naming the failed labels, and Unavailable when DynamoDB would not answer: then the outcome is
    unknown and the caller repeats the same act with the same `Once`. Conflicts with other transactions and throttling
    are retried here, a few times with growing random pauses.
    """
    labels = [write.label for write in writes]
    if len(set(labels)) != len(labels):
        raise ValueError(f"labels of one transaction must differ: {labels}")
    items = [write.request() for write in writes]
    for attempt in range(_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=items)
        except ClientError as error:
            codes = _cancellation(error, labels)
            failed = {label for label, code in codes.items() if code == "ConditionalCheckFailed"}
            if failed:
                raise ConditionFailed(frozenset(failed)) from None
            if not (_TRANSIENT & set(codes.values())):
                raise
            pause(attempt)
        except BotoCoreError as error:
            logger().warning("transaction outcome unknown", extra={"error": type(error).__name__})
            raise Unavailable from error
        else:
            return
    raise Unavailable


def pause(attempt: int) -> None:
    """Let others finish before the next attempt: a random time, which may be the longer the more there were before."""
    time.sleep(random.uniform(0, _FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311


def _cancellation(error: ClientError, labels: Sequence[str]) -> dict[str, str]:
    """Reason codes by label; a request refused as a whole counts for every label."""
    response: Any = error.response
    if response["Error"]["Code"] in {"ThrottlingException", "TransactionInProgressException"}:
        return dict.fromkeys(labels, "ThrottlingError")
    if response["Error"]["Code"] == "ProvisionedThroughputExceededException":
        return dict.fromkeys(labels, "ProvisionedThroughputExceeded")
    reasons = response.get("CancellationReasons", [])
    return {
        label: reason.get("Code", "None")
        for label, reason in zip(labels, reasons, strict=False)
        if reason.get("Code", "None") != "None"
    }
