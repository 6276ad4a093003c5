"""Where the engines disagree, and which is right, by the DynamoDB developer guide and API reference.

Each probe asks one thing of a table; `SAYS` holds the right answer and the engines known to answer otherwise. When an
engine learns better its row fails here and is struck out. What our code may lean on is said with each probe: nothing in
shared/ leans on an answer that an engine gets wrong, but tests on that engine may have to know.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws.listing import read_page
from shared.aws.table import Row
from shared.aws.transactions import NOT_THERE, Write, client_of, put_new
from shared.kernel.ids import new_id

pytestmark = pytest.mark.conformance

ENGINES = ("moto", "emulator", "amazons")
REFUSED = "ValidationException"


def a_replayed_request_token(table: type[Row]) -> object:
    """Within ten minutes the same ClientRequestToken with the same content takes effect once (TransactWriteItems).

    We send none ourselves, botocore does, so its own retries are safe; ten minutes are too short for an
    Idempotency-Key, which is why that is a row of the transaction (R-HND-13).
    """
    client, items, token = client_of(table), [_count(table)], new_id("token")
    for _ in range(2):
        client.transact_write_items(TransactItems=items, ClientRequestToken=token)
    return int(table.get("counter", "x", consistent_read=True).version or 0)


def a_request_token_with_other_content(table: type[Row]) -> object:
    """The same token with other content is refused (TransactWriteItems, IdempotentParameterMismatchException)."""
    client, token = client_of(table), new_id("token")
    client.transact_write_items(TransactItems=[_count(table)], ClientRequestToken=token)
    return _code(lambda: client.transact_write_items(TransactItems=[_put(table, "a")], ClientRequestToken=token))


def what_a_transaction_consumes(table: type[Row]) -> object:
    """Two write units per kilobyte and item: one to prepare, one to commit (Amazon DynamoDB Transactions).

    `make bench` counts on the emulator.
    """
    done = client_of(table).transact_write_items(TransactItems=[_put(table, "a")], ReturnConsumedCapacity="TOTAL")
    return sum(each.get("CapacityUnits", 0) for each in done.get("ConsumedCapacity", []))


def more_than_four_megabytes_in_one_transaction(table: type[Row]) -> object:
    """The items of a transaction have four megabytes together (TransactWriteItems)."""
    large = [_put(table, f"large{number}", body="x" * 390_000) for number in range(11)]
    return _code(lambda: client_of(table).transact_write_items(TransactItems=large))


def a_write_and_a_check_of_one_item(table: type[Row]) -> object:
    """No two operations of a transaction may be about the same item, a ConditionCheck included (TransactWriteItems).

    So a condition on a row that is written goes into its Put; `Journal.commit` relies on that for the head.
    """
    check = Write("check", "ConditionCheck", table(pk="a", sk="x"), "attribute_not_exists(pk)")
    items = [_put(table, "a"), check.request()]
    return _code(lambda: client_of(table).transact_write_items(TransactItems=items))


def a_value_no_expression_uses(table: type[Row]) -> object:
    """Every ExpressionAttributeValue must be used (Expression attribute values)."""
    write = Write("a", "Put", table(pk="a", sk="x"), NOT_THERE, {":unused": {"S": "x"}})
    return _code(lambda: client_of(table).transact_write_items(TransactItems=[write.request()]))


def a_transaction_of_nothing(table: type[Row]) -> object:
    """A transaction has at least one action (TransactWriteItems)."""
    return _code(lambda: client_of(table).transact_write_items(TransactItems=[]))


def a_page_that_ends_where_the_list_ends(table: type[Row]) -> object:
    """A query that stopped at its Limit names a LastEvaluatedKey even if nothing follows (Paginating query results).

    So the last page of a list may be empty and a client reads on until there is no cursor, not until a page is short.
    """
    for number in range(4):
        table(pk=f"push{number}", sk="x", listing="inbox", listing_at=str(number)).save()
    sizes = []
    page = read_page(table, "inbox", limit=2)
    sizes.append(len(page.rows))
    while page.position:
        page = read_page(table, "inbox", limit=2, position=page.position)
        sizes.append(len(page.rows))
    return sizes


def a_consistent_read_of_an_index(table: type[Row]) -> object:
    """A global secondary index is eventually consistent only, so claims read the base table (R-HND-6)."""
    query: dict[str, Any] = {
        "TableName": table.Meta.table_name,
        "IndexName": "listing",
        "KeyConditionExpression": "listing = :listing",
        "ExpressionAttributeValues": {":listing": {"S": "inbox"}},
        "ConsistentRead": True,
    }
    return _code(lambda: client_of(table).query(**query))


def an_empty_text_as_an_index_key(table: type[Row]) -> object:
    """A key attribute is never empty, in an index neither (Naming rules and data types)."""
    items = [_put(table, "a", listing="", listing_at="1")]
    return _code(lambda: client_of(table).transact_write_items(TransactItems=items))


def the_order_of_sort_keys(table: type[Row]) -> object:
    """Texts sort by their UTF-8 bytes (Query), so by code point and not as UTF-16 does."""
    texts = ("一", "a", "Z", "é", "\U00020000", "\uffee")
    for text in texts:
        table(pk="a", sk=text).save()
    return [row.sk for row in table.query("a")] == sorted(texts)


def the_reasons_of_a_cancelled_transaction(table: type[Row]) -> object:
    """One reason per action, in the order of the actions, "None" where nothing failed (TransactionCanceledException).

    `transact` maps them to labels by position.
    """
    client = client_of(table)
    for number in (1, 3):
        table(pk=f"row{number}", sk="x").save()
    writes = [put_new(f"row{number}", table(pk=f"row{number}", sk="x")) for number in range(5)]
    try:
        client.transact_write_items(TransactItems=[write.request() for write in writes])
    except ClientError as error:
        answer: dict[str, Any] = dict(error.response)
        return "".join(reason["Code"][0] for reason in answer["CancellationReasons"])
    return "written"


@dataclass(frozen=True)
class Says:
    """The right answer, and what those engines say that do not know it."""

    right: object
    wrong: dict[str, object] = field(default_factory=dict)


SAYS: dict[Callable[[type[Row]], object], Says] = {
    a_replayed_request_token: Says(1, {"moto": 2}),
    a_request_token_with_other_content: Says("IdempotentParameterMismatchException", {"moto": "accepted"}),
    what_a_transaction_consumes: Says(2, {"moto": 0, "amazons": 4}),
    more_than_four_megabytes_in_one_transaction: Says(REFUSED, {"moto": "accepted"}),
    a_write_and_a_check_of_one_item: Says(REFUSED, {"amazons": "TransactionCanceledException"}),
    a_value_no_expression_uses: Says(REFUSED, {"moto": "accepted"}),
    a_transaction_of_nothing: Says(REFUSED, {"moto": "accepted"}),
    a_page_that_ends_where_the_list_ends: Says([2, 2, 0], {"moto": [2, 2]}),
    a_consistent_read_of_an_index: Says(REFUSED),
    an_empty_text_as_an_index_key: Says(REFUSED),
    the_order_of_sort_keys: Says(right=True),
    the_reasons_of_a_cancelled_transaction: Says("NCNCN"),
}


@pytest.mark.parametrize("engine_name", ENGINES)
@pytest.mark.parametrize("probe", SAYS)
def test_which_engine_is_right(probe: Callable[[type[Row]], object], engine_name: str, table: type[Row]) -> None:
    says = SAYS[probe]
    assert probe(table) == says.wrong.get(engine_name, says.right)


def _put(table: type[Row], key: str, **attributes: Any) -> Any:
    return Write(key, "Put", table(pk=key, sk="x", **attributes)).request()


def _count(table: type[Row]) -> Any:
    one = {":one": {"N": "1"}}
    return Write("count", "Update", table(pk="counter", sk="x"), values=one, update="ADD version :one").request()


def _code(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "accepted"
