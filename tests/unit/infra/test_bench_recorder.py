"""What `make bench` counts: each request once, each item with what it costs, and nothing of its own."""

import boto3
import pytest
from moto import mock_aws

from infra.bench.recorder import Figures, Recorder, units_read

TABLE = "counted"
KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


def recorded() -> tuple[Figures, Figures, Figures]:
    """Two rows written in one transaction, the same in a batch, and one of them read back."""
    recorder = Recorder()
    with recorder.installed(), mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        with recorder.step("write") as written:
            long = KEY | {"body": {"S": "x" * 1500}}
            short = {"pk": {"S": "b"}, "sk": {"S": "1"}, "listing": {"S": "l"}, "listing_at": {"S": "1"}}
            client.transact_write_items(
                TransactItems=[{"Put": {"TableName": TABLE, "Item": item}} for item in (long, short)]
            )
        with recorder.step("batch") as batch:
            client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": item}} for item in (long, short)]})
        client.get_item(TableName=TABLE, Key=KEY)
        with recorder.step("read") as read:
            client.get_item(TableName=TABLE, Key=KEY, ConsistentRead=True)
            recorder.note("kms:Sign")
    return written, batch, read


def test_a_transaction_costs_each_item_twice_and_its_indexes_once() -> None:
    written, *_ = recorded()
    assert written.requests == {"TransactWriteItems": 1}
    assert written.transactions == [2]
    assert (written.write_units, written.index_units, written.read_units) == (2 * 2 + 2 * 1, 1, 0)


def test_a_batch_of_writes_costs_each_item_once() -> None:
    _, batch, _ = recorded()
    assert batch.requests == {"BatchWriteItem": 1}
    assert (batch.transactions, batch.write_units, batch.index_units) == ([], 2 + 1, 0)


def test_only_what_a_step_asks_is_counted() -> None:
    *_, read = recorded()
    assert read.requests == {"GetItem": 1, "kms:Sign": 1}
    assert (read.read_units, read.write_units) == (1, 0)


def test_a_batch_pays_for_what_it_does_not_find() -> None:
    asked = {"RequestItems": {TABLE: {"Keys": [KEY, KEY, KEY], "ConsistentRead": True}}}
    assert units_read("BatchGetItem", asked, {"Responses": {TABLE: [KEY]}}) == 3


def test_an_operation_without_a_rule_is_not_counted_as_free() -> None:
    with pytest.raises(ValueError, match="Scan"):
        units_read("Scan", {}, {"Items": []})
